//! The domain that a name was registered under, as far as its form tells: what queries are counted by.
//!
//! No list of public suffixes is kept: two labels are taken, three where the last is a country's (two letters) and the one before it
//! is one of those under which countries let register (`co.uk`, `com.br`). Wrong for suffixes of another form (`github.io` is taken
//! for one domain). Names of reverse look-ups are one domain each, `in-addr.arpa` and `ip6.arpa`.

/// Labels under which countries let register.
const SECOND: &[&str] =
    &["ac", "co", "com", "edu", "go", "gob", "gov", "gv", "mil", "ne", "net", "nom", "or", "org"];

/// The registered domain in a name; the whole name where it has no more labels.
pub(super) fn registered(name: &str) -> &str {
    let name = name.trim_end_matches('.');
    let mut dots = name.bytes().enumerate().rev().filter(|(_, byte)| *byte == b'.').map(|(at, _)| at);
    let (Some(last), Some(second)) = (dots.next(), dots.next()) else { return name };
    let after = |at: usize| name.get(at + 1..).unwrap_or(name);
    let middle = name.get(second + 1..last).unwrap_or_default();
    let country = name.len() - last == 3;
    if !country || !SECOND.iter().any(|known| known.eq_ignore_ascii_case(middle)) {
        return after(second);
    }
    dots.next().map_or(name, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_registered() {
        for (name, domain) in [
            ("a.b.example.org", "example.org"),
            ("example.org", "example.org"),
            ("localhost", "localhost"),
            ("x.y.example.co.uk", "example.co.uk"),
            ("example.co.uk", "example.co.uk"),
            ("co.uk", "co.uk"),
            ("www.bbc.uk", "bbc.uk"),
            ("1.0.0.10.in-addr.arpa", "in-addr.arpa"),
            ("a.example.com.", "example.com"),
            ("", ""),
        ] {
            assert_eq!(registered(name), domain, "{name}");
        }
    }

    proptest! {
        #[test]
        fn it_is_an_end_of_the_name(name in "[a-zé.]{0,30}") {
            prop_assert!(name.trim_end_matches('.').ends_with(registered(&name)));
        }
    }
}
