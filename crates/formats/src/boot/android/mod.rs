//! Android's boot images, device tree tables and sparse images.

pub mod boot;
pub mod dtbo;
mod parts;
pub mod sparse;
pub mod vendor;
