//! Package URLs, as far as a name and a version go. Source: the purl specification (ECMA-427).

/// The name and version in a package URL, decoded.
pub(super) fn name_and_version(text: &str) -> Option<(String, Option<String>)> {
    let rest = text.trim().strip_prefix("pkg:")?;
    let rest = rest.split(['?', '#']).next()?;
    let (path, version) = match rest.rsplit_once('@') {
        // An @ before a slash is a scope's.
        Some((path, version)) if !version.contains('/') => (path, Some(decode(version))),
        _ => (rest, None),
    };
    let (_, path) = path.trim_matches('/').split_once('/')?;
    let name = decode(path.rsplit('/').next()?);
    (!name.is_empty()).then_some((name, version.filter(|version| !version.is_empty())))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = (byte == b'%').then(|| tail.get(..2)).flatten();
        let hex = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        for (purl, name, version) in [
            ("pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=armhf", "zlib1g", Some("1:1.2.13.dfsg-1")),
            ("pkg:npm/%40scope/name@1.0", "name", Some("1.0")),
            ("pkg:npm/@scope/name", "name", None),
            ("pkg:generic/lib%2B%2B@1%2B2", "lib++", Some("1+2")),
        ] {
            assert_eq!(name_and_version(purl), Some((name.to_owned(), version.map(str::to_owned))), "{purl}");
        }
        for other in ["", "pkg:", "pkg:generic", "pkg:generic/", "https://x/y@1"] {
            assert_eq!(name_and_version(other), None, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text(text in "(pkg:)?[ -~é]{0,40}") {
            if let Some((name, _)) = name_and_version(&text) {
                proptest::prop_assert!(!name.is_empty());
            }
        }
    }
}
