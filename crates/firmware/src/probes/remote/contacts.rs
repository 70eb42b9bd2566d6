//! Hosts that are named where others are contacted: in addresses, and as plain names and numbers.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A host that is contacted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A name with a dot in it.
    Name(String),
    /// An address in numbers.
    Address(String),
}

/// Schemes of addresses that are contacted.
const SCHEMES: [&str; 14] = [
    "http", "https", "ftp", "ftps", "tftp", "ws", "wss", "mqtt", "mqtts", "tcp", "udp", "ssl", "ldap",
    "rsync",
];

/// Names that are reserved for documentation and the host itself (RFC 2606, RFC 6761), and of XML's name spaces.
fn is_reserved(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    const ENDS: [&str; 10] = [
        "localhost",
        "localdomain",
        "local",
        "lan",
        "example",
        "test",
        "invalid",
        "example.com",
        "example.org",
        "example.net",
    ];
    const NAME_SPACES: [&str; 6] = [
        "www.w3.org",
        "schemas.xmlsoap.org",
        "schemas.upnp.org",
        "www.dslforum.org",
        "www.broadband-forum.org",
        "xml.apache.org",
    ];
    ENDS.iter().any(|end| name == *end || name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')))
        || NAME_SPACES.contains(&name)
        || name.ends_with(".in-addr.arpa")
}

/// A plain host: a name of two parts or more whose last is letters, or an address that is neither this host's own nor of a group.
pub fn host(text: &[u8]) -> Option<Host> {
    let text = std::str::from_utf8(text).ok()?.trim_matches(['[', ']']);
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        let own = address.is_loopback()
            || address.is_unspecified()
            || address.is_multicast()
            || address.is_broadcast();
        // 192.0.2.0/24 and the like are for documentation; 255.x is a mask.
        let other = address.is_documentation()
            || address.is_link_local()
            || address.octets().first() == Some(&255)
            || address.octets().first() == Some(&0);
        return (!own && !other).then(|| Host::Address(address.to_string()));
    }
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        // An address of version 4 in other clothes.
        if let Some(inner) = address.to_ipv4_mapped() {
            return host(inner.to_string().as_bytes());
        }
        let own = address.is_loopback()
            || address.is_unspecified()
            || address.is_multicast()
            || address.segments().first() == Some(&0xfe80);
        return (!own && address.segments().get(..2) != Some(&[0x2001, 0xdb8]))
            .then(|| Host::Address(address.to_string()));
    }
    let name = text.to_ascii_lowercase();
    let parts: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    let part = |part: &&str| {
        !part.is_empty()
            && part.len() <= 63
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = parts.last()?;
    let fits = parts.len() >= 2
        && parts.iter().all(part)
        && (2..=24).contains(&last.len())
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        && name.len() <= 253;
    (fits && !is_reserved(&name)).then_some(Host::Name(name))
}

/// The host of an address with a scheme, and the scheme; of a format, where its host is no directive.
pub fn of_address(text: &[u8]) -> Option<(Host, String)> {
    let at = text.windows(3).position(|part| part == b"://")?;
    let (scheme, rest) = text.split_at_checked(at)?;
    let scheme = String::from_utf8_lossy(scheme).to_ascii_lowercase();
    if !SCHEMES.contains(&scheme.as_str()) {
        return None;
    }
    let rest = rest.get(3..)?;
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#' | b' ' | b'"' | b'\''))
        .unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let authority = authority
        .iter()
        .rposition(|&byte| byte == b'@')
        .map_or(authority, |at| authority.get(at + 1..).unwrap_or_default());
    let bare = match authority.strip_prefix(b"[") {
        Some(rest) => rest.split(|&byte| byte == b']').next()?,
        None => authority.split(|&byte| byte == b':').next()?,
    };
    Some((host(bare)?, scheme))
}

/// The host of a word as programs take them: an address with a scheme, `user@host`, `host:port`, `host:path`, or a host.
pub fn of_word(word: &[u8]) -> Option<Host> {
    if word.windows(3).any(|part| part == b"://") {
        return of_address(word).map(|(host, _)| host);
    }
    let word =
        word.iter().rposition(|&byte| byte == b'@').map_or(word, |at| word.get(at + 1..).unwrap_or_default());
    match host(word) {
        Some(found) => Some(found),
        None => host(word.split(|&byte| byte == b':').next()?),
    }
}

impl Host {
    /// As text.
    pub fn text(&self) -> &str {
        match self {
            Self::Name(text) | Self::Address(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_are_told_from_files_and_masks() {
        let name = |text: &str| Some(Host::Name(text.to_owned()));
        assert_eq!(of_word(b"https://Api.Fleet-Grid.org:8443/v1/%s"), name("api.fleet-grid.org"));
        assert_eq!(of_word(b"tunnel@relay.fleet-grid.org"), name("relay.fleet-grid.org"));
        assert_eq!(of_word(b"203.0.114.7:80"), Some(Host::Address("203.0.114.7".to_owned())));
        assert_eq!(host(b"2001:4860::1"), Some(Host::Address("2001:4860::1".to_owned())));
        for text in [
            "localhost",
            "127.0.0.1",
            "255.255.255.0",
            "239.1.2.3",
            "::ffff:127.0.0.1",
            "router",
            "x.example.com",
            "1.2.3",
            "http://%s/x",
            "libfoo.so.1",
            "192.0.2.1",
            "a b.org",
        ] {
            assert_eq!(of_word(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn random_words(text in "[a-z0-9:/@.\\[\\]%-]{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for word in [text.as_bytes(), &bytes] {
                if let Some(found) = of_word(word) {
                    prop_assert!(of_word(found.text().as_bytes()) == Some(found));
                }
            }
        }
    }
}
