//! Very many long names under one domain: what a tunnel through the domain name system looks like.

use super::{Finding, Probe, Scene};
use crate::pairs::Pair;
use banbury_evidence::{CodeInfo, Description, Grade};

/// Finds tunnels through the domain name system.
pub(super) struct DnsTunnels;

/// Different names of one client under one domain, from which it is looked at.
const NAMES: u64 = 100;

/// Bytes in front of the domain, on average: a tunnel has to carry something, a host's name has a dozen.
const BYTES: u64 = 20;

/// Bits a byte: encoded bytes have four (hexadecimal) and more, words of a language about that, too, with fewer letters.
const BITS: f64 = 3.5;

static DESCRIPTION: Description = Description {
    name: "dns-tunnels",
    version: "1",
    finds: "many different, long names under one domain that one client asks for",
    how: "Queries are counted by client and registered domain: 100 different names or more (estimated to some 7 %), 20 bytes or more in \
          front of the domain on average, whose bytes carry 3.5 bits or more each.",
    wrong: "Reputation and telemetry services that put hashes into names, content networks with random names, reverse look-ups are left out.",
    misses: &[
        "slow tunnels, and such that keep names short",
        "tunnels spread over several domains",
        "queries that are not recorded: DNS over TLS and HTTPS",
        "where a resolver stands between, the client is the resolver",
    ],
    codes: &[TUNNEL],
    source: "RFC 1035; the figures are Banbury's own, counted in docs/watch.md",
};

const TUNNEL: CodeInfo = CodeInfo {
    code: "traffic.dns-tunnel",
    title: "Many long names under one domain",
    grade: Grade::Medium,
    meaning: "One client asked for very many different, long names under one domain. Names can carry data to whoever runs the domain's \
              servers, and answers back, past a wall that lets nothing else through.",
    remedy: "Find out which program asks, and who runs the domain. Let equipment ask no names that it does not need.",
    cwe: &[],
};

impl Probe for DnsTunnels {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn look(&self, pair: &Pair, _scene: &Scene) -> Option<Finding> {
        let queries = pair.queries.as_ref()?;
        let name = pair.name.as_deref().unwrap_or_default();
        let mean = queries.bytes.checked_div(queries.queries)?;
        let is_one = queries.names >= NAMES && mean >= BYTES && queries.entropy() >= BITS;
        if !is_one || name.ends_with(".arpa") {
            return None;
        }
        let title = format!(
            "{} asked for some {} names under {name}, {mean} bytes each in front of it",
            pair.source, queries.names
        );
        Some(Finding::of(&TUNNEL, title))
    }
}
