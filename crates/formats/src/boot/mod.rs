//! What boot loaders read.

pub mod uimage;
pub mod zimage;
