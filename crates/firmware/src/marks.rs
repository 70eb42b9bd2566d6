//! Short texts that several probes look for in every file, in one pass for all of them.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// A text that tells where a probe has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// How the banner of a Linux kernel starts.
    LinuxBanner,
    /// How the build information of a Go program starts.
    GoBuild,
    /// How BusyBox's banner starts.
    BusyBox,
}

/// The marks with their bytes.
const MARKS: &[(Mark, &[u8])] = &[
    (Mark::LinuxBanner, b"Linux version "),
    (Mark::GoBuild, b"\xff Go buildinf:"),
    (Mark::BusyBox, b"BusyBox v"),
];

/// Places of all marks in one file that are kept; a real file has a handful.
const KEPT: usize = 4096;

static FINDER: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(MARKS.iter().map(|(_, bytes)| bytes)).ok());

/// Where marks stand in `content`, in order.
pub fn find(content: &[u8]) -> Vec<(Mark, usize)> {
    let Some(finder) = FINDER.as_ref() else { return Vec::new() };
    let found = finder.find_iter(content);
    let marks = found.filter_map(|found| Some((MARKS.get(found.pattern().as_usize())?.0, found.start())));
    marks.take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_where_they_are_said_to() {
        let content = b"..Linux version 1\0\xff Go buildinf:\x08\x02Linux version Linux version ";
        let linux = Mark::LinuxBanner;
        assert_eq!(find(content), [(linux, 2), (Mark::GoBuild, 18), (linux, 34), (linux, 48)]);
        assert!(find(b"Linux versio").is_empty());
    }
}
