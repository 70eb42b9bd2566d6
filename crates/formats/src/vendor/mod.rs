//! Containers that makers of network equipment wrap their firmware in.

pub mod chk;
mod parts;
pub mod trx;
