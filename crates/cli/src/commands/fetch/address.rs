//! An address of the server, and which other addresses may be asked in its place.

use anyhow::bail;
use std::fmt;

/// An `http` or `https` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    scheme: &'static str,
    /// In small letters; an IPv6 address in its brackets.
    host: String,
    port: u16,
    /// Path and query, from the first `/` on.
    rest: String,
}

impl Address {
    /// Reads the address that a user gives: of a server, or of its `/api/`.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut address = Self::any(text)?;
        if address.rest.contains(['?', '#']) {
            bail!("{text}: an address without ? and # is expected, such as https://netbox.example.net");
        }
        let path = address.rest.trim_end_matches('/');
        address.rest = path.strip_suffix("/api").unwrap_or(path).to_owned();
        Ok(address)
    }

    fn any(text: &str) -> anyhow::Result<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest),
            _ => bail!("{text:?}: an address that starts with https:// or http:// is expected"),
        };
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.len() > 8192 {
            bail!("{text:?}: an address of printable characters is expected");
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        if authority.contains('@') {
            bail!("an address with a name or password in it; give the token in a file alone (--token-file)");
        }
        let colon =
            authority.rfind(':').filter(|&at| !authority.get(at..).is_some_and(|tail| tail.contains(']')));
        let (host, port) = match colon.map(|at| authority.split_at(at)) {
            Some((host, port)) => match port.trim_start_matches(':').parse() {
                Ok(port) => (host, port),
                Err(_) => bail!("{text:?}: the port cannot be read"),
            },
            None => (authority, if scheme == "https" { 443 } else { 80 }),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            bail!("{text:?}: the host cannot be read");
        }
        Ok(Self { scheme, host: host.to_ascii_lowercase(), port, rest: rest.to_owned() })
    }

    /// An address on the server, below the path that the user gave.
    pub fn with(&self, path: &str) -> Self {
        Self { rest: format!("{}{path}", self.rest), ..self.clone() }
    }

    /// The address of a next page: on this server, below its `/api/`. Behind a proxy a server may not know its own scheme
    /// and port; they stay those that the user gave.
    pub fn follow(&self, next: &str) -> anyhow::Result<Self> {
        let next = Self::any(next)?;
        if next.host != self.host {
            bail!(
                "it leads to another host, {}, to which the token was not sent; if both are one server, give that address",
                next.host
            );
        }
        if !next.rest.starts_with(&format!("{}/api/", self.rest)) || next.rest.contains("/../") {
            bail!("it leads to {}, outside of {}/api/; nothing was sent there", next.rest, self.rest);
        }
        Ok(Self { rest: next.rest, ..self.clone() })
    }

    /// The address that this one is redirected to: on the same host and port, or from http to https.
    pub fn redirected(&self, target: &str) -> anyhow::Result<Self> {
        let target = match target.starts_with('/') && !target.starts_with("//") {
            true => Self { rest: target.to_owned(), ..self.clone() },
            false => Self::any(target)?,
        };
        let upgraded = self.scheme == "http" && target.scheme == "https" && target.port == 443;
        if target.host != self.host
            || !(upgraded || (target.scheme == self.scheme && target.port == self.port))
        {
            bail!(
                "it leads to {target}, another server, to which the token was not sent; give that address if it is right"
            );
        }
        Ok(target)
    }

    /// Whether what is sent is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether the server is this machine.
    pub fn is_this_machine(&self) -> bool {
        self.host == "localhost" || self.host == "[::1]" || self.host.starts_with("127.")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        let usual = if self.scheme == "https" { 443 } else { 80 };
        if self.port != usual {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_address_in_its_forms() {
        for text in [
            "https://NetBox.example.net",
            "https://netbox.example.net/",
            "https://netbox.example.net:443/api/",
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), "https://netbox.example.net", "{text}");
        }
        assert_eq!(
            Address::parse("http://[::1]:8000/netbox/api").unwrap().to_string(),
            "http://[::1]:8000/netbox"
        );
        for bad in [
            "netbox",
            "ftp://x",
            "https://",
            "https://user:pass@x",
            "https://x:port",
            "https://x/?a",
            "https://x y",
            "http://x\"y",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_next_page_stays_on_the_server() {
        let base = Address::parse("https://n.example:8443/nb").unwrap();
        let next = base.follow("http://n.example/nb/api/dcim/devices/?offset=5").unwrap();
        assert_eq!(next.to_string(), "https://n.example:8443/nb/api/dcim/devices/?offset=5");
        for bad in [
            "https://m.example/nb/api/x",
            "https://n.example/other",
            "https://n.example/nb/api/../x",
            "/nb/api/x",
        ] {
            assert!(base.follow(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirection_stays_on_the_host() {
        let plain = Address::parse("http://n.example").unwrap();
        assert_eq!(plain.redirected("/x").unwrap().to_string(), "http://n.example/x");
        assert_eq!(plain.redirected("https://n.example/x").unwrap().to_string(), "https://n.example/x");
        let safe = Address::parse("https://n.example").unwrap();
        for bad in ["http://n.example/x", "https://n.example:81/x", "//m.example/x", "https://m.example/", ""]
        {
            assert!(safe.redirected(bad).is_err(), "{bad}");
        }
    }
}
