//! A candidate in the place of a device.

use crate::options::Candidate;
use banbury_evidence::model::Device;
use jiff::civil::Date;

/// Puts a candidate in a device's place: its name, site, role and functions stay. Nobody has inspected its image, and nothing says
/// which version it runs.
pub fn replace(device: &mut Device, candidate: &Candidate, installed: Date) {
    device.manufacturer = Some(candidate.vendor.clone());
    device.device_type = Some(candidate.product.clone());
    device.platform = candidate.platform.clone();
    device.software = None;
    device.image = None;
    device.installed = Some(installed.to_string());
    device.support_end = candidate.support_end.map(|day| day.to_string());
    device.cost = Some(candidate.price);
    device.status = Some("active".to_owned());
}
