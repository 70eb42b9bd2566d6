//! CRC-32 as gzip, xz, lzip and lzop have it, by flate2 (zlib-rs).

/// The checksum of `data`.
pub(crate) fn crc32(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}
