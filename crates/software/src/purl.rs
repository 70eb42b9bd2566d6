//! Package URLs, as far as a look-up needs them: type, namespace, name, version and qualifiers.
//!
//! Source: the purl specification (ECMA-427).

use crate::known::Distribution;
use std::collections::BTreeMap;

/// A package URL, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purl {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) qualifiers: BTreeMap<String, String>,
}

impl Purl {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix("pkg:")?.trim_start_matches('/');
        let rest = rest.split('#').next()?;
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        // The name may hold an encoded @ only; a scope's is before a slash.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !version.contains('/') => (path, Some(decode(version))),
            _ => (rest, None),
        };
        let (kind, path) = path.split_once('/')?;
        let (namespace, name) =
            path.trim_matches('/').rsplit_once('/').unwrap_or(("", path.trim_matches('/')));
        let qualifiers = qualifiers
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_lowercase(), decode(value)))
            .collect();
        let name = decode(name);
        (!name.is_empty() && !kind.is_empty()).then(|| Self {
            kind: kind.to_lowercase(),
            namespace: decode(namespace),
            name,
            version: version.filter(|version| !version.is_empty()),
            qualifiers,
        })
    }

    /// The distribution of a package of a distribution's type.
    pub(crate) fn distribution(&self) -> Option<Distribution> {
        if !matches!(self.kind.as_str(), "deb" | "apk" | "rpm" | "opkg") {
            return None;
        }
        let name = match (self.kind.as_str(), self.namespace.as_str()) {
            ("opkg", "") => "openwrt".to_owned(),
            (_, namespace) => namespace.to_lowercase(),
        };
        let release = self.qualifiers.get("distro").map(|distro| {
            distro.strip_prefix(&name).map_or(distro.as_str(), |rest| rest.trim_start_matches('-')).to_owned()
        });
        // The source package, with its version where it is another: upstream=openssl@3.0.11-1
        let upstream = self.qualifiers.get("upstream").map(String::as_str);
        let (source, source_version) = match upstream.map(|text| text.split_once('@').unwrap_or((text, ""))) {
            Some((source, "")) => (source.to_owned(), self.full_version()),
            Some((source, version)) => (source.to_owned(), Some(version.to_owned())),
            None => (self.name.clone(), self.full_version()),
        };
        Some(Distribution {
            name,
            release: release.filter(|release| !release.is_empty()),
            source,
            source_version,
        })
    }

    /// The distribution by the qualifier alone (`distro=openwrt-22.03.5`), for packages whose type names none.
    pub(crate) fn system(&self) -> Option<Distribution> {
        let distro = self.qualifiers.get("distro")?;
        let (name, release) = distro.rsplit_once('-').unwrap_or((distro, ""));
        Some(Distribution {
            name: name.to_lowercase(),
            release: Some(release.to_owned()).filter(|release| !release.is_empty()),
            source: self.name.clone(),
            source_version: self.full_version(),
        })
    }

    /// The package's name as its ecosystem writes it.
    pub(crate) fn package(&self) -> String {
        match (self.namespace.as_str(), self.kind.as_str()) {
            ("", _) => self.name.clone(),
            (namespace, "maven") => format!("{namespace}:{}", self.name),
            (namespace, _) => format!("{namespace}/{}", self.name),
        }
    }

    /// Upstream's version: without what a distribution puts before and behind it.
    pub(crate) fn upstream_version(&self) -> Option<String> {
        let version = self.version.as_deref()?;
        let bare = match self.kind.as_str() {
            "deb" | "opkg" | "rpm" => upstream(version, false),
            "apk" => upstream(version, true),
            _ => version,
        };
        Some(bare.to_owned())
    }

    fn full_version(&self) -> Option<String> {
        let version = self.version.as_deref()?;
        Some(match self.qualifiers.get("epoch") {
            Some(epoch) if !version.contains(':') => format!("{epoch}:{version}"),
            _ => version.to_owned(),
        })
    }
}

/// Upstream's version in that of a package: without epoch, revision, and the mark of a repacked archive.
pub(crate) fn upstream(version: &str, apk: bool) -> &str {
    if apk {
        return version.rsplit_once("-r").map_or(version, |(upstream, _)| upstream);
    }
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    let version = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    let marks = ["+dfsg", "~dfsg", ".dfsg", "-dfsg", "+ds", "~ds", "+repack", "~repack"];
    let end = marks.iter().filter_map(|mark| version.find(mark)).min().unwrap_or(version.len());
    version.get(..end).filter(|upstream| !upstream.is_empty()).unwrap_or(version)
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, decoded) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purl_gives_distribution_and_upstream_version() {
        let purl = Purl::parse(
            "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=armhf&distro=debian-12&upstream=openssl",
        )
        .unwrap();
        assert_eq!(purl.upstream_version().as_deref(), Some("3.0.11"));
        let distribution = purl.distribution().unwrap();
        assert_eq!((distribution.name.as_str(), distribution.source.as_str()), ("debian", "openssl"));
        assert_eq!(distribution.release.as_deref(), Some("12"));
        assert_eq!(distribution.source_version.as_deref(), Some("3.0.11-1~deb12u2"));
        let rpm = Purl::parse("pkg:rpm/redhat/openssl-libs@1.0.2k-16.el7?epoch=1").unwrap();
        assert_eq!(rpm.distribution().unwrap().source_version.as_deref(), Some("1:1.0.2k-16.el7"));
        assert_eq!(rpm.upstream_version().as_deref(), Some("1.0.2k"));
        let scoped = Purl::parse("pkg:npm/%40angular/core@12.3.1").unwrap();
        assert_eq!((scoped.package().as_str(), scoped.version.as_deref()), ("@angular/core", Some("12.3.1")));
        assert_eq!(Purl::parse("pkg:golang/github.com/a/b@v1.2.3").unwrap().package(), "github.com/a/b");
        assert_eq!(Purl::parse("openssl"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_a_panic(text in "\\PC{0,40}") {
            if let Some(purl) = Purl::parse(&format!("pkg:deb/{text}")) {
                let _ = (purl.distribution(), purl.upstream_version(), purl.package());
            }
        }
    }
}
