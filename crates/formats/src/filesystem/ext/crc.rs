//! The checksums of ext4's metadata: CRC-32C without the last complement, and the older CRC-16.
//! Source: Linux Documentation/filesystems/ext4, "Checksums".

const CASTAGNOLI: u32 = 0x82f6_3b78;
const ARC: u16 = 0xa001;

#[expect(clippy::indexing_slicing, reason = "made by the compiler, which refuses an index past the end")]
static TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ CASTAGNOLI } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// Goes on from `crc` over `data`; the first value is `!0`.
#[expect(clippy::indexing_slicing, reason = "a byte is always within a table of 256 entries")]
pub(super) fn crc32c(crc: u32, data: &[u8]) -> u32 {
    data.iter().fold(crc, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

/// The same for the CRC-16 of group descriptors before metadata checksums.
pub(super) fn crc16(crc: u16, data: &[u8]) -> u16 {
    data.iter().fold(crc, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ ARC } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        assert_eq!(!crc32c(!0, b"123456789"), 0xe306_9283);
        assert_eq!(crc16(0, b"123456789"), 0xbb3d);
        assert_eq!(crc32c(crc32c(!0, b"1234"), b"56789"), crc32c(!0, b"123456789"));
    }
}
