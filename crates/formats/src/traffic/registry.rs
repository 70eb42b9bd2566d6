//! The forms of traffic records that are read.

use super::TrafficFormat;

/// Every form, in the order in which they are tried.
pub static TRAFFIC_FORMATS: &[&dyn TrafficFormat] = &[];

/// The form whose input starts with these bytes.
pub fn recognise(start: &[u8]) -> Option<&'static dyn TrafficFormat> {
    TRAFFIC_FORMATS.iter().copied().find(|format| format.recognise(start))
}
