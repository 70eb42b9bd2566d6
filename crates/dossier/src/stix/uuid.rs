//! UUIDs of version 5 (RFC 4122, 4.3): the SHA-1 of a namespace and a name.

use banbury_evidence::Digest;
use serde_json::Value;
use std::collections::BTreeMap;

/// The namespace that the standard gives for observables (STIX 2.1, 2.9).
const OBSERVABLES: [u8; 16] =
    [0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7];

/// Banbury's own: the UUIDv5 of `urn:banbury:stix` in the namespace of URLs. Other objects must not use the standard's.
const OWN: [u8; 16] =
    [0x08, 0x06, 0x2c, 0x88, 0xe3, 0x63, 0x5a, 0x9f, 0xab, 0x59, 0x99, 0x44, 0x5f, 0xfc, 0xeb, 0x5c];

/// The UUID of a name of Banbury's.
pub(super) fn own(name: &str) -> String {
    version_5(&OWN, name)
}

/// The UUID of an observable by the properties that make it what it is: canonical JSON has them in order and without spaces.
pub(super) fn observable(contributing: &BTreeMap<&str, Value>) -> String {
    let members: Vec<String> =
        contributing.iter().map(|(name, value)| format!("{}:{value}", Value::from(*name))).collect();
    version_5(&OBSERVABLES, &format!("{{{}}}", members.join(",")))
}

fn version_5(namespace: &[u8; 16], name: &str) -> String {
    let digest = Digest::sha1_of(&[namespace.as_slice(), name.as_bytes()].concat());
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    // The two upper bits of this digit are the variant's.
    let variant = match part(16, 17) {
        "0" | "4" | "8" | "c" => "8",
        "1" | "5" | "9" | "d" => "9",
        "2" | "6" | "a" | "e" => "a",
        _ => "b",
    };
    format!("{}-{}-5{}-{variant}{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_others_make_them() {
        // Python: uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "urn:banbury:stix"), "identity:banbury").
        assert_eq!(own("identity:banbury"), "07a98dac-21f8-5220-9326-249c18310b98");
        assert_eq!(own("extension:weight"), "dfb06ac6-8824-50ba-a4c3-bf3c5f64a2e0");
        // As OASIS' own library makes it: stix2.IPv4Address(value="198.51.100.3").id.
        let address = BTreeMap::from([("value", Value::from("198.51.100.3"))]);
        assert_eq!(observable(&address), "28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    }
}
