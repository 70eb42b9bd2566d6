//! File systems as they stand in flash.

pub mod squashfs;
