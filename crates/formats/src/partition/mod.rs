//! Partition tables: disks and flash chips as they are laid out.

pub mod fis;
pub mod mtdparts;
