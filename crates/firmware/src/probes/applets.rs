//! The applets that a multi-call program was built with.
//!
//! Finds: the names of BusyBox's applets in its own table (`applet-table`), and of BusyBox's and Toybox's by the links to
//! them (`links`). A vulnerability in an applet that is not in the list is not in the program.
//! How: BusyBox keeps its applets' names as texts behind one another in ascending order, each ended by a zero byte; in a
//! file with its banner, the longest such run that names common applets is the table. Links that lead to a file called
//! `busybox` or `toybox` bear the names of applets.
//! When it is wrong: links to applets that were left out of the program; a name that another text before or behind the
//! table would continue in order.
//! What it misses: BusyBox with a single applet, Toybox's table, applets that are called as `busybox NAME` and have no
//! link where the table is not found.
//! Source: BusyBox applets/applet_tables.c, include/applets.src.h; Toybox main.c.

use crate::marks::Mark;
use crate::probe::{Description, File, Findings, Probe, Tree};
use banbury_evidence::{Claim, CodeInfo, Grade, ObjectKind};
use std::collections::{BTreeMap, BTreeSet};

/// The applets of multi-call programs.
pub struct Applets;

static APPLETS: CodeInfo = CodeInfo {
    code: "busybox.applets",
    title: "The applets of a multi-call program",
    grade: Grade::Info,
    meaning: "The program was built with these applets. Vulnerabilities of applets that the table does not name are \
              not in it; a list by links names at least these.",
    remedy: "Leave out applets that the equipment does not need; hold vulnerabilities of the program against the list.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "applets",
    version: "1",
    finds: "the applets of BusyBox by its own table, and those of BusyBox and Toybox by the links to them",
    how: "the longest run of names in ascending order, each ended by a zero byte, in a file with BusyBox's banner; links that lead to busybox or toybox",
    wrong: "a link to an applet that the program was built without; a text beside the table that happens to continue its order",
    misses: &["BusyBox with fewer than five applets", "Toybox's own table", "links outside the file tree"],
    codes: &[APPLETS],
    source: "BusyBox applets/applet_tables.c, include/applets.src.h; Toybox main.c",
};

/// Names that nearly every build has; a run without two of them is another table.
const COMMON: &[&[u8]] = &[
    b"ash", b"cat", b"chmod", b"cp", b"echo", b"grep", b"init", b"kill", b"ls", b"mkdir", b"mount", b"mv",
    b"ps", b"rm", b"sed", b"sh", b"sleep", b"test",
];
/// Names that a table has, at least.
const FEWEST: usize = 5;
/// Bytes of the longest name.
const NAME: usize = 24;

impl Probe for Applets {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if file.elf().is_none() || file.marks(Mark::BusyBox).next().is_none() {
            return;
        }
        findings.looked_at(file.content.len());
        let Some((start, end, names)) = table(file.content) else { return };
        let title = format!("BusyBox has {} applets", names.len());
        let claim = Claim::observation(&APPLETS, file.subject(), title)
            .fact("program", "busybox")
            .fact("method", "applet-table")
            .fact("applets", names);
        findings.claim(claim.at(file.location.range(start as u64, (end - start) as u64)));
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let mut programs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (path, entry) in &tree.entries {
            if !matches!(entry.kind, ObjectKind::Symlink | ObjectKind::Hardlink) {
                continue;
            }
            let name = path.rsplit('/').next().unwrap_or(path);
            let target = entry.target.as_deref().unwrap_or_default();
            let called = target.rsplit('/').next().unwrap_or(target);
            let Some(program) = ["busybox", "toybox"].into_iter().find(|one| *one == called) else {
                continue;
            };
            if name != program && is_name(name.as_bytes()) {
                programs.entry(program).or_default().insert(name.to_owned());
            }
        }
        for (program, names) in programs {
            findings.looked_at(0);
            let title = format!("{} links to {program}", names.len());
            let claim = Claim::observation(&APPLETS, tree.location.subject(), title)
                .fact("program", program)
                .fact("method", "links")
                .fact("applets", names.into_iter().collect::<Vec<_>>());
            findings.claim(claim.at(tree.location.clone()));
        }
    }
}

