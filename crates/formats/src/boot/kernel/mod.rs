//! Linux kernels as boot loaders take them.

pub mod bzimage;
pub mod ikconfig;
pub mod image;
mod pe;
pub mod zboot;
pub mod zimage;
