//! Where a claim of a component stands, and how much its method's word counts.

use banbury_evidence::Claim;

/// Methods, the strongest first: what a package manager recorded, what a build recorded, what the software prints itself,
/// what its names and symbols tell.
const METHODS: &[&[&str]] = &[
    &["dpkg", "opkg", "apk", "rpm-sqlite", "rpm-ndb", "rpm-berkeley"],
    &["elf-package-note", "go-build-info", "rust-audit-data"],
    &[
        "kernel-banner",
        "version-string",
        "kernel-configuration",
        "debian-version",
        "os-release",
        "openwrt-release",
    ],
    &["libc-file-name", "elf-file-name", "elf-private-symbols"],
    &["kernel-modules-folder", "kernel-module"],
    &["libc-symbol-version", "elf-symbol-version", "libc-symbols", "elf-symbols"],
    &["dpkg-list", "opkg-list", "apk-list"],
];

/// How far down a method stands; one that the list does not name stands before the lists of files.
pub(super) fn rank(method: &str) -> u8 {
    let found = METHODS.iter().position(|methods| methods.contains(&method));
    u8::try_from(found.unwrap_or(METHODS.len() - 2)).unwrap_or(u8::MAX)
}

/// Whether the version is that of a distribution's package, with its revision.
pub(super) fn is_package(method: &str, note_type: Option<&str>) -> bool {
    rank(method) == 0
        || (method == "elf-package-note"
            && note_type.is_some_and(|kind| ["deb", "rpm", "apk"].contains(&kind)))
}

/// The place of a claim: versions that exclude each other there are a contradiction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) subject: String,
    /// What in the subject: a package of a database, a folder.
    within: String,
    /// The containers and entries on the way to it, from the exhibit inwards.
    way: Vec<String>,
}

impl Place {
    pub(super) fn of(claim: &Claim, method: &str, folder: Option<String>, package: Option<&str>) -> Self {
        let name = claim.text("name").unwrap_or_default();
        let within = match (method, package) {
            // RPM keeps several versions of a package beside each other, and a program several of a crate.
            (method, Some(version)) if method.starts_with("rpm-") => format!("{name} {version}"),
            ("rust-audit-data", _) => {
                format!("{name} {}", claim.text("version").unwrap_or_default())
            }
            (_, Some(_)) if rank(method) == 0 => name,
            _ => folder.unwrap_or_default(),
        };
        let mut way = Vec::new();
        if let Some(location) = claim.locations.first() {
            for step in &location.steps {
                way.push(format!("{}@{}", step.format, step.offset));
                way.extend(step.entry.clone());
            }
        }
        Self { subject: claim.subject.id.clone(), within, way }
    }

    /// How many containers and entries two places share.
    pub(super) fn near(&self, other: &Self) -> usize {
        self.way.iter().zip(&other.way).take_while(|(a, b)| a == b).count()
    }
}
