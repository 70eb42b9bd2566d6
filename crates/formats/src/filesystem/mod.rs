//! File systems as they stand in flash.

pub mod cramfs;
pub mod ext;
pub mod fat;
mod flash;
mod inflate;
pub mod iso9660;
pub mod jffs2;
pub mod minix;
mod order;
pub mod romfs;
pub mod squashfs;
pub mod ubi;
pub mod ubifs;
mod walk;
pub mod yaffs;
