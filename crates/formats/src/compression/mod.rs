//! Compressed streams: one content, no names.

mod crc64;
pub mod gzip;
pub mod lz4;
pub mod lzma;
pub(crate) mod output;
#[cfg(test)]
pub(crate) mod test_support;
mod xxhash;
pub mod xz;
pub mod zstd;
