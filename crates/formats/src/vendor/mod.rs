//! Containers that makers of network equipment wrap their firmware in.

pub mod bcm_tag;
pub mod chk;
pub mod draytek;
pub mod encrypted;
pub mod hwnp;
mod parts;
pub mod pfs;
pub mod safeloader;
pub mod seama;
pub mod tplink;
pub mod trx;
pub mod ubnt;
pub mod wrgg;
pub mod xiaomi;
pub mod zte;
pub mod zytrx;
pub mod zyxel;
