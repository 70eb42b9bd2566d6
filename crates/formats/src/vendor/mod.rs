//! Containers that makers of network equipment wrap their firmware in.

pub mod bcm_tag;
pub mod bneg;
pub mod buffalo;
pub mod chk;
pub mod dni;
pub mod draytek;
pub mod encrypted;
pub mod hwnp;
pub mod linksys;
pub mod npk;
mod parts;
pub mod pfs;
pub mod qnap;
pub mod safeloader;
pub mod seama;
pub mod senao;
pub mod tplink;
pub mod tplink_rtos;
pub mod trx;
pub mod ubnt;
pub mod wrgg;
pub mod xiaomi;
pub mod zte;
pub mod zytrx;
pub mod zyxel;
