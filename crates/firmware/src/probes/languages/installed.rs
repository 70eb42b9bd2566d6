//! Packages by the metadata files that package managers leave where they install them.

use super::{Package, WORD, claim_all};
use crate::probe::{File, Findings};
use crate::probes::text::{Line, lines};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// Bytes at the start of a file in which its name and version have to stand.
const HEAD: usize = 64 << 10;
/// Bytes of a list of installed packages that are read.
const LIST: usize = 32 << 20;

/// Claims the packages that a metadata file stands for.
pub(super) fn read(file: &File<'_>, findings: &mut Findings) {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", file.path));
    let folder_name = folder.rsplit('/').next().unwrap_or_default();
    let python = match name {
        "METADATA" => folder_name.ends_with(".dist-info"),
        "PKG-INFO" => folder_name.ends_with(".egg-info") || folder_name == "EGG-INFO",
        _ => name.ends_with(".egg-info"),
    };
    if python {
        headers(file, findings);
    } else if name.ends_with(".pm") && !is_perls_own(folder) {
        perl(file, findings);
    } else if name.ends_with(".rockspec") {
        assigned(file, "package", "version", "luarocks", "lua-rockspec", findings);
    } else if name.ends_with(".gemspec")
        && (folder_name == "specifications" || folder.ends_with("specifications/default"))
    {
        assigned(file, "s.name", "s.version", "gem", "ruby-gemspec", findings);
    } else if name == "package.json" {
        node(file, findings);
    } else if name == "installed.json" && folder_name == "composer" {
        composer(file, findings);
    }
}

fn head<'c>(file: &File<'c>) -> &'c [u8] {
    file.content.get(..HEAD).unwrap_or(file.content)
}

/// A text that is short enough to be a name or a version.
fn text(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.trim_ascii();
    std::str::from_utf8(bytes).ok().filter(|text| text.len() <= WORD)
}

/// A package whose name and version stand in lines of their own.
fn claim_lines(file: &File<'_>, package: Package<'_>, line: &Line<'_>, findings: &mut Findings) {
    findings.looked_at(file.content.len());
    let place = file.location.line(line.number, line.offset);
    claim_all(file, std::iter::once((package, place)), findings);
}

/// Python: `Name: x` and `Version: 1` before the first empty line.
fn headers(file: &File<'_>, findings: &mut Findings) {
    let (mut name, mut version) = (None, None);
    for line in lines(head(file)).take_while(|line| !line.bytes.is_empty()) {
        if let Some(value) = line.bytes.strip_prefix(b"Name:") {
            name = name.or(text(value));
        } else if let Some(value) = line.bytes.strip_prefix(b"Version:") {
            version = version.or(text(value).map(|text| (text, line)));
        }
    }
    if let (Some(name), Some((version, line))) = (name, version) {
        let package = Package { kind: "pypi", name, version, method: "python-metadata" };
        claim_lines(file, package, &line, findings);
    }
}

/// Whether a folder is of the library that Perl itself brings (`perl/5.36`, `perl5/5.28.1`, Debian's `perl-base`): what is there
/// is known by Perl's version. Modules that were added have folders of their own.
fn is_perls_own(folder: &str) -> bool {
    let mut before = "";
    let mut own = false;
    for part in folder.split('/') {
        if part == "site_perl" || part == "vendor_perl" {
            return false;
        }
        let versioned = part.strip_prefix("5.").is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        });
        own |= part == "perl-base" || (versioned && matches!(before, "perl" | "perl5"));
        before = part;
    }
    own
}