fn is_name(text: &[u8]) -> bool {
    let part = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.+[".contains(byte);
    let start = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'[';
    text.len() <= NAME && text.first().is_some_and(start) && text.iter().all(part)
}

/// Ends a run of names: it is the best so far where it is the longest that can be the table.
fn end_run<'t>(run: &mut Vec<&'t [u8]>, best: &mut Vec<&'t [u8]>) {
    let common = run.iter().filter(|name| COMMON.contains(name)).count();
    if run.len() >= FEWEST && common >= 2 && run.len() > best.len() {
        std::mem::swap(best, run);
    }
    run.clear();
}

/// The applets' names with the start and end of the table in the file.
fn table(content: &[u8]) -> Option<(usize, usize, Vec<String>)> {
    let (mut best, mut run): (Vec<&[u8]>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    for text in content.split(|&byte| byte == 0) {
        let follows = run.last().is_none_or(|last| *last < text);
        if !is_name(text) || !follows {
            end_run(&mut run, &mut best);
        }
        if is_name(text) {
            run.push(text);
        }
    }
    end_run(&mut run, &mut best);
    let at = |text: &[u8]| (text.as_ptr() as usize).checked_sub(content.as_ptr() as usize);
    let (first, last) = (best.first()?, best.last()?);
    let names = best.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    Some((at(first)?, at(last)? + last.len(), names))
}

#[cfg(test)]
mod tests {
    use super::super::golden::{claims_of_file, claims_of_tree, tree_with_links};
    use super::*;
    use banbury_evidence::Value;
    use proptest::prelude::*;

    const HEAD: &[u8] = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x34\0\x20\0\0\0\x28\0\0\0\0\0";

    fn applets(texts: &[&str]) -> Vec<String> {
        let content = [HEAD, texts.join("\0").as_bytes(), b"\0"].concat();
        let claims = claims_of_file(&Applets, "bin/busybox", &content);
        claims
            .iter()
            .flat_map(|claim| match &claim.facts["applets"] {
                Value::List(names) => names.clone(),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_table_is_the_longest_run_in_order() {
        let texts = [
            "BusyBox v1.35.0 (x)",
            "aa",
            "b",
            "cat",
            "rm",
            "%s: not found",
            "[",
            "[[",
            "ash",
            "cat",
            "ls",
            "mount",
            "wget",
            "Usage",
            "ls",
            "sh",
        ];
        assert_eq!(applets(&texts), ["[", "[[", "ash", "cat", "ls", "mount", "wget"]);
    }

    #[test]
    fn another_table_is_none() {
        assert!(applets(&["ash", "cat", "ls", "mount", "wget"]).is_empty(), "without the banner");
        let months = ["BusyBox v1", "apr", "aug", "dec", "feb", "jan", "jul"];
        assert!(applets(&months).is_empty(), "no common applet in it");
        assert!(claims_of_file(&Applets, "doc", b"BusyBox v1.2\0ash\0cat\0ls\0mount\0wget\0").is_empty());
    }

    #[test]
    fn links_bear_the_names_of_applets() {
        let links = [
            ("bin/ls", "busybox"),
            ("bin/sh", "/bin/busybox"),
            ("sbin/ip", "../bin/toybox"),
            ("bin/x", "other"),
            ("bin/busybox", "/usr/bin/busybox"),
        ];
        let claims = claims_of_tree(&Applets, &tree_with_links(&[], &links));
        let found: Vec<_> = claims
            .iter()
            .map(|claim| (claim.facts["program"].to_text(), claim.facts["applets"].to_text()))
            .collect();
        assert_eq!(
            found,
            [("busybox".to_owned(), "ls, sh".to_owned()), ("toybox".to_owned(), "ip".to_owned())]
        );
    }

    proptest! {
        #[test]
        fn the_table_stands_where_it_is_said_to(texts in prop::collection::vec("[a-c%]{0,3}", 0..60)) {
            let content = [b"cat\0ls\0mount\0rm\0sh\0", texts.join("\0").as_bytes()].concat();
            let (start, end, names) = table(&content).unwrap();
            prop_assert_eq!(content[start..end].split(|byte| *byte == 0).count(), names.len());
            prop_assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
