//! `Image`, the kernel of ARM64 and RISC-V that stands in memory as it stands in the file.
//!
//! Finds: the extent and the header's facts. How: magic `ARM\x64` or `RSC\x05` at 0x38; the file's extent is that of the
//! PE header where the kernel has one, else the size in memory, which counts what the kernel clears before it starts.
//! What stands inside (configuration, initramfs) is found by searching. Wrong when: carved from unknown bytes, the
//! header's reserved fields or its second magic must fit. Misses: the end of a file without a PE header.
//! Source: Linux Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst.

use super::pe;
use crate::broken;
use crate::bytes::{slice, u32_le, u64_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An ARM64 or RISC-V kernel image.
pub struct KernelImage;

static DESCRIPTION: Description = Description {
    name: "kernel-image",
    title: "Linux kernel image for ARM64 or RISC-V",
    magics: &[Magic { offset: 0x38, bytes: ARM64 }, Magic { offset: 0x38, bytes: RISCV }],
    yields: "nothing: the extent alone; what is embedded is found by searching the interior",
    limits: &[
        "without a PE header the extent is the size in memory, which may reach past the file's own end",
        "kernels before Linux 3.17 state no size: their header alone is claimed",
    ],
    source: "Linux, Documentation/arch/arm64/booting.rst and Documentation/arch/riscv/boot-image-header.rst",
};

const ARM64: &[u8] = b"ARM\x64";
const RISCV: &[u8] = b"RSC\x05";
const HEADER: usize = 0x40;
const SIZE_MAX: u64 = 1 << 30;

impl Format for KernelImage {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        _limits: &Limits,
        _sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let magic = slice(data, 0x38, 4)?;
        let fields = (
            u64_le(data, 8),
            u64_le(data, 16),
            u64_le(data, 24),
            slice(data, 0x20, 0x18),
            u32_le(data, 0x3c),
        );
        let (Some(text), Some(memory), Some(flags), Some(reserved), Some(_)) = fields else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let arm = magic == ARM64;
        // ARM64 keeps three words free; RISC-V has its version and an older magic there.
        let fits = if arm {
            reserved.iter().all(|byte| *byte == 0)
        } else {
            magic == RISCV && slice(data, 0x30, 5)? == b"RISCV"
        };
        if !fits
            || memory > SIZE_MAX
            || text > SIZE_MAX
            || (place == Place::Inside && !starts_with_code(data, arm))
        {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail =
                    format!("a kernel of {memory} bytes with other than zeros in its reserved fields");
                Problem::new(ProblemKind::Malformed, 8, detail)
            });
        }
        let mut problems = Vec::new();
        let size = match (pe::extent(data), memory) {
            (Some(extent), _) => {
                if extent > data.len() {
                    let detail = format!("{extent} bytes are stated, {} are there", data.len());
                    problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
                }
                extent
            }
            (None, 0) => HEADER,
            // What the kernel clears at its start is not in the file: this may end behind it.
            (None, memory) => crate::bytes::position(memory),
        };
        let order = if flags & 1 == 0 { "little" } else { "big" };
        let mut attributes = vec![
            ("architecture", if arm { "arm64" } else { "riscv" }.to_owned()),
            ("byte-order", order.to_owned()),
            ("text-offset", format!("{text:#x}")),
            ("memory-size", memory.to_string()),
        ];
        let page = match flags >> 1 & 3 {
            1 => "4096",
            2 => "16384",
            3 => "65536",
            _ => "",
        };
        if arm && !page.is_empty() {
            attributes.push(("page-size", page.to_owned()));
        }
        Some(Reading { size: size.clamp(HEADER.min(data.len()), data.len()), attributes, problems })
    }
}

/// Whether the first word or the second is a branch, behind "MZ" where the kernel is an EFI application.
fn starts_with_code(data: &[u8], arm: bool) -> bool {
    let words = [u32_le(data, 0), u32_le(data, 4)];
    let branches =
        |word: u32| if arm { word >> 26 == 0b00_0101 } else { matches!(word & 0x7f, 0x6f) || word & 3 != 3 };
    words.into_iter().flatten().any(branches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    fn arm(size: u64, pe: bool) -> Vec<u8> {
        let mut data = vec![0; 0x800];
        if pe {
            super::pe::tests::put(&mut data, 0x40, (0x200, 0x400), (0, 0));
        }
        data[4..8].copy_from_slice(&0x1453_4e23_u32.to_le_bytes());
        data[16..24].copy_from_slice(&size.to_le_bytes());
        data[24] = 0x0a;
        data[0x38..0x3c].copy_from_slice(ARM64);
        data
    }

    #[test]
    fn extents() {
        let size = |data: &[u8]| read(&KernelImage, data, Place::Inside).unwrap().0.size;
        assert_eq!(size(&arm(0x10000, true)), 0x600);
        assert_eq!(size(&arm(0x700, false)), 0x700);
        assert_eq!(size(&arm(0x10000, false)), 0x800);
        assert_eq!(size(&arm(0, false)), 0x40);
        let (reading, _) = read(&KernelImage, &arm(0x10000, true)[..0x500], Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        assert!(reading.attributes.contains(&("page-size", "4096".into())));
    }

    #[test]
    fn chance() {
        let mut data = arm(0x700, false);
        data[0x28] = 1;
        assert!(read(&KernelImage, &data, Place::Inside).is_none());
        assert!(read(&KernelImage, &data, Place::Start).is_some());
        assert!(read(&KernelImage, &arm(u64::MAX, false), Place::Inside).is_none());
    }

    #[test]
    fn risc_v() {
        let mut data = vec![0; 0x200];
        data[..4].copy_from_slice(&0x0000_006f_u32.to_le_bytes());
        data[16..18].copy_from_slice(&[0, 1]);
        data[0x30..0x35].copy_from_slice(b"RISCV");
        data[0x38..0x3c].copy_from_slice(RISCV);
        let (reading, _) = read(&KernelImage, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, &*reading.attributes[0].1), (0x100, "riscv"));
    }
}
