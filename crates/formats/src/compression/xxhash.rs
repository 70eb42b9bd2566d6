//! XXH32 and XXH64 with seed 0, the checksums of lz4 and zstd frames.
//! Source: the xxHash specification, doc/xxhash_spec.md.

const P32: [u32; 5] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d, 0x27d4_eb2f, 0x1656_67b1];
const P64: [u64; 5] = [
    0x9e37_79b1_85eb_ca87,
    0xc2b2_ae3d_27d4_eb4f,
    0x1656_67b1_9e37_79f9,
    0x85eb_ca77_c2b2_ae63,
    0x27d4_eb2f_1656_67c5,
];

fn word32(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_le_bytes)
}

fn word64(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

fn round32(lane: u32, word: u32) -> u32 {
    lane.wrapping_add(word.wrapping_mul(P32[1])).rotate_left(13).wrapping_mul(P32[0])
}

fn round64(lane: u64, word: u64) -> u64 {
    lane.wrapping_add(word.wrapping_mul(P64[1])).rotate_left(31).wrapping_mul(P64[0])
}

/// XXH32 of `data`.
pub(crate) fn xxh32(data: &[u8]) -> u32 {
    let (stripes, mut rest) = data.as_chunks::<16>();
    let mut lanes = [P32[0].wrapping_add(P32[1]), P32[1], 0, 0_u32.wrapping_sub(P32[0])];
    for stripe in stripes {
        for (lane, word) in lanes.iter_mut().zip(stripe.chunks_exact(4)) {
            *lane = round32(*lane, word32(word));
        }
    }
    let [a, b, c, d] = lanes;
    let mut hash = if stripes.is_empty() {
        P32[4]
    } else {
        a.rotate_left(1)
            .wrapping_add(b.rotate_left(7))
            .wrapping_add(c.rotate_left(12))
            .wrapping_add(d.rotate_left(18))
    };
    hash = hash.wrapping_add(data.len() as u32);
    while let Some((word, behind)) = rest.split_first_chunk::<4>() {
        hash = hash
            .wrapping_add(u32::from_le_bytes(*word).wrapping_mul(P32[2]))
            .rotate_left(17)
            .wrapping_mul(P32[3]);
        rest = behind;
    }
    for byte in rest {
        hash = hash.wrapping_add(u32::from(*byte).wrapping_mul(P32[4])).rotate_left(11).wrapping_mul(P32[0]);
    }
    hash = (hash ^ (hash >> 15)).wrapping_mul(P32[1]);
    hash = (hash ^ (hash >> 13)).wrapping_mul(P32[2]);
    hash ^ (hash >> 16)
}

/// XXH64 of `data`.
pub(crate) fn xxh64(data: &[u8]) -> u64 {
    let (stripes, mut rest) = data.as_chunks::<32>();
    let mut lanes = [P64[0].wrapping_add(P64[1]), P64[1], 0, 0_u64.wrapping_sub(P64[0])];
    for stripe in stripes {
        for (lane, word) in lanes.iter_mut().zip(stripe.chunks_exact(8)) {
            *lane = round64(*lane, word64(word));
        }
    }
    let [a, b, c, d] = lanes;
    let mut hash = if stripes.is_empty() {
        P64[4]
    } else {
        let start = a
            .rotate_left(1)
            .wrapping_add(b.rotate_left(7))
            .wrapping_add(c.rotate_left(12))
            .wrapping_add(d.rotate_left(18));
        lanes
            .iter()
            .fold(start, |hash, lane| (hash ^ round64(0, *lane)).wrapping_mul(P64[0]).wrapping_add(P64[3]))
    };
    hash = hash.wrapping_add(data.len() as u64);
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        hash = (hash ^ round64(0, u64::from_le_bytes(*word)))
            .rotate_left(27)
            .wrapping_mul(P64[0])
            .wrapping_add(P64[3]);
        rest = behind;
    }
    if let Some((word, behind)) = rest.split_first_chunk::<4>() {
        hash = (hash ^ u64::from(u32::from_le_bytes(*word)).wrapping_mul(P64[0]))
            .rotate_left(23)
            .wrapping_mul(P64[1])
            .wrapping_add(P64[2]);
        rest = behind;
    }
    for byte in rest {
        hash = (hash ^ u64::from(*byte).wrapping_mul(P64[4])).rotate_left(11).wrapping_mul(P64[0]);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(P64[1]);
    hash = (hash ^ (hash >> 29)).wrapping_mul(P64[2]);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        assert_eq!(xxh32(b""), 0x02cc_5d05);
        assert_eq!(xxh32(b"abc"), 0x32d1_53ff);
        assert_eq!(xxh64(b""), 0xef46_db37_51d8_e999);
        assert_eq!(xxh64(b"abc"), 0x44bc_2cf5_ad77_0999);
        assert_eq!(
            xxh64(b"Call me Ishmael. Some years ago--never mind how long precisely-"),
            0x02a2_e854_70d6_fd96
        );
    }
}
