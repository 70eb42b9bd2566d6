//! What boot loaders read.

pub mod devicetree;
pub mod uimage;
pub mod zimage;
