//! Plans: which equipment is replaced by what, when, by which crews, at what cost, so that dated measures hold.
//!
//! The way of a plan: [`requirement`] applies the regimes to the network on each day and tries candidates in the places of devices;
//! [`problem`] makes a [`program`] of what is asked, and a [`solver`] solves it; [`schedule`] shares the answer out among devices;
//! [`check`] replays it, sharing no code with what made it. Where there is no answer, [`core`] says why.

pub mod ban;
pub mod calendar;
pub mod check;
pub mod core;
mod error;
pub mod inventory;
mod make;
pub mod options;
pub mod problem;
pub mod program;
mod replace;
pub mod requirement;
pub mod schedule;
mod shares;
pub mod solver;
mod trials;

pub use error::{Mistake, PlanError};
pub use make::{Made, PURPOSE, Request, Rest, Stuck, make};
pub use trials::MOST_TRIED;
