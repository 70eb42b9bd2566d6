//! Executables as functions.
//!
//! Bytes of an executable become instructions of a small language of effects ([`ir`]), by one lifter an instruction set
//! ([`lift`]). Pure: no I/O, no clock, no `unsafe`.

pub mod arch;
pub mod demands;
pub mod early;
pub mod function;
pub mod image;
pub mod ir;
pub mod lift;
pub mod powers;
pub mod program;
pub mod surface;
pub mod survey;
pub mod suspects;
pub mod uses;
pub mod values;
pub mod weights;