/// Perl: the module that the file's path names, and the version that it gives itself.
fn perl(file: &File<'_>, findings: &mut Findings) {
    static PACKAGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^\s*package\s+(?<name>[A-Za-z_][A-Za-z0-9_:]*)(?:\s+(?<version>v?[0-9][0-9._]*))?\s*[;{]",
        )
        .ok()
    });
    static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let pattern = r#"^\s*(?:our\s+|use\s+vars[^;]*;\s*)?(?:\(\s*)?\$(?:[A-Za-z_:]+::)?VERSION(?:\s*\))?\s*=\s*["']?(?<version>v?[0-9][0-9._]*)["']?\s*;"#;
        Regex::new(pattern).ok()
    });
    let (Some(package), Some(assigned)) = (PACKAGE.as_ref(), VERSION.as_ref()) else { return };
    let mut name = None;
    for line in lines(head(file)) {
        if line.bytes == b"__END__" || line.bytes == b"__DATA__" {
            return;
        }
        if line.bytes.len() > 400 {
            continue;
        }
        let mut version = None;
        if name.is_none()
            && let Some(found) = package.captures(line.bytes)
        {
            name = found.name("name").and_then(|name| text(name.as_bytes()));
            version = found.name("version");
        } else if let Some(found) = assigned.captures(line.bytes) {
            version = found.name("version");
        }
        let (Some(name), Some(version)) = (name, version) else { continue };
        let module = format!("/{}.pm", name.replace("::", "/"));
        let (Some(version), true) = (text(version.as_bytes()), format!("/{}", file.path).ends_with(&module))
        else {
            return;
        };
        let package = Package { kind: "cpan", name, version, method: "perl-module" };
        return claim_lines(file, package, &line, findings);
    }
}

/// Lua and Ruby: two assignments of plain texts.
fn assigned(
    file: &File<'_>,
    name: &str,
    version: &str,
    kind: &'static str,
    method: &'static str,
    findings: &mut Findings,
) {
    let value = |line: &Line<'_>, key: &str| -> Option<String> {
        let rest = line.bytes.trim_ascii_start().strip_prefix(key.as_bytes())?.trim_ascii_start();
        let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
        let (&quote, rest) = rest.split_first()?;
        let end = rest.iter().position(|&byte| byte == quote)?;
        let plain = matches!(quote, b'"' | b'\'');
        rest.get(..end).filter(|_| plain).and_then(text).map(str::to_owned)
    };
    let (mut named, mut versioned) = (None, None);
    for line in lines(head(file)) {
        named = named.or_else(|| value(&line, name));
        versioned = versioned.or_else(|| value(&line, version).map(|version| (version, line)));
        if let (Some(name), Some((version, line))) = (&named, &versioned) {
            return claim_lines(file, Package { kind, name, version, method }, line, findings);
        }
    }
}

/// Node: a package in `node_modules`, or one that npm wrote its own field into.
fn node(file: &File<'_>, findings: &mut Findings) {
    let folder = file.path.strip_suffix("/package.json").unwrap_or_default();
    let installed = folder.rsplit_once("node_modules/").map(|(_, name)| name);
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(file.content) else { return };
    let field = |name: &str| json.get(name).and_then(serde_json::Value::as_str);
    let (Some(name), Some(version)) = (field("name"), field("version")) else { return };
    let own = field("_id").is_some_and(|id| id == format!("{name}@{version}"));
    if installed != Some(name) && !own {
        return;
    }
    findings.looked_at(file.content.len());
    let package = Package { kind: "npm", name, version, method: "node-package" };
    let whole = file.location.range(0, file.content.len() as u64);
    claim_all(file, std::iter::once((package, whole)), findings);
}

/// PHP: the list of what Composer installed, in both of its forms.
fn composer(file: &File<'_>, findings: &mut Findings) {
    findings.looked_at(file.content.len());
    let json = file.content.get(..LIST).unwrap_or(file.content);
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(json) else {
        findings.skip(file.location.to_string(), "the list of Composer's packages cannot be read");
        return;
    };
    let list = json.get("packages").unwrap_or(&json).as_array();
    let whole = file.location.range(0, file.content.len() as u64);
    let packages = list.into_iter().flatten().filter_map(|one| {
        let field = |name: &str| one.get(name).and_then(serde_json::Value::as_str);
        let (name, version) = (field("name")?, field("version")?);
        let version = version.strip_prefix('v').unwrap_or(version);
        Some((Package { kind: "composer", name, version, method: "php-composer" }, whole.clone()))
    });
    claim_all(file, packages, findings);
}
