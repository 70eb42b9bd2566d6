//! `banbury unpack`: what is in an image comes out as it is, under names that stay inside, whole or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use banbury_evidence::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{banbury, command, cpio, root, stderr, stdout};

fn unpack(image: &Path, target: &Path, more: &[&str]) -> Output {
    command().arg("unpack").arg(image).arg(target).args(more).output().unwrap()
}

/// Bytes as an image in a scratch folder, and a place to unpack it to.
fn scratch(bytes: &[u8]) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (image, target) = (folder.path().join("image.bin"), folder.path().join("out"));
    std::fs::write(&image, bytes).unwrap();
    (folder, image, target)
}

fn manifest(target: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(target.join("banbury-unpack.json")).unwrap()).unwrap()
}

/// Every path beneath a folder with its hash, where it has bytes; links are not followed.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<String>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            let hash = kind.is_file().then(|| Digest::of(&std::fs::read(&path).unwrap()).to_string());
            if kind.is_dir() {
                open.push(path.clone());
            }
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), hash);
        }
    }
    found
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// An archive of `count` files of `size` bytes, all different.
fn many(count: u32, size: usize) -> Vec<u8> {
    let files: Vec<(Vec<u8>, Vec<u8>)> = (0..count)
        .map(|n| {
            (format!("d{}/f{n:05}", n % 50).into_bytes(), format!("{n:07}\n").repeat(size / 8).into_bytes())
        })
        .collect();
    let entries: Vec<(&[u8], u32, &[u8])> =
        files.iter().map(|(name, content)| (name.as_slice(), 0o100_644, content.as_slice())).collect();
    cpio(&entries)
}

/// A tar entry (ustar): name, type, link name, content.
type Member<'a> = (&'a [u8], u8, &'a [u8], &'a [u8]);

