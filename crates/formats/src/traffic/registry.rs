//! The forms of traffic records that are read.

use super::{TrafficFormat, capture, eve, netflow, nfcapd, parquet, table, zeek};

/// Every form, in the order in which they are tried.
pub static TRAFFIC_FORMATS: &[&dyn TrafficFormat] = &[
    &capture::Pcap,
    &capture::PcapNg,
    &nfcapd::Nfcapd,
    &netflow::NetFlow,
    &parquet::Parquet,
    &zeek::Zeek,
    &eve::Eve,
    &zeek::ZeekJson,
    &table::Table,
];

/// The form whose input starts with these bytes.
pub fn recognise(start: &[u8]) -> Option<&'static dyn TrafficFormat> {
    TRAFFIC_FORMATS.iter().copied().find(|format| format.recognise(start))
}

/// What bytes are of which no form is known, where it can be told: one of exporters' that has no reader.
pub fn known_without_reader(start: &[u8]) -> Option<&'static str> {
    netflow::other(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_of_the_fuzzer_are_numbered_as_forms_are() {
        let seeds = include_str!("../../../../fuzz/seed");
        let names: Vec<&str> = TRAFFIC_FORMATS.iter().map(|format| format.describe().name).collect();
        let line = format!("for format in {}; do", names.join(" "));
        assert!(seeds.contains(&line), "fuzz/seed has no line `{line}`");
    }

    #[test]
    fn a_mark_of_utf_8_hides_no_table() {
        let table = b"\xef\xbb\xbfstart,source,destination\n1,10.0.0.1,192.0.2.1\n";
        assert_eq!(recognise(table).map(|format| format.describe().name), Some("table"));
    }
}
