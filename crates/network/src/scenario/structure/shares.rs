//! How concentrated the carriers of functions are: by badge, in each region and by sensitivity; and by what is under the badge.
//!
//! A component that runs in the equipment of several vendors makes them one supplier of what goes wrong in it. So for each
//! component that several badges share, the concentration is told twice: by badge, and with all that runs it as one supplier. It
//! counts devices whose image was inspected; of the others it is not known what they run.

use super::{Bounds, Report};
use crate::graph::Concentration;
use crate::scenario::Kind;
use crate::scenario::labels::Label;
use crate::scenario::topology::Topology;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How concentrated a function's carriers are among vendors, in one region, at sites of one sensitivity.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionShares {
    /// The function; empty for all devices.
    pub function: String,
    /// The region; empty where none is stated.
    pub region: String,
    /// Whether the sites are sensitive; `None` where it is not stated.
    pub sensitive: Option<bool>,
    /// Devices that state a vendor.
    pub devices: u64,
    /// How concentrated.
    pub concentration: Concentration,
    /// The vendor that most are of.
    pub largest: String,
}

/// A component that makes several vendors one supplier.
#[derive(Clone, Debug, PartialEq)]
pub struct OneSupplier {
    /// The component.
    pub component: String,
    /// The function of the devices; empty for all.
    pub function: String,
    /// The vendors whose devices run it, by name.
    pub vendors: Vec<String>,
    /// Devices that run it.
    pub devices: u64,
    /// Devices of the function whose components are known.
    pub known: u64,
    /// How concentrated these are by badge.
    pub by_badge: Concentration,
    /// How concentrated they are with all that runs the component as one.
    pub as_one: Concentration,
}

pub(super) fn tell(topology: &Topology<'_>, bounds: &Bounds, report: &mut Report) {
    let vendors = topology.labels(Kind::Vendor);
    let mut vendor = vec![None; topology.size().0];
    for (number, label) in vendors.iter().enumerate() {
        for &vertex in &label.devices {
            if let Some(of) = vendor.get_mut(vertex as usize) {
                *of = Some(number);
            }
        }
    }
    let functions = topology.labels(Kind::Function);
    let name = |number: usize| vendors.get(number).map_or("", |label| label.name.as_str());
    report.concentration = regions(topology, &functions, &vendor, &name);
    let components = topology.labels(Kind::Component);
    one_supplier(topology, &components, &functions, &vendor, &name, bounds, report);
}

/// Devices by vendor's number.
type Counts = BTreeMap<usize, u64>;

fn regions<'v>(
    topology: &Topology<'_>,
    functions: &[Label],
    vendor: &[Option<usize>],
    name: &impl Fn(usize) -> &'v str,
) -> Vec<RegionShares> {
    let place = |vertex: u32| {
        let site =
            topology.site_of.get(vertex as usize).copied().flatten().and_then(|site| topology.site(site));
        site.map_or(("", None), |site| (site.region.as_deref().unwrap_or_default(), site.sensitive))
    };
    let all: Vec<u32> = (0u32..).take(topology.size().0).collect();
    let carried = functions.iter().map(|label| (label.name.as_str(), label.devices.as_slice()));
    let mut shares = Vec::new();
    for (function, carriers) in std::iter::once(("", all.as_slice())).chain(carried) {
        let mut counts: HashMap<(&str, Option<bool>), Counts> = HashMap::new();
        for &vertex in carriers {
            if let Some(vendor) = vendor.get(vertex as usize).copied().flatten() {
                *counts.entry(place(vertex)).or_default().entry(vendor).or_default() += 1;
            }
        }
        for ((region, sensitive), counts) in counts {
            let weights: Vec<u64> = counts.values().copied().collect();
            let Some(concentration) = Concentration::of(&weights) else { continue };
            let most = weights.iter().max();
            let largest =
                counts.iter().find(|(_, count)| Some(*count) == most).map_or("", |(of, _)| name(*of));
            shares.push(RegionShares {
                function: function.to_owned(),
                region: region.to_owned(),
                sensitive,
                devices: weights.iter().sum(),
                concentration,
                largest: largest.to_owned(),
            });
        }
    }
    shares.sort_by(|a, b| {
        let order = b.concentration.hhi.total_cmp(&a.concentration.hhi).then(b.devices.cmp(&a.devices));
        order.then_with(|| (&a.function, &a.region, a.sensitive).cmp(&(&b.function, &b.region, b.sensitive)))
    });
    shares
}

fn one_supplier<'v>(
    topology: &Topology<'_>,
    components: &[Label],
    functions: &[Label],
    vendor: &[Option<usize>],
    name: &impl Fn(usize) -> &'v str,
    bounds: &Bounds,
    report: &mut Report,
) {
    let known: BTreeSet<u32> = components.iter().flat_map(|label| label.devices.iter().copied()).collect();
    report.inspected = known.len();
    let mut carries: Vec<Vec<usize>> = vec![Vec::new(); topology.size().0];
    for (number, label) in functions.iter().enumerate() {
        for &vertex in &label.devices {
            if let Some(list) = carries.get_mut(vertex as usize) {
                list.push(number + 1);
            }
        }
    }
    // Function 0 is all devices.
    let counted = |devices: &mut dyn Iterator<Item = u32>| -> BTreeMap<usize, Counts> {
        let mut counts: BTreeMap<usize, Counts> = BTreeMap::new();
        for vertex in devices {
            let Some(vendor) = vendor.get(vertex as usize).copied().flatten() else { continue };
            let of = carries.get(vertex as usize).map_or(&[][..], Vec::as_slice);
            for &function in std::iter::once(&0).chain(of) {
                *counts.entry(function).or_default().entry(vendor).or_default() += 1;
            }
        }
        counts
    };
    let all = counted(&mut known.into_iter());
    let mut found = Vec::new();
    for component in components {
        for (function, with) in counted(&mut component.devices.iter().copied()) {
            let Some(of) = all.get(&function).filter(|_| with.len() > 1) else { continue };
            let rest = of.iter().map(|(vendor, count)| count - with.get(vendor).copied().unwrap_or_default());
            let devices: u64 = with.values().sum();
            let as_one: Vec<u64> = std::iter::once(devices).chain(rest).collect();
            let by_badge: Vec<u64> = of.values().copied().collect();
            let (Some(by_badge), Some(as_one)) = (Concentration::of(&by_badge), Concentration::of(&as_one))
            else {
                continue;
            };
            let label = function.checked_sub(1).and_then(|number| functions.get(number));
            found.push(OneSupplier {
                component: component.name.clone(),
                function: label.map(|label| label.name.clone()).unwrap_or_default(),
                vendors: with.keys().map(|vendor| name(*vendor).to_owned()).collect(),
                devices,
                known: of.values().sum(),
                by_badge,
                as_one,
            });
        }
    }
    found.sort_by(|a, b| {
        let order = b.vendors.len().cmp(&a.vendors.len()).then(b.as_one.hhi.total_cmp(&a.as_one.hhi));
        let order = order.then(b.devices.cmp(&a.devices));
        order.then_with(|| (&a.component, &a.function).cmp(&(&b.component, &b.function)))
    });
    report.suppliers_in_all = found.len();
    found.truncate(bounds.most);
    report.suppliers = found;
}
