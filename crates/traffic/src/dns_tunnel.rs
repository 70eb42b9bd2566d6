//! Tunnels in names: data that leaves in the names that are asked for, and comes back in the answers.
//!
//! What is counted, of the queries under one domain: how many different names there are, how long and how random the part below the domain is,
//! which record types are asked, how much the answers hold, and how many bytes the names could have carried. Figures, no weight: nothing was
//! measured here. When it is wrong: look-ups of reputation lists, of content networks and of antivirus clouds are many random names under
//! one domain, too. What it misses: tunnels that are slower than the names of ordinary use, and queries inside of TLS or HTTPS.

use std::collections::{BTreeMap, BTreeSet};

/// Different names that are told apart at most: beyond, `names` is "at least".
pub const MOST_NAMES: usize = 1 << 20;

/// One query under the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The whole name, without a full stop at its end.
    pub name: &'a str,
    /// Record type, where known.
    pub kind: Option<u16>,
    /// Response code, where there was an answer.
    pub code: Option<u16>,
    /// Bytes of the answers.
    pub answer_bytes: usize,
}

/// What is counted of the queries under one domain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DnsTunnel {
    /// Queries in all.
    pub queries: u64,
    /// Different names; at least so many where `MOST_NAMES` was reached.
    pub names: usize,
    /// The mean length of what stands before the domain, in bytes, over different names.
    pub length: f64,
    /// The longest label.
    pub longest_label: usize,
    /// Bits a byte of what stands before the domain, by how often each byte occurs: 4 is hexadecimal, 5 base32, 6 base64.
    pub entropy: f64,
    /// Queries by record type; type 0 stands for those whose type is not known.
    pub kinds: BTreeMap<u16, u64>,
    /// The share of queries of types that carry text or data of any kind (TXT, NULL, CNAME, MX, SRV, private use).
    pub data_kinds: f64,
    /// The share of answers that say there is no such name.
    pub no_such_name: f64,
    /// Bytes of all answers.
    pub answer_bytes: u64,
    /// Bytes that different names could have carried outwards: their length by their entropy.
    pub carried: f64,
}

/// Counts the queries under `domain`; names that are not under it are left out. Nothing where no name stands below it.
#[must_use]
pub fn count<'a>(domain: &str, queries: impl IntoIterator<Item = Asked<'a>>) -> Option<DnsTunnel> {
    let mut found = DnsTunnel::default();
    let mut seen = BTreeSet::new();
    let mut bytes = [0_u64; 256];
    let (mut data, mut answered, mut nowhere) = (0_u64, 0_u64, 0_u64);
    for query in queries {
        let Some(below) = below(query.name, domain) else { continue };
        found.queries += 1;
        *found.kinds.entry(query.kind.unwrap_or(0)).or_default() += 1;
        data += u64::from(query.kind.is_some_and(carries_data));
        answered += u64::from(query.code.is_some());
        nowhere += u64::from(query.code == Some(3));
        found.answer_bytes = found.answer_bytes.saturating_add(query.answer_bytes as u64);
        if seen.len() < MOST_NAMES && seen.insert(fingerprint(below)) {
            for byte in below.bytes().filter(|byte| *byte != b'.') {
                if let Some(count) = bytes.get_mut(usize::from(byte.to_ascii_lowercase())) {
                    *count += 1;
                }
            }
            found.longest_label = below.split('.').map(str::len).max().unwrap_or(0).max(found.longest_label);
        }
    }
    if seen.is_empty() {
        return None;
    }
    let total = bytes.iter().sum::<u64>() as f64;
    found.names = seen.len();
    found.length = total / seen.len() as f64;
    found.entropy = bytes
        .iter()
        .filter(|count| **count > 0)
        .map(|count| *count as f64 / total)
        .map(|share| -share * share.log2())
        .sum::<f64>()
        .max(0.0);
    found.data_kinds = data as f64 / found.queries as f64;
    found.no_such_name = if answered > 0 { nowhere as f64 / answered as f64 } else { 0.0 };
    found.carried = total * found.entropy / 8.0;
    Some(found)
}

/// What stands before the domain, without the full stop between; case does not count.
fn below<'a>(name: &'a str, domain: &str) -> Option<&'a str> {
    let before = name.len().checked_sub(domain.len() + 1)?;
    let (below, rest) = name.split_at_checked(before)?;
    let rest = rest.strip_prefix('.')?;
    (rest.eq_ignore_ascii_case(domain) && !below.is_empty()).then_some(below)
}

/// CNAME, NULL, MX, TXT, KEY, SRV, and what is for private use.
fn carries_data(kind: u16) -> bool {
    matches!(kind, 5 | 10 | 15 | 16 | 25 | 33 | 65_280..)
}

/// A name as a number: FNV-1a of 64 bits, without regard to case.
fn fingerprint(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(name: &str, kind: u16) -> Asked<'_> {
        Asked { name, kind: Some(kind), code: Some(0), answer_bytes: 10 }
    }

    #[test]
    fn many_random_names_are_counted() {
        let names: Vec<String> = (0..256_u32)
            .map(|number| format!("{:08x}.t.example.org", number.wrapping_mul(0x9e37_79b9)))
            .collect();
        let found = count("example.org", names.iter().map(|name| asked(name, 16))).unwrap();
        assert_eq!(
            (found.queries, found.names, found.longest_label, found.answer_bytes),
            (256, 256, 8, 2560)
        );
        assert_eq!((found.data_kinds, found.length), (1.0, 9.0));
        // Eight hexadecimal digits and a "t": a little over 4 bits a byte.
        assert!((4.0..4.3).contains(&found.entropy), "{}", found.entropy);
        assert!((found.carried - 256.0 * 9.0 * found.entropy / 8.0).abs() < 1e-6);
    }

    #[test]
    fn ordinary_names_are_few_and_others_are_left_out() {
        let names = [
            "www.example.org",
            "WWW.example.org",
            "mail.example.org",
            "example.org",
            "notexample.org",
            "a.example.net",
        ];
        let found = count("example.org", names.map(|name| asked(name, 1))).unwrap();
        assert_eq!((found.queries, found.names), (3, 2));
        assert_eq!(found.data_kinds, 0.0);
        assert_eq!(count("example.org", [asked("example.org", 1)]), None);
    }

    proptest! {
        #[test]
        fn any_names_are_counted(names in prop::collection::vec("\\PC{0,40}", 0..20), domain in "[a-z.]{0,8}") {
            let all: Vec<String> = names.iter().flat_map(|name| [name.clone(), format!("{name}.{domain}")]).collect();
            if let Some(found) = count(&domain, all.iter().map(|name| asked(name, 1))) {
                prop_assert!(found.names as u64 <= found.queries && (0.0..=8.0).contains(&found.entropy));
                prop_assert!(found.carried.is_finite() && found.length.is_finite());
            }
        }
    }
}
