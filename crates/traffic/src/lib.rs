//! Flows and sessions: who talks to whom, how regularly, and whether that is expected.
//!
//! `contact` is what all of it speaks in; `beacon` weighs one pair's contacts; the rest pairs connections, holds them against the
//! network model, and says what was found as claims.

pub mod beacon;
pub mod contact;
pub mod dns_tunnel;
pub mod long;
pub mod rarity;
pub mod rita;
pub mod strobe;
pub mod volume;
pub mod window;

pub use contact::Contact;
pub use window::Window;
