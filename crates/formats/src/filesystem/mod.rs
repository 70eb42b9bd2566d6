//! File systems as they stand in flash.

pub mod ext;
pub mod squashfs;
