//! Partition tables: disks and flash chips as they are laid out.

mod disk;
pub mod fis;
pub mod gpt;
pub mod mbr;
pub mod mtdparts;
