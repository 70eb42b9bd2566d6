//! Adler-32, the checksum of zlib and lzop. Source: RFC 1950, section 8.2.

const MODULUS: u32 = 65_521;
/// As many bytes as can be summed before the second sum leaves 32 bits.
const RUN: usize = 5552;

/// A checksum in the making.
#[derive(Clone, Copy)]
pub(crate) struct Adler32 {
    low: u32,
    high: u32,
}

impl Adler32 {
    pub(crate) fn new() -> Self {
        Self { low: 1, high: 0 }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        for run in data.chunks(RUN) {
            let (blocks, rest) = run.as_chunks::<16>();
            for block in blocks {
                // What 16 single steps come to.
                let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
                let weighted: u32 =
                    block.iter().zip((1..=16_u32).rev()).map(|(byte, w)| u32::from(*byte) * w).sum();
                self.high += 16 * self.low + weighted;
                self.low += sum;
            }
            for byte in rest {
                self.low += u32::from(*byte);
                self.high += self.low;
            }
            self.low %= MODULUS;
            self.high %= MODULUS;
        }
    }

    pub(crate) fn sum(self) -> u32 {
        self.high << 16 | self.low
    }
}

/// The checksum of `data`.
pub(crate) fn adler32(data: &[u8]) -> u32 {
    let mut adler = Adler32::new();
    adler.update(data);
    adler.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_value() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(b""), 1);
    }

    #[test]
    fn no_sum_overflows() {
        let data = vec![0xff; 100_003];
        let (mut low, mut high) = (1_u64, 0_u64);
        for byte in &data {
            low = (low + u64::from(*byte)) % 65_521;
            high = (high + low) % 65_521;
        }
        assert_eq!(u64::from(adler32(&data)), high << 16 | low);
    }
}
