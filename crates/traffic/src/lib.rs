//! Flows and sessions: who talks to whom, how regularly, and whether that is expected.
//!
//! [`contact`] is what all of it speaks in; [`reading`] reads inputs; [`pairs`] pairs their connections; [`rita`] and [`beacon`] score
//! the contacts of a pair; [`probes`] say what was found as claims.

#[cfg(feature = "arrow")]
pub mod arrow;
pub mod beacon;
pub mod contact;
pub mod networks;
pub mod pairs;
pub mod peers;
pub mod probes;
pub mod reading;
pub mod rita;
mod strobe;
pub mod volume;
pub mod window;

pub use contact::Contact;
pub use window::Window;
