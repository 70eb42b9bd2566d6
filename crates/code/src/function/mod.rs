//! One function: its blocks, and what is known of the values in it.

mod blocks;
mod facts;
mod graph;
mod state;

pub use blocks::{Block, Blocks, Gap};
pub use facts::{Call, Callee, Decision, Facts, System, Written, facts};
pub use graph::{Under, dominators};

use crate::image::Image;
use crate::ir::Reg;

/// Where a function stands, and in which state its code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bounds {
    /// Its first instruction.
    pub start: u64,
    /// Behind its last byte, at most: where the next one begins.
    pub end: u64,
    /// Whether it is in Thumb state.
    pub thumb: bool,
}

/// What a function may be asked about those around it.
pub trait Surroundings {
    /// The executable.
    fn image(&self) -> &Image<'_>;

    /// The name of what another file has, where code at this address only leads there.
    fn import(&self, address: u64) -> Option<&[u8]>;

    /// Whether a call of this place never comes back.
    fn is_final(&self, address: u64) -> bool;

    /// The register in which code at this address gives back where it was called from (`__x86.get_pc_thunk.bx`).
    fn tells_place(&self, address: u64) -> Option<Reg>;

    /// Whether a place stores or loads what a function has to leave as it was, in the function's stead.
    fn routine(&self, address: u64) -> Option<Routine>;
}

/// What a function leaves to code that others share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routine {
    /// Stores registers, and comes back with nothing changed.
    Saves,
    /// Loads registers, and returns to where the function was called from.
    Restores,
}
