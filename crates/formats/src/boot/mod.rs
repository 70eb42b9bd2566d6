//! What boot loaders read.

pub mod devicetree;
pub mod kernel;
pub mod uimage;
