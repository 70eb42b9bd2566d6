//! Reports and interchange formats.
