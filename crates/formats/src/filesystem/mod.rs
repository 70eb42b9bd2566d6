//! File systems as they stand in flash.

pub mod ext;
mod flash;
mod inflate;
pub mod jffs2;
mod order;
pub mod squashfs;
pub mod ubi;
pub mod ubifs;
mod walk;
pub mod yaffs;
