//! The headers of cpio's five layouts.

use crate::archive::slack::Slack;
use crate::bytes::{head, slice, tail, until_nul};

/// Names longer than this are taken for a broken header.
const NAME_MAX: usize = 64 << 10;
/// Bits of a mode that tell the type of a file.
pub(super) const TYPE: u32 = 0o170_000;

/// How numbers are written, and how parts are padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Fields of eight hexadecimal digits.
    Newc,
    /// The same with a sum over the content.
    Crc,
    /// Fields of six or eleven octal digits.
    Odc,
    /// Words of two bytes, the lower first.
    LittleEndian,
    /// Words of two bytes, the higher first.
    BigEndian,
}

impl Layout {
    /// The layout whose magic stands first.
    pub(super) fn of(data: &[u8]) -> Option<Self> {
        [Self::Newc, Self::Crc, Self::Odc, Self::LittleEndian, Self::BigEndian]
            .into_iter()
            .find(|layout| data.starts_with(layout.magic()))
    }

    pub(super) fn magic(self) -> &'static [u8] {
        match self {
            Self::Newc => b"070701",
            Self::Crc => b"070702",
            Self::Odc => b"070707",
            Self::LittleEndian => &[0xc7, 0x71],
            Self::BigEndian => &[0x71, 0xc7],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Newc => "newc",
            Self::Crc => "crc",
            Self::Odc => "odc",
            Self::LittleEndian | Self::BigEndian => "binary",
        }
    }

    /// Bytes of a header.
    pub(super) fn header(self) -> usize {
        match self {
            Self::Newc | Self::Crc => 110,
            Self::Odc => 76,
            Self::LittleEndian | Self::BigEndian => 26,
        }
    }

    /// To how many bytes names and contents are filled up.
    fn unit(self) -> usize {
        match self {
            Self::Newc | Self::Crc => 4,
            Self::Odc => 1,
            Self::LittleEndian | Self::BigEndian => 2,
        }
    }

    /// Whether the two may stand in one archive.
    fn goes_with(self, other: Self) -> bool {
        let family = |layout| if layout == Self::Crc { Self::Newc } else { layout };
        family(self) == family(other)
    }

    fn fields(self, data: &[u8]) -> Option<Fields> {
        match self {
            Self::Newc | Self::Crc => {
                let mut values = [0; 13];
                for (value, digits) in values.iter_mut().zip(slice(data, 6, 104)?.chunks_exact(8)) {
                    *value = number(digits, 16)?;
                }
                let [
                    ino,
                    mode,
                    uid,
                    gid,
                    nlink,
                    mtime,
                    size,
                    major,
                    minor,
                    special_major,
                    special_minor,
                    name_size,
                    checksum,
                ] = values;
                Some(Fields {
                    ino,
                    mode,
                    uid,
                    gid,
                    nlink,
                    mtime,
                    size,
                    device: (major, minor),
                    special: (special_major, special_minor),
                    name_size,
                    checksum: (self == Self::Crc).then_some(checksum),
                })
            }
            Self::Odc => {
                let octal = |at, length| number(slice(data, at, length)?, 8);
                Some(Fields {
                    device: split(octal(6, 6)?),
                    ino: octal(12, 6)?,
                    mode: octal(18, 6)?,
                    uid: octal(24, 6)?,
                    gid: octal(30, 6)?,
                    nlink: octal(36, 6)?,
                    special: split(octal(42, 6)?),
                    mtime: octal(48, 11)?,
                    name_size: octal(59, 6)?,
                    size: octal(65, 11)?,
                    checksum: None,
                })
            }
            Self::LittleEndian | Self::BigEndian => {
                let word = |number: usize| {
                    let bytes = slice(data, number * 2, 2)?.try_into().ok()?;
                    let value = match self {
                        Self::LittleEndian => u16::from_le_bytes(bytes),
                        _ => u16::from_be_bytes(bytes),
                    };
                    Some(u32::from(value))
                };
                // The higher word of two stands first in both byte orders.
                let long = |number| Some(word(number)? << 16 | word(number + 1)?);
                Some(Fields {
                    device: split(word(1)?),
                    ino: word(2)?,
                    mode: word(3)?,
                    uid: word(4)?,
                    gid: word(5)?,
                    nlink: word(6)?,
                    special: split(word(7)?),
                    mtime: long(8)?,
                    name_size: word(10)?,
                    size: long(11)?,
                    checksum: None,
                })
            }
        }
    }
}

