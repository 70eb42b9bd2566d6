//! The options that a compressor was given, as version 4 keeps them behind the superblock.

use super::codec::Codec;
use super::superblock::Superblock;
use crate::bytes::slice;

/// The strategies of zlib and the filters of xz, by their bits.
const STRATEGIES: [&str; 5] = ["default", "filtered", "huffman-only", "run-length-encoded", "fixed"];
const FILTERS: [&str; 6] = ["x86", "powerpc", "ia64", "arm", "armthumb", "sparc"];

/// The options in words, where the image has them.
pub(super) fn describe(data: &[u8], superblock: &Superblock, codec: Codec) -> Option<String> {
    if !superblock.has_options() {
        return None;
    }
    let layout = superblock.layout;
    let size = layout.u16(data, superblock.size).filter(|size| size & 0x8000 != 0)? & 0x7fff;
    let options = slice(data, superblock.size + 2, size.into())?;
    let (u16, u32) = (|at| layout.u16(options, at), |at| layout.u32(options, at));
    let names = |bits: u32, names: &[&'static str]| {
        let set: Vec<&str> =
            names.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| *name).collect();
        if set.is_empty() { "none".to_owned() } else { set.join(" ") }
    };
    Some(match codec {
        Codec::Gzip => {
            let strategies = names(u16(6)?.into(), &STRATEGIES);
            format!("level {}, window {}, strategies {strategies}", u32(0)?, u16(4)?)
        }
        Codec::Xz => format!("dictionary {}, filters {}", u32(0)?, names(u32(4)?, &FILTERS)),
        Codec::Lzo => format!("algorithm {}, level {}", u32(0)?, u32(4)?),
        Codec::Lz4 => format!("version {}, flags {:#x}", u32(0)?, u32(4)?),
        Codec::Zstd => format!("level {}", u32(0)?),
        Codec::Lzma(_) => return None,
    })
}
