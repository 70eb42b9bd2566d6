//! The `banbury` binary.
fn main() {}
