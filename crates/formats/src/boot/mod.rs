//! What boot loaders read.

pub mod android;
pub mod devicetree;
pub mod environment;
pub mod kernel;
pub mod uefi;
pub mod uimage;
