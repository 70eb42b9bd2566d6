//! Compressed streams: one content, no names.

mod crc64;
pub(crate) mod deflate;
pub mod gzip;
pub mod lz4;
pub mod lzma;
pub(crate) mod lzo;
pub(crate) mod output;
#[cfg(test)]
pub(crate) mod test_support;
mod xxhash;
pub mod xz;
pub mod zlib;
pub mod zstd;