fn tar(members: &[Member<'_>]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, kind, link, content) in members {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name);
        header[100..108].copy_from_slice(b"0000644\0");
        header[108..116].copy_from_slice(b"0000000\0");
        header[116..124].copy_from_slice(b"0000000\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        header[136..148].copy_from_slice(b"07346545000\0");
        header[156] = *kind;
        header[157..157 + link.len()].copy_from_slice(link);
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// The corpus holds beside each input what the source tree of its generator was, hash by hash.
#[test]
fn what_comes_out_of_the_corpus_is_the_source_tree() {
    let (mut compared, mut unrecognised, mut lost) = (0, Vec::new(), Vec::new());
    for format in banbury_formats::FORMATS {
        let format = format.describe().name;
        let folder = root().join("corpus/formats").join(format);
        for input in names_in(&folder) {
            let Ok(expected) = std::fs::read_to_string(folder.join(format!("{input}.expected.txt"))) else {
                continue;
            };
            let scratch = tempfile::tempdir().unwrap();
            let target = scratch.path().join("out");
            let output = unpack(&folder.join(&input), &target, &["--streams"]);
            // A member that is dense in no known format leaves the account inconclusive.
            assert!([0, 3].contains(&output.status.code().unwrap()), "{input}: {}", stderr(&output));
            let tree = tree(&target);
            let manifest = manifest(&target);
            let objects = manifest["objects"].as_array().unwrap();
            if objects[0]["format"] != format {
                unrecognised.push(format!("{format}/{input}"));
                continue;
            }
            for line in expected.lines() {
                let fields: Vec<&str> = line.split(' ').collect();
                let (kind, mode, hash) = (fields[0], fields[1], fields[fields.len() - 1]);
                if !["file", "stream"].contains(&kind) {
                    continue;
                }
                compared += 1;
                let here: Vec<&Path> = objects
                    .iter()
                    .filter(|object| object["sha256"] == hash && object["kind"] == kind)
                    .filter_map(|object| object["path"].as_str().map(Path::new))
                    .collect();
                if here.is_empty() {
                    lost.push(format!("{format}/{input}: {line}"));
                }
                for path in &here {
                    assert_eq!(tree.get(*path), Some(&Some(hash.to_owned())), "{format}/{input}: {path:?}");
                }
                let stored = fields[4];
                if kind == "file" && stored.len() < 200 && !stored.contains('\\') && !stored.starts_with('/')
                {
                    let path = format!("00000000.{format}/{stored}");
                    if input.starts_with("gzip") || tree.contains_key(Path::new(&path)) {
                        let metadata = target.join(&path).symlink_metadata().unwrap();
                        let mode = u32::from_str_radix(mode, 8).unwrap_or(0o644);
                        assert_eq!(metadata.mode() & 0o7000, 0, "{path}");
                        assert_eq!(metadata.mode() & 0o100, mode & 0o100, "{path}");
                        assert_eq!(tree[Path::new(&path)].as_deref(), Some(hash), "{format}/{input}: {path}");
                    }
                }
            }
            // Every file that was written is in the manifest, and nothing else is there.
            let listed: BTreeSet<&str> = objects
                .iter()
                .chain(manifest["parts"].as_array().unwrap())
                .filter_map(|object| object["path"].as_str())
                .collect();
            for (path, _) in
                tree.iter().filter(|(path, hash)| hash.is_some() && !path.ends_with("banbury-unpack.json"))
            {
                assert!(listed.contains(path.to_str().unwrap()), "{format}/{input}: {path:?}");
            }
        }
    }
    assert!(compared > 100, "{compared}");
    // What has no magic that formats are found by: a tar of the seventh edition, LZMA with rare properties.
    unrecognised.retain(|input| !["tar/v7.tar", "lzma/properties-d8.lzma"].contains(&input.as_str()));
    assert_eq!(unrecognised, Vec::<String>::new());
    assert_eq!(lost, Vec::<String>::new(), "files of the source trees that did not come out");
}

#[test]
fn the_manifest_fits_its_schema_and_names_what_is_not_made() {
    let image = root().join("corpus/formats/squashfs/gzip.squashfs");
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("out");
    let output = unpack(&image, &target, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let document = manifest(&target);
    let schema = std::fs::read_to_string(root().join("schemas/unpack.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    let object = |name: &str| {
        let objects = document["objects"].as_array().unwrap();
        objects.iter().find(|object| object["steps"][0]["entry"] == name).unwrap().clone()
    };
    assert!(object("dev/console")["reason"].as_str().unwrap().contains("device"));
    assert!(object("etc/out")["reason"].as_str().unwrap().contains("out of its tree"));
    assert!(object("dev/console")["path"].is_null());
    assert_eq!(object("bin/link")["link"], "../etc/motd");
    // A set-user-ID bit is on record and not on the file.
    assert_eq!(object("bin/noise")["mode"], "4755");
    let noise = target.join("00000000.squashfs/bin/noise").metadata().unwrap();
    assert_eq!((noise.mode() & 0o7777 & !0o022, noise.mtime()), (0o755, 1_000_000_000));
    assert_eq!(target.join("00000000.squashfs/bin").metadata().unwrap().mtime(), 1_000_000_000);
    assert_eq!(
        std::fs::read_link(target.join("00000000.squashfs/bin/link")).unwrap(),
        Path::new("../etc/motd")
    );
    let linked = |name: &str| target.join("00000000.squashfs/etc").join(name).metadata().unwrap().ino();
    assert_eq!(linked("issue"), linked("motd"), "a hard link is one");
}

#[test]
fn a_listing_names_what_an_unpacking_writes_and_writes_nothing() {
    let image = root().join("corpus/formats/squashfs/gzip.squashfs");
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("out");
    let listed =
        command().current_dir(scratch.path()).arg("unpack").arg(&image).arg("--list").output().unwrap();
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
    assert_eq!(names_in(scratch.path()), Vec::<String>::new());
    let json = command().arg("unpack").arg(&image).args(["--list", "-o", "json=-"]).output().unwrap();
    assert_eq!(unpack(&image, &target, &[]).status.code(), Some(0));
    let (mut written, mut would) =
        (manifest(&target), serde_json::from_slice::<serde_json::Value>(&json.stdout).unwrap());
    // The two children are confined differently: the one that lists cannot write.
    written["confinement"].take();
    would["confinement"].take();
    assert_eq!(written, would);
    let listing = stdout(&listed);
    for path in tree(&target).keys().filter(|path| !path.ends_with("banbury-unpack.json")) {
        let path = path.to_str().unwrap();
        let held = listing.lines().any(|line| line.contains(path));
        assert!(held, "{path} is not in the listing");
    }
}

#[test]
fn names_and_links_that_climb_stay_inside() {
    let outside = tempfile::tempdir().unwrap();
    let canary = outside.path().join("canary");
    let absolute = canary.to_str().unwrap().as_bytes();
    let folder = outside.path().to_str().unwrap().as_bytes();
    let long = vec![b'n'; 4096];
    let archive = cpio(&[
        (b"../../../../../../../../../../../../tmp/banbury-unpack-test", 0o100_644, b"x"),
        (absolute, 0o100_644, b"x"),
        (b"out", 0o120_777, folder),
        (b"out/canary", 0o100_644, b"through the link"),
        (b"up", 0o120_777, b"../../.."),
        (b"up/canary", 0o100_644, b"x"),
        (b"a", 0o100_644, b"a file"),
        (b"a/b", 0o100_644, b"in a folder of its name"),
        (b"same", 0o100_644, b"first"),
        (b"same", 0o100_644, b"second"),
        (b"s", 0o040_755, b""),
        (b"s/l", 0o120_777, b".."),
        (b"escape", 0o120_777, b"s/l/../../.."),
        (b"shell", 0o120_777, b"/bin/sh"),
        (b"dev/mem", 0o020_600, b""),
        (&long, 0o100_644, b"long"),
        (b"caf\xe9\n", 0o100_644, b"x"),
        (b"x.unpacked", 0o040_755, b""),
        (b"README", 0o100_644, b"x"),
        (b"readme", 0o100_644, b"y"),
    ]);
    let (scratch, image, target) = scratch(&archive);
    let output = unpack(&image, &target, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!canary.exists() && !Path::new("/tmp/banbury-unpack-test").exists());
    assert_eq!(names_in(scratch.path()), ["image.bin", "out"]);
    assert_eq!(names_in(outside.path()), Vec::<String>::new());
    stays_inside(&target);
    let read = |path: &str| std::fs::read_to_string(target.join("00000000.cpio").join(path)).unwrap();
    assert_eq!((read("a~1"), read("a/b")), ("a file".into(), "in a folder of its name".into()));
    assert_eq!((read("same~1"), read("same")), ("first".into(), "second".into()));
    assert_eq!(
        (read("out/canary"), read("README"), read("readme")),
        ("through the link".into(), "x".into(), "y".into())
    );
    assert_eq!(std::fs::read_link(target.join("00000000.cpio/shell")).unwrap(), Path::new("bin/sh"));
    for gone in ["up~1", "escape", "dev/mem"] {
        assert!(target.join("00000000.cpio").join(gone).symlink_metadata().is_err(), "{gone}");
    }
}

#[test]
fn hard_links_reach_nothing_outside() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    let secret = secret.to_str().unwrap().as_bytes();
    let folder = outside.path().to_str().unwrap().as_bytes();
    let archive = tar(&[
        (b"link", b'2', folder, b""),
        (b"through", b'1', b"link/secret", b""),
        (b"direct", b'1', secret, b""),
        (b"relative", b'1', b"../../../../etc/passwd", b""),
        (b"of-a-link", b'1', b"link", b""),
        (b"file", b'0', b"", b"content"),
        (b"good", b'1', b"file", b""),
        (b"self", b'1', b"self", b""),
    ]);
    let (_scratch, image, target) = scratch(&archive);
    let output = unpack(&image, &target, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stays_inside(&target);
    let place = target.join("00000000.tar");
    assert_eq!(std::fs::read_to_string(place.join("good")).unwrap(), "content");
    // An absolute target counts from the root of the tree, where there is no such folder.
    assert_eq!(names_in(&place), ["file", "good", "link", "of-a-link"]);
    assert_eq!(std::fs::metadata(outside.path().join("secret")).unwrap().nlink(), 1);
}

#[test]
fn more_names_than_a_file_may_have_cost_only_those() {
    let names: Vec<String> = (0..66_000).map(|number| format!("l{number}")).collect();
    let mut members: Vec<Member<'_>> = vec![(b"file", b'0', b"", b"content"), (b"other", b'0', b"", b"more")];
    members.extend(names.iter().map(|name| (name.as_bytes(), b'1', &b"file"[..], &b""[..])));
    let (_scratch, image, target) = scratch(&tar(&members));
    let output = unpack(&image, &target, &[]);
    let place = target.join("00000000.tar");
    let links = std::fs::metadata(place.join("file")).unwrap().nlink();
    assert_eq!(std::fs::read_to_string(place.join("other")).unwrap(), "more");
    assert_eq!(names_in(&place).len() as u64, links + 1);
    let objects = manifest(&target)["objects"].as_array().unwrap().clone();
    let untold =
        objects.iter().filter(|object| object["reason"] == banbury_firmware::folder::NAMES_FULL).count();
    assert_eq!(links - 1 + untold as u64, names.len() as u64);
    // How many a file may have is up to the file system.
    assert_eq!(output.status.code(), Some(if untold > 0 { 3 } else { 0 }), "{}", stderr(&output));
}

#[test]
fn another_name_for_a_link_is_a_link() {
    let archive = tar(&[
        (b"a/b/c/s", b'2', b"../../..", b""),
        (b"a/b/c/h", b'1', b"a/b/c/s", b""),
        (b"a/b/c/g", b'1', b"a/b/c/h", b""),
        (b"one-up", b'2', b"a/b/c/h/..", b""),
        (b"two-up", b'2', b"a/b/c/h/../..", b""),
        (b"two-up-again", b'2', b"a/b/c/g/../..", b""),
        (b"inside", b'2', b"a/b/c/h/a/b", b""),
    ]);
    let (_scratch, image, target) = scratch(&archive);
    let output = unpack(&image, &target, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stays_inside(&target);
    assert_eq!(names_in(&target.join("00000000.tar")), ["a", "inside"]);
    assert!(target.join("00000000.tar/inside/c").is_dir());
}

/// No link leads out of the folder, wherever it leads through.
fn stays_inside(target: &Path) {
    let target = target.canonicalize().unwrap();
    for (path, hash) in tree(&target) {
        let path = target.join(path);
        let kind = path.symlink_metadata().unwrap().file_type();
        assert!(kind.is_file() || kind.is_dir() || kind.is_symlink(), "{path:?}");
        assert_eq!(kind.is_file(), hash.is_some());
        if kind.is_symlink() {
            let link = std::fs::read_link(&path).unwrap();
            assert!(link.is_relative(), "{path:?} -> {link:?}");
            if let Ok(resolved) = path.canonicalize() {
                assert!(resolved.starts_with(&target), "{path:?} -> {link:?} is {resolved:?}");
            }
        }
    }
}

#[test]
fn a_folder_that_is_taken_is_left_as_it_is() {
    let (scratch, image, target) = scratch(&cpio(&[(b"f", 0o100_644, b"x")]));
    std::fs::create_dir(&target).unwrap();
    assert_eq!(unpack(&image, &target, &[]).status.code(), Some(0), "an empty folder is taken over");
    let before = tree(&target);
    let output = unpack(&image, &target, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("out: there is something already"), "{}", stderr(&output));
    assert_eq!(tree(&target), before);
    let output = unpack(&image, &image, &[]);
    assert_eq!(output.status.code(), Some(2), "a file is in the way");
    let output = unpack(&image, &scratch.path().join("no/such/out"), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("no/such") && stderr(&output).contains("make that first"),
        "{}",
        stderr(&output)
    );
    assert_eq!(names_in(scratch.path()), ["image.bin", "out"]);
    assert_eq!(banbury(&["unpack", "no-such-image", "out"]).status.code(), Some(2));
    assert!(!Path::new("out").exists());
    assert_eq!(banbury(&["unpack", "image"]).status.code(), Some(2), "neither a folder nor --list");
}

/// A small file system of its own; only root may mount one.
struct Mounted(PathBuf);

impl Mounted {
    fn new(at: PathBuf, options: &str) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(at));
        }
        eprintln!("NOT TESTED: a file system cannot be mounted here (not root?): {options}");
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        assert!(Command::new("umount").arg(&self.0).status().unwrap().success());
    }
}

#[test]
fn a_full_disk_leaves_nothing_and_is_told() {
    let (scratch, image, _) = scratch(&many(500, 4096));
    let Some(mounted) = Mounted::new(scratch.path().join("small"), "size=512k") else { return };
    let target = mounted.0.join("out");
    let output = unpack(&image, &target, &[]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    for part in ["out/00000000.cpio/d", "No space left on device", "make room"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert_eq!(names_in(&mounted.0), Vec::<String>::new());
    // Where it is mounted a folder cannot be put in place in one step.
    let output = unpack(&image, &mounted.0, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("mounted there"), "{}", stderr(&output));
}

#[test]
fn a_read_only_folder_is_told() {
    let (scratch, image, _) = scratch(&many(5, 16));
    let read_only = scratch.path().join("read-only");
    let mounted = Mounted::new(read_only.clone(), "ro,size=64k");
    if mounted.is_none() {
        std::fs::set_permissions(&read_only, std::fs::Permissions::from_mode(0o555)).unwrap();
    }
    let output = unpack(&image, &read_only.join("out"), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("where you may write"), "{}", stderr(&output));
    assert_eq!(names_in(&read_only), Vec::<String>::new());
    drop(mounted);
}

#[test]
fn what_goes_past_a_limit_is_not_there_and_said() {
    let (_scratch, image, target) = scratch(&many(40, 128 << 10));
    let output = unpack(&image, &target, &["--max-total", "2"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("would go past"), "{}", stdout(&output));
    let files = tree(&target);
    let files: Vec<&PathBuf> =
        files.iter().filter(|(_, hash)| hash.is_some()).map(|(path, _)| path).collect();
    let manifest = manifest(&target);
    let written = manifest["objects"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|object| object["path"].is_string() && object["kind"] == "file")
        .count();
    assert_eq!((written, files.len()), (16, 17), "16 files of 128 KiB, and the manifest");
    assert!(manifest["claims"].as_array().unwrap().iter().any(|claim| claim["code"] == "unpack.limit"));
}

/// A stream past the limit costs itself alone: what was never written need not be taken back.
#[test]
fn a_stream_past_a_limit_takes_nothing_with_it() {
    let bomb = gzip(&vec![0; 3 << 20]);
    let archive = tar(&[
        (b"before", b'0', b"", b"one"),
        (b"bomb.gz", b'0', b"", &bomb),
        (b"behind", b'0', b"", b"two"),
    ]);
    let (_scratch, image, target) = scratch(&archive);
    let output = unpack(&image, &target, &["--max-total", "2"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let place = target.join("00000000.tar");
    assert_eq!(std::fs::read_to_string(place.join("before")).unwrap(), "one");
    assert_eq!(std::fs::read_to_string(place.join("behind")).unwrap(), "two");
    assert_eq!(std::fs::read(place.join("bomb.gz")).unwrap(), bomb);
    let said = manifest(&target);
    let limit = said["claims"].as_array().unwrap().iter().find(|claim| claim["code"] == "unpack.limit");
    assert!(limit.is_some(), "{}", said["claims"]);
}

/// How often an unpacking is killed.
const KILLS: u32 = 20;

#[test]
fn a_killed_unpacking_leaves_nothing_under_its_name() {
    let (scratch, image, target) = scratch(&many(1500, 4096));
    let start = Instant::now();
    assert_eq!(unpack(&image, &target, &[]).status.code(), Some(0));
    let whole = start.elapsed();
    let expected = tree(&target).len();
    std::fs::remove_dir_all(&target).unwrap();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let (mut killed, mut left_over) = (0, false);
    for _ in 0..4 * KILLS {
        if killed == KILLS {
            break;
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (state >> 40) as f64 / (1u64 << 24) as f64;
        let mut child = command()
            .arg("unpack")
            .arg(&image)
            .arg(&target)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole.mul_f64(share));
        // It may have come to its end already; then there is nothing to kill, and the round does not count.
        let _ = child.kill();
        let status = child.wait().unwrap();
        if std::os::unix::process::ExitStatusExt::signal(&status) == Some(9) {
            killed += 1;
        } else {
            assert!(status.success());
        }
        if target.exists() {
            assert_eq!(tree(&target).len(), expected, "what has its name is whole");
            std::fs::remove_dir_all(&target).unwrap();
        }
        left_over |= names_in(scratch.path()).iter().any(|name| name.contains("unfinished"));
        clear(scratch.path());
    }
    assert_eq!(killed, KILLS, "so many kills hit a running unpacking");
    assert!(left_over, "some of them in the midst of writing");
}

/// Removes what killed processes left; the confined child ends with its parent, a moment later.
fn clear(folder: &Path) {
    let end = Instant::now() + Duration::from_secs(10);
    for name in names_in(folder).iter().filter(|name| name.contains("unfinished")) {
        while std::fs::remove_dir_all(folder.join(name)).is_err() && folder.join(name).exists() {
            assert!(Instant::now() < end, "a child goes on writing");
        }
    }
}

#[test]
fn an_unpacking_that_is_asked_to_stop_cleans_up() {
    let (scratch, image, target) = scratch(&many(4000, 4096));
    for signal in ["-TERM", "-INT"] {
        let child = command()
            .arg("unpack")
            .arg(&image)
            .arg(&target)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while !names_in(scratch.path()).iter().any(|name| name.contains("unfinished")) {
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{signal}: {}", stderr(&output));
        assert!(stderr(&output).contains("stopped, as asked"), "{}", stderr(&output));
        assert_eq!(names_in(scratch.path()), ["image.bin"], "{signal}");
    }
}

#[test]
fn a_left_over_folder_is_named() {
    let (scratch, image, target) = scratch(&cpio(&[(b"f", 0o100_644, b"x")]));
    // No process has this number: Linux gives out 4,194,304 at most.
    let left = scratch.path().join(".out.banbury-unfinished-4194305");
    std::fs::create_dir(&left).unwrap();
    let output = unpack(&image, &target, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("unfinished-4194305"), "{}", stderr(&output));
    assert!(left.exists());
}

#[test]
fn twenty_unpackings_under_load_are_the_same() {
    let image = root().join("corpus/formats/squashfs/gzip.squashfs");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut count = 0u64;
                while !done.load(Ordering::Relaxed) {
                    count = std::hint::black_box(count.wrapping_add(1));
                }
            });
        }
        let _ends = Ends(&done);
        let mut first = None;
        for _ in 0..20 {
            let scratch = tempfile::tempdir().unwrap();
            let target = scratch.path().join("out");
            assert_eq!(unpack(&image, &target, &[]).status.code(), Some(0));
            // All hashes, the manifest's among them.
            let tree = tree(&target);
            assert_eq!(first.get_or_insert_with(|| tree.clone()), &tree);
        }
    });
}

/// Ends the load, also when the test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
