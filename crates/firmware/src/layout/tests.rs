use super::*;
use banbury_formats::Content;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

fn entry<'a>(path: &'a [u8], kind: EntryKind<'a>) -> Entry<'a> {
    let (mode, uid, gid, mtime, at) = (None, None, None, None, None);
    Entry { path: Cow::Borrowed(path), kind, mode, uid, gid, mtime, at, xattrs: Vec::new() }
}

fn file(path: &[u8]) -> Entry<'_> {
    entry(path, EntryKind::File(Content::Slice(b"x")))
}

fn folder(path: &[u8]) -> Entry<'_> {
    entry(path, EntryKind::Directory)
}

fn link<'a>(path: &'a [u8], target: &'a [u8]) -> Entry<'a> {
    entry(path, EntryKind::Symlink(Cow::Borrowed(target)))
}

fn hard<'a>(path: &'a [u8], target: &'a [u8]) -> Entry<'a> {
    entry(path, EntryKind::Hardlink(Cow::Borrowed(target)))
}

/// Every folder that comes to be when the planned entries are made.
fn folders(planned: &[Planned]) -> BTreeSet<String> {
    let above = |path: &str| -> Vec<String> {
        path.match_indices('/').filter_map(|(end, _)| path.get(..end)).map(str::to_owned).collect()
    };
    let made = planned.iter().filter(|entry| !matches!(entry.make, Make::Nothing(_)));
    made.flat_map(|entry| {
        let own = (entry.make == Make::Folder && !entry.path.is_empty()).then(|| entry.path.clone());
        above(&entry.path).into_iter().chain(own)
    })
    .collect()
}

fn paths_of(planned: &[Planned]) -> Vec<&str> {
    planned.iter().map(|entry| entry.path.as_str()).collect()
}

#[test]
fn names_that_climb_or_are_absolute_stay_inside() {
    let planned =
        plan(&[file(b"../../etc/passwd"), file(b"/abs"), file(b"./a/./b//c"), file(b"\xff\n")], false);
    assert_eq!(paths_of(&planned), ["\\x2e\\x2e/\\x2e\\x2e/etc/passwd", "abs", "a/b/c", "\\xff\\x0a"]);
}

#[test]
fn of_one_name_the_last_has_it() {
    let planned = plan(&[file(b"a"), file(b"a"), file(b"a~1"), file(b"./a")], false);
    assert_eq!(paths_of(&planned), ["a~2", "a~3", "a~1", "a"]);
}

#[test]
fn a_folder_has_its_name() {
    let planned = plan(&[file(b"a"), file(b"a/b"), link(b"a", b"/etc"), folder(b"a")], false);
    assert_eq!(paths_of(&planned), ["a~1", "a/b", "a~2", "a"]);
    assert_eq!(folders(&planned), BTreeSet::from(["a".to_owned()]));
}

#[test]
fn case_counts_where_the_file_system_tells_it() {
    let entries = || [file(b"README"), file(b"readme"), folder(b"Src"), file(b"src")];
    assert_eq!(paths_of(&plan(&entries(), false)), ["README", "readme", "Src", "src"]);
    assert_eq!(paths_of(&plan(&entries(), true)), ["README~1", "readme", "Src", "src~1"]);
}

#[test]
fn names_of_ours_are_not_taken() {
    let planned = plan(&[file(b"x"), folder(b"x.unpacked"), file(b"x.unpacked/y")], false);
    assert_eq!(paths_of(&planned), ["x", "x.unpacked~0", "x.unpacked~0/y"]);
}

#[test]
fn what_is_long_or_deep_still_fits() {
    let long = [b'n'; 4096];
    let mut deep = b"d/".repeat(1000);
    deep.push(b'f');
    let planned = plan(&[file(&long), file(&deep), folder(&deep)], false);
    assert!(planned[0].path.len() <= 255 && planned[0].path.starts_with("nnn"));
    assert!(planned[1].path.starts_with("~deep/"));
    assert!(matches!(planned[2].make, Make::Nothing(_)));
    let mut base = String::new();
    for _ in 0..200 {
        base = format!("{}/{}{ENDING}", container(&base, 0x10, "cpio", false), "n".repeat(LONGEST));
        assert!(base.len() < 4096 - 255 - PATH);
    }
}

