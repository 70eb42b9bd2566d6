//! Names from inside images, as text that shows every byte and opens nothing.

use std::fmt::Write as _;

/// A stored name as text: UTF-8 stands as it is, a backslash is doubled, control characters and bytes that are not
/// UTF-8 stand as `\xNN`. A leading `./` is dropped; a leading `/` stays.
pub fn escape(name: &[u8]) -> String {
    let mut name = name;
    while let Some(rest) = name.strip_prefix(b"./") {
        name = rest;
    }
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                _ if character.is_control() => {
                    let mut bytes = [0; 4];
                    for byte in character.encode_utf8(&mut bytes).bytes() {
                        // Writing to a String cannot fail.
                        let _ = write!(text, "\\x{byte:02x}");
                    }
                }
                _ => text.push(character),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// An escaped name as a key in its tree: without a leading or trailing `/`, without empty or `.` parts.
pub fn in_tree(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/")
}

/// Why a stored name would be dangerous to extract under its own name, if it would.
pub fn danger(name: &str) -> Option<&'static str> {
    if name.starts_with('/') {
        Some("absolute path")
    } else if climbs(name) {
        Some("climbs above the root of the tree")
    } else if name.split('/').any(|part| part.len() > 255) {
        Some("a part of the name is longer than 255 bytes")
    } else {
        None
    }
}

/// Whether a relative path leaves the folder it starts in.
pub fn climbs(path: &str) -> bool {
    let mut depth = 0i64;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_every_byte() {
        assert_eq!(escape(b"./etc/pass\xffwd\n\\x"), "etc/pass\\xffwd\\x0a\\\\x");
        assert_eq!(escape("naïve".as_bytes()), "naïve");
    }

    #[test]
    fn names_dangers() {
        assert_eq!(danger("a/../../b"), Some("climbs above the root of the tree"));
        assert_eq!(danger("/etc/passwd"), Some("absolute path"));
        assert_eq!(danger("a/../b/.."), None);
        assert!(danger(&"n".repeat(4096)).is_some());
    }

    proptest::proptest! {
        #[test]
        fn different_names_stay_different(
            a in proptest::collection::vec(0u8.., 0..12), b in proptest::collection::vec(0u8.., 0..12)
        ) {
            let strip = |name: &[u8]| {
                let mut name = name.to_vec();
                while name.starts_with(b"./") {
                    name.drain(..2);
                }
                name
            };
            proptest::prop_assert_eq!(escape(&a) == escape(&b), strip(&a) == strip(&b));
        }
    }
}
