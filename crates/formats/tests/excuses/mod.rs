//! What the tests over the registry do not ask of single formats, each with the reason.

#[allow(dead_code, reason = "each test program asks its own")]
/// Something that a test asks of every format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An input cut short is told: a problem, or no reading.
    TruncationIsTold,
    /// A magic with garbage behind it is a malformed object of this format at the start, and nothing inside.
    BadHeaderIsTold,
    /// Each input has one of the format's magics.
    HasMagic,
    /// An input with other bytes behind it is carved with its exact extent.
    ExactExtent,
    /// Each input is read without a problem; one that is excused says of a part that it is not read.
    NothingUnread,
}

/// (format, the input that is excused or `*`, what is not asked of it, why).
pub const EXCUSES: &[(&str, &str, Asked, &str)] = &[
    ("gzip", "members.gz", Asked::TruncationIsTold, "cut between members it is a whole stream"),
    ("lz4", "skippable.lz4", Asked::TruncationIsTold, "cut between frames it is a whole stream"),
    ("bzip2", "streams.bz2", Asked::TruncationIsTold, "cut between streams it is a whole stream"),
    ("lzip", "members.lz", Asked::TruncationIsTold, "cut between members it is a whole file"),
    ("lzop", "parts.lzo", Asked::TruncationIsTold, "cut between parts it is a whole file"),
    ("lzop", "nameless-parts.lzo", Asked::TruncationIsTold, "cut between parts it is a whole file"),
    ("compress", "*", Asked::TruncationIsTold, "there is no end mark and no length"),
    (
        "compress",
        "*",
        Asked::ExactExtent,
        "what follows passes for codes: there is no end mark and no length",
    ),
    ("xz", "streams.xz", Asked::TruncationIsTold, "cut between streams it is a whole stream"),
    ("zstd", "frames.zst", Asked::TruncationIsTold, "cut between frames it is a whole stream"),
    (
        "lz4-legacy",
        "kernel.lz4",
        Asked::TruncationIsTold,
        "cut between blocks it is whole: there is no end mark",
    ),
    ("tar", "*", Asked::TruncationIsTold, "the closing blocks may be missing"),
    ("cpio", "*", Asked::TruncationIsTold, "padding behind the trailer may be missing"),
    ("squashfs", "*", Asked::TruncationIsTold, "padding behind the tables may be missing"),
    (
        "cramfs",
        "*",
        Asked::TruncationIsTold,
        "without a stated size, padding behind the last page may be missing",
    ),
    ("romfs", "*", Asked::TruncationIsTold, "padding behind the stated size may be missing"),
    ("minix", "*", Asked::BadHeaderIsTold, "a weak magic, believed by structure; its limits say so"),
    (
        "kernel-image",
        "*",
        Asked::TruncationIsTold,
        "without a PE header the size is that in memory, and files are shorter",
    ),
    ("jffs2", "*", Asked::TruncationIsTold, "cut between nodes it is a whole log: there is no end mark"),
    (
        "ubi",
        "*",
        Asked::TruncationIsTold,
        "cut between erase blocks it is a whole image: their number is not stored",
    ),
    ("yaffs", "*", Asked::TruncationIsTold, "cut between chunks it is a whole log: there is no end mark"),
    ("ubifs", "*", Asked::TruncationIsTold, "blank flash behind the last node may be missing"),
    ("android-boot", "*", Asked::TruncationIsTold, "the last section's page may not be filled up"),
    ("android-vendor-boot", "*", Asked::TruncationIsTold, "the last section's page may not be filled up"),
    ("mtdparts", "*", Asked::TruncationIsTold, "a map without its last partitions is a map"),
    ("mtdparts", "*", Asked::BadHeaderIsTold, "a word of text: without a map behind it, it is only text"),
    ("mtdparts", "*", Asked::ExactExtent, "what follows without a space belongs to its word"),
    ("redboot-fis", "*", Asked::TruncationIsTold, "a directory without its last rows is a directory"),
    ("elf", "*", Asked::TruncationIsTold, "bytes behind the last section may be missing"),
    ("fat", "*", Asked::BadHeaderIsTold, "weak magics; nothing but fields that agree is a file system"),
    ("mbr", "*", Asked::BadHeaderIsTold, "a weak magic; nothing but a sound table is one"),
    ("ext", "*", Asked::BadHeaderIsTold, "a weak magic: nothing but the magic is no file system"),
    ("zlib", "*", Asked::BadHeaderIsTold, "two bytes that mean much only with content behind them"),
    ("lzma", "*", Asked::BadHeaderIsTold, "a weak magic; its limits say so"),
    (
        "uimage-variant",
        "*",
        Asked::BadHeaderIsTold,
        "three bytes that mean much only with a checksum that fits",
    ),
    ("intel-hex", "*", Asked::BadHeaderIsTold, "two characters of text mean much only with a sum that fits"),
    ("s-record", "*", Asked::BadHeaderIsTold, "two characters of text mean much only with a sum that fits"),
    (
        "tektronix-hex",
        "*",
        Asked::BadHeaderIsTold,
        "two characters of text mean much only with a sum that fits",
    ),
    (
        "extended-tektronix-hex",
        "*",
        Asked::BadHeaderIsTold,
        "two characters of text mean much only with a sum that fits",
    ),
    ("elf", "*", Asked::BadHeaderIsTold, "the reader of executables tells it as facts"),
    ("shrs", "*", Asked::NothingUnread, "encrypted: the reader says so"),
    ("encrpted-img", "*", Asked::NothingUnread, "encrypted: the reader says so"),
    ("openssl-salted", "*", Asked::NothingUnread, "encrypted: the reader says so"),
    ("openssl-salted", "*", Asked::BadHeaderIsTold, "noise behind the magic is all there is of it"),
    ("openssl-salted", "*", Asked::TruncationIsTold, "it states no length; its limits say so"),
    ("openssl-salted", "*", Asked::ExactExtent, "it states no length; its limits say so"),
    ("qnap", "*", Asked::NothingUnread, "encrypted: the reader says so"),
    ("buffalo", "*", Asked::NothingUnread, "encrypted: the reader says so"),
    ("buffalo", "*", Asked::TruncationIsTold, "the fill behind the checksum may be missing"),
    ("dni", "*", Asked::ExactExtent, "it states no length; its limits say so"),
    ("senao", "padded.bin", Asked::TruncationIsTold, "padding behind the payload may be missing"),
    ("zte-config", "encrypted.bin", Asked::NothingUnread, "encrypted: the reader says so"),
    ("seama", "*", Asked::TruncationIsTold, "cut between its images it is a whole package"),
    (
        "draytek",
        "island.all",
        Asked::TruncationIsTold,
        "cut between its sections it is one without a web interface",
    ),
    ("draytek", "other-mark.rst", Asked::TruncationIsTold, "the same"),
    (
        "ubnt",
        "*",
        Asked::BadHeaderIsTold,
        "its magic is a word that any text may hold: plain text is not told",
    ),
    (
        "dni",
        "*",
        Asked::BadHeaderIsTold,
        "its magic is a word that any text may hold: plain text is not told",
    ),
    (
        "zynos",
        "*",
        Asked::BadHeaderIsTold,
        "its magic is a word that any text may hold: plain text is not told",
    ),
    (
        "bcm-tag",
        "*",
        Asked::BadHeaderIsTold,
        "its magic is a word that any text may hold: plain text is not told",
    ),
    ("tp-link", "*", Asked::BadHeaderIsTold, "its marks are weak, and parts without a name are not told"),
    ("ar", "*", Asked::TruncationIsTold, "cut between members it is whole: there is no end mark"),
    ("ar", "*", Asked::BadHeaderIsTold, "the magic alone is an empty archive, as C libraries have them"),
    ("adb", "*", Asked::TruncationIsTold, "the padding of the last block may be missing"),
    ("tar-v7", "*", Asked::TruncationIsTold, "the closing blocks may be missing"),
    ("tar-v7", "*", Asked::BadHeaderIsTold, "a weak magic, believed by its checksum"),
    ("cpio-binary", "*", Asked::TruncationIsTold, "padding behind the trailer may be missing"),
    ("cpio-binary", "*", Asked::BadHeaderIsTold, "a weak magic, believed by structure; its limits say so"),
];

/// Whether a format's input is excused.
pub fn excused(format: &str, input: &str, asked: Asked) -> bool {
    EXCUSES.iter().any(|(name, which, what, reason)| {
        assert!(!reason.is_empty());
        *name == format && *what == asked && (*which == "*" || *which == input)
    })
}