#[test]
fn links_that_stay_are_made_and_others_are_not() {
    let made = |entries: &[Entry<'_>]| -> Vec<Option<String>> {
        plan(entries, false)
            .into_iter()
            .map(|planned| match planned.make {
                Make::Symlink(target) => Some(target),
                _ => None,
            })
            .collect()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        made(&[link(b"bin/sh", b"busybox"), link(b"usr/bin/x", b"/bin/sh")]),
        [text("busybox"), text("../../bin/sh")]
    );
    assert_eq!(
        made(&[link(b"a/b", b"../c"), link(b"a/b", b"../../c"), link(b"x", b"/..")]),
        [text("../c"), None, None]
    );
    // By its letters `s/l/../..` stays inside; through `s/l`, which is the root, it does not.
    assert_eq!(made(&[folder(b"s"), link(b"s/l", b".."), link(b"x", b"s/l/..")]), [None, text(".."), None]);
    assert_eq!(made(&[link(b"a", b"b"), link(b"b", b"a"), link(b"c", b"")]), [None, None, None]);
    assert_eq!(made(&[link(b"root", b"/"), link(b"d/root", b"/")]), [text("."), text("..")]);
}

#[test]
fn hard_links_lead_to_files_of_their_tree() {
    let planned = plan(
        &[
            file(b"a"),
            hard(b"b", b"./a"),
            hard(b"c", b"b"),
            hard(b"d", b"/etc/passwd"),
            hard(b"e", b"e"),
            link(b"l", b"/etc"),
            hard(b"f", b"l"),
            hard(b"g", b"l/passwd"),
        ],
        false,
    );
    let made: Vec<&Make> = planned.iter().map(|planned| &planned.make).collect();
    assert_eq!((made[1], made[2]), (&Make::Hardlink(0), &Make::Hardlink(0)));
    assert!(matches!((made[3], made[4], made[7]), (Make::Nothing(_), Make::Nothing(_), Make::Nothing(_))));
    assert_eq!((made[5], made[6]), (&Make::Symlink("etc".to_owned()), &Make::Symlink("etc".to_owned())));
}

fn any_name() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    let part = proptest::sample::select(vec![
        &b"a"[..],
        b"b",
        b"A",
        b"..",
        b".",
        b"",
        b"a~1",
        b"a.unpacked",
        b"\xff",
        b"~deep",
        b"\\",
    ]);
    proptest::strategy::Strategy::prop_map(proptest::collection::vec(part, 1..5), |parts| {
        parts.join(&b"/"[..])
    })
}

proptest::proptest! {
    #[test]
    fn every_entry_has_a_name_of_its_own_inside(
        names in proptest::collection::vec((any_name(), 0u8..4, any_name()), 0..24), fold in proptest::bool::ANY
    ) {
        let entries: Vec<Entry<'_>> = names
            .iter()
            .map(|(name, kind, target)| match kind {
                0 => file(name),
                1 => folder(name),
                2 => link(name, target),
                _ => hard(name, target),
            })
            .collect();
        let planned = plan(&entries, fold);
        let key = |path: &str| if fold { path.to_lowercase() } else { path.to_owned() };
        let mut made: BTreeMap<String, bool> =
            folders(&planned).iter().map(|folder| (key(folder), true)).collect();
        for entry in planned.iter().filter(|entry| !matches!(entry.make, Make::Folder | Make::Nothing(_))) {
            for part in entry.path.split('/') {
                proptest::prop_assert!(!part.is_empty() && part != "." && part != ".." && part.len() < 256);
            }
            proptest::prop_assert!(made.insert(key(&entry.path), false).is_none(), "{} twice", entry.path);
        }
    }
}