/// Major and minor number of a device in the old way.
fn split(device: u32) -> (u32, u32) {
    (device >> 8, device & 0xff)
}

fn number(digits: &[u8], base: u32) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| {
        value.checked_mul(base)?.checked_add(char::from(*digit).to_digit(base)?)
    })
}

struct Fields {
    ino: u32,
    mode: u32,
    uid: u32,
    gid: u32,
    nlink: u32,
    mtime: u32,
    size: u32,
    device: (u32, u32),
    special: (u32, u32),
    name_size: u32,
    checksum: Option<u32>,
}

/// Device and number: what names of one file share.
pub(super) type Inode = (u32, u32, u32);

/// A header and its name.
pub(super) struct Header<'a> {
    pub(super) at: usize,
    pub(super) layout: Layout,
    pub(super) name: &'a [u8],
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mtime: u32,
    pub(super) size: usize,
    pub(super) special: (u32, u32),
    pub(super) checksum: Option<u32>,
    ino: u32,
    nlink: u32,
    device: (u32, u32),
    name_size: usize,
}

impl<'a> Header<'a> {
    /// The header at `at` of an archive that begins in this layout.
    pub(super) fn parse(data: &'a [u8], at: usize, of: Layout) -> Option<Self> {
        let rest = data.get(at..)?;
        let layout = Layout::of(rest).filter(|layout| layout.goes_with(of))?;
        let fields = layout.fields(rest)?;
        let name_size = fields.name_size as usize;
        if name_size == 0 || name_size > NAME_MAX {
            return None;
        }
        let name = until_nul(slice(rest, layout.header(), name_size)?);
        let Fields { ino, mode, uid, gid, nlink, mtime, size, device, special, checksum, .. } = fields;
        let size = size as usize;
        Some(Self {
            at,
            layout,
            name,
            mode,
            uid,
            gid,
            mtime,
            size,
            special,
            checksum,
            ino,
            nlink,
            device,
            name_size,
        })
    }

    /// Whether `rest` is the start of a header that is cut off.
    pub(super) fn is_cut_off(rest: &[u8], of: Layout) -> bool {
        let magic = head(rest, of.magic().len().min(5));
        of.magic().starts_with(magic)
            && (rest.len() < of.header()
                || Layout::of(rest)
                    .and_then(|layout| layout.fields(rest))
                    .is_some_and(|fields| fields.name_size as usize <= NAME_MAX))
    }

    fn name_end(&self) -> usize {
        self.at + self.layout.header() + self.name_size
    }

    pub(super) fn content_start(&self) -> usize {
        let relative = self.layout.header() + self.name_size;
        self.at + relative.next_multiple_of(self.layout.unit())
    }

    pub(super) fn content_end(&self) -> usize {
        self.content_start().saturating_add(self.size)
    }

    /// Where the next header stands.
    pub(super) fn end(&self) -> usize {
        let padded = self.size.checked_next_multiple_of(self.layout.unit());
        self.content_start().saturating_add(padded.unwrap_or(usize::MAX))
    }

    pub(super) fn is_trailer(&self) -> bool {
        self.name == b"TRAILER!!!"
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self.mode & TYPE, 0o100_000 | 0)
    }

    pub(super) fn shares_inode(&self) -> bool {
        self.is_file() && self.nlink > 1 && self.ino != 0
    }

    pub(super) fn inode(&self) -> Inode {
        (self.device.0, self.device.1, self.ino)
    }

    /// Whether this is what a program writes: a name that ends where it is said to, a type that exists.
    pub(super) fn is_sane(&self) -> bool {
        self.name.len() + 1 == self.name_size
            && (1..=4096).contains(&self.name.len())
            && self.name.iter().all(|byte| *byte >= b' ')
            && (self.is_trailer()
                || matches!(
                    self.mode & TYPE,
                    0o010_000 | 0o020_000 | 0o040_000 | 0o060_000 | 0o100_000 | 0o120_000 | 0o140_000
                ))
    }

    /// Takes what stands behind the name and the content.
    pub(super) fn slack(&self, data: &'a [u8], slack: &mut Slack<'a>) {
        let field = slice(data, self.at + self.layout.header(), self.name_size).unwrap_or_default();
        slack.behind_nul(self.at + self.layout.header(), field);
        for (start, end) in [(self.name_end(), self.content_start()), (self.content_end(), self.end())] {
            slack.take(start, head(tail(data, start), end - start));
        }
        if self.is_trailer() {
            let start = self.content_start();
            slack.take(start, head(tail(data, start), self.size));
        }
    }
}
