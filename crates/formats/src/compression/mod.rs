//! Compressed streams: one content, no names.

pub(crate) mod adler32;
pub mod bzip2;
pub mod compress;
pub(crate) mod crc32;
mod crc64;
pub(crate) mod deflate;
pub mod gzip;
mod history;
pub mod lz4;
pub mod lzip;
pub mod lzma;
pub(crate) mod lzo;
pub mod lzop;
pub(crate) mod output;
pub(crate) mod snappy;
#[cfg(test)]
pub(crate) mod test_support;
mod xxhash;
pub mod xz;
pub mod zlib;
pub mod zstd;
