//! How far the PE file reaches that a kernel is for EFI: its sections, and the signature appended behind them.
//! Source: Microsoft, PE Format.

use crate::bytes::{slice, u16_le, u32_le};

/// The end of the PE file that starts with `data`, in bytes; it may lie behind the end of `data`.
pub(super) fn extent(data: &[u8]) -> Option<usize> {
    if slice(data, 0, 2)? != b"MZ" {
        return None;
    }
    let header = u32_le(data, 0x3c)? as usize;
    if slice(data, header, 4)? != b"PE\0\0" {
        return None;
    }
    let sections = usize::from(u16_le(data, header.checked_add(6)?)?);
    let optional_size = usize::from(u16_le(data, header + 20)?);
    let optional = header + 24;
    // The number of directories stands before them, at a place that depends on the width of addresses.
    let directories = match u16_le(data, optional)? {
        0x10b => optional + 96,
        0x20b => optional + 112,
        _ => return None,
    };
    let mut end = u32_le(data, optional + 60)? as usize;
    for number in 0..sections {
        let section = optional + optional_size + number * 40;
        let (Some(size), Some(start)) = (u32_le(data, section + 16), u32_le(data, section + 20)) else {
            break;
        };
        if size > 0 {
            end = end.max((start as usize).saturating_add(size as usize));
        }
    }
    // The fifth directory is the signature's; alone among them it gives a place in the file.
    if u32_le(data, directories - 4)? > 4 {
        let (start, size) = (u32_le(data, directories + 32)?, u32_le(data, directories + 36)?);
        if size > 0 {
            end = end.max((start as usize).saturating_add(size as usize));
        }
    }
    Some(end)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Writes a PE header with one section and a signature into `data`, whose first bytes it leaves to the kernel's.
    pub(in crate::boot::kernel) fn put(
        data: &mut [u8],
        at: usize,
        section: (u32, u32),
        signature: (u32, u32),
    ) {
        data[..2].copy_from_slice(b"MZ");
        data[0x3c..0x40].copy_from_slice(&(at as u32).to_le_bytes());
        let mut word =
            |place: usize, value: u32| data[at + place..][..4].copy_from_slice(&value.to_le_bytes());
        word(0, 0x4550);
        word(4, 0x0001_aa64);
        word(20, 160);
        word(24, 0x20b);
        word(24 + 60, 0x200);
        word(24 + 108, 6);
        word(24 + 144, signature.0);
        word(24 + 148, signature.1);
        word(24 + 160 + 16, section.1);
        word(24 + 160 + 20, section.0);
    }

    #[test]
    fn sections_and_signature() {
        let mut data = vec![0; 1024];
        put(&mut data, 0x40, (0x200, 0x300), (0, 0));
        assert_eq!(extent(&data), Some(0x500));
        put(&mut data, 0x40, (0x200, 0x300), (0x600, 0x80));
        assert_eq!(extent(&data), Some(0x680));
        put(&mut data, 0x40, (u32::MAX, u32::MAX), (0, 0));
        assert!(extent(&data).unwrap() > data.len());
        assert_eq!(extent(&data[..0x50]), None);
        data[0x3c..0x40].copy_from_slice(&[0xff; 4]);
        assert_eq!(extent(&data), None);
    }
}
