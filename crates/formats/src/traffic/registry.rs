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
