//! CRC-64 of xz (ECMA-182, reflected), eight bytes at a time.
//! Source: the .xz file format 1.2.1, section 6.

const POLYNOMIAL: u64 = 0xc96c_5795_d787_0f42;

#[expect(clippy::indexing_slicing, reason = "made by the compiler, which refuses an index past the end")]
static TABLES: [[u64; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
};

#[expect(clippy::indexing_slicing, reason = "a byte is always within a table of 256 entries")]
fn step(table: &[u64; 256], byte: u8) -> u64 {
    table[usize::from(byte)]
}

/// The checksum of `data`.
pub(crate) fn crc64(data: &[u8]) -> u64 {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = &TABLES;
    let (words, rest) = data.as_chunks::<8>();
    let mut crc = !0_u64;
    for word in words {
        let [a, b, c, d, e, f, g, h] = (crc ^ u64::from_le_bytes(*word)).to_le_bytes();
        crc = step(t7, a) ^ step(t6, b) ^ step(t5, c) ^ step(t4, d);
        crc ^= step(t3, e) ^ step(t2, f) ^ step(t1, g) ^ step(t0, h);
    }
    for byte in rest {
        crc = step(t0, crc as u8 ^ byte) ^ (crc >> 8);
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::crc64;

    #[test]
    fn published_value() {
        assert_eq!(crc64(b"123456789"), 0x995d_c9bb_df19_39fa);
        assert_eq!(crc64(b""), 0);
    }
}
