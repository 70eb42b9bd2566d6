//! What hangs on one thing, and on how few: the structure report of the network, cut to what a page holds.

use super::{marks, numbers};
use crate::report::{CaseReport, Inspected};
use crate::visible::visible;
use banbury_network::scenario::structure::{
    Apartness, Bounds, KindReport, Point, Report, redundant, report as examine,
};
use banbury_network::scenario::{Extra, Kind, Topology};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Devices up to which the report is worked out for a page: a second's work.
pub(super) const DEVICES: usize = 100_000;
/// Rows of a table.
const ROWS: usize = 20;
/// Labels named of a kind.
const FEW: usize = 3;
/// The share of a function's subscribers, in percent, that the fewest labels are to cut off.
const SHARE: u8 = 50;

pub(super) fn section(report: &CaseReport, inspected: &[Inspected<'_>]) -> Markup {
    let model = &report.model;
    if model.devices.is_empty() || model.links.is_empty() {
        return html! { p { "No links were imported: nothing is known to hang on anything." } };
    }
    if model.devices.len() > DEVICES {
        return html! {
            p { "Not worked out here for more than " (numbers::grouped(DEVICES as u64)) " devices: "
                code { "banbury what-if" } " with the case's folder prints it." }
        };
    }
    let extra = components(report, inspected);
    let found = Topology::of(model, &extra, &report.as_of)
        .and_then(|topology| examine(&topology, SHARE, &Bounds { most: ROWS, ..Bounds::default() }));
    match found {
        Ok(found) => told(&found),
        Err(error) => html! { p.absent { "Not worked out: " (visible(&error.to_string())) } },
    }
}

/// By component, the devices whose image has it.
fn components(report: &CaseReport, inspected: &[Inspected<'_>]) -> Extra {
    let mut products: BTreeMap<&banbury_evidence::Digest, Vec<String>> = BTreeMap::new();
    for image in inspected {
        let names = image.components().into_iter().map(|joined| joined.product);
        products.insert(&image.sha256, names.collect());
    }
    let mut by_component: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for device in &report.model.devices {
        let image = device.image.as_deref().and_then(|image| report.image(image));
        for product in image.and_then(|image| products.get(&image.sha256)).into_iter().flatten() {
            by_component.entry(product.clone()).or_default().push(device.name.clone());
        }
    }
    Extra::from([(Kind::Component, by_component)])
}

fn told(found: &Report) -> Markup {
    html! {
        p { "What a loss costs is counted by function: a site is served while one of its devices is connected to a device that carries what it "
            "asks for" @if found.apart.is_empty() { "; this case has no demands, so it counts as served in the largest remaining part" }
            ". Capacity, routing and what the tables do not state are left out." }
        h3 { "Single points of failure" }
        (points(found))
        @if !found.apart.is_empty() {
            h3 { "Are two paths of a site really apart?" }
            (apart(&found.apart))
        }
        h3 { "What each costs" }
        (kinds(&found.kinds))
        h3 { "Concentration" }
        (concentration(found))
        @if found.inspected > 0 { (suppliers(found)) }
        @if !found.capacity.is_empty() { h3 { "What links carry" } (capacity(found)) }
    }
}

fn function(name: &str) -> Markup {
    html! { @if name.is_empty() { "connection" } @else { (visible(name)) } }
}

fn subscribers(count: u64) -> String {
    format!("{} subscriber{}", numbers::grouped(count), if count == 1 { "" } else { "s" })
}

fn points(found: &Report) -> Markup {
    let [devices, links] = found.points_in_all;
    html! {
        @if devices + links == 0 { p { "No single device or link cuts others off." } }
        @else {
            p { (numbers::count(devices, "device", "devices")) " and " (numbers::count(links, "link", "links"))
                " whose loss cuts others off, those that cost most subscribers first." }
            div.wide { table.stack {
                thead { tr { th scope="col" { "Device or link" } th scope="col" { "Kind" } th scope="col" { "Lost" } th.number scope="col" { "Devices cut off" } } }
                tbody { @for point in &found.points { (one_point(point)) } }
            } }
            (marks::cut(found.points.len(), devices + links, "single points of failure"))
        }
    }
}

fn one_point(point: &Point) -> Markup {
    let losing: Vec<_> = point.losses.iter().filter(|loss| loss.subscribers > 0).collect();
    html! {
        tr {
            th scope="row" data-label="Device or link" { bdi { (visible(&point.name)) } }
            td data-label="Kind" { (point.kind) }
            td data-label="Lost" {
                @if losing.is_empty() { span.absent { "no subscribers" } }
                @for (index, loss) in losing.iter().take(FEW).enumerate() {
                    @if index > 0 { ", " } (function(&loss.function)) " for " (subscribers(loss.subscribers))
                }
                @if losing.len() > FEW { ", and " (losing.len() - FEW) " more" }
            }
            td.number data-label="Devices cut off" { (numbers::grouped(point.cut_off)) }
        }
    }
}

fn apart(all: &[Apartness]) -> Markup {
    let sites = redundant(all);
    let count: usize = all.iter().map(|told| told.shared_alone).sum();
    html! {
        p { "For each kind: sites with two paths to what they ask for that have none of it in common. The site's own devices and those that carry "
            "the function are left aside. " em { "Although two ways" } ": of the sites whose paths share one, those that have two paths without a common "
            "device or link: they look redundant and are not." }
        div.wide { table.stack {
            thead { tr {
                th scope="col" { "Kind" } th scope="col" { "Function" } th.number scope="col" { "Sites" } th.number scope="col" { "Apart" }
                th.number scope="col" { "Share one" } th.number scope="col" { "Although two ways" } th.number scope="col" { "Not decided" }
            } }
            tbody { @for told in all.iter().take(ROWS * 2) { tr {
                th scope="row" data-label="Kind" { (told.kind.as_str()) }
                td data-label="Function" { (function(&told.function)) }
                td.number data-label="Sites" { (numbers::grouped(told.sites as u64)) }
                td.number data-label="Apart" { (numbers::grouped(told.apart as u64)) }
                td.number data-label="Share one" { (numbers::grouped(told.shared as u64)) }
                td.number data-label="Although two ways" { (numbers::grouped(told.shared_alone as u64)) }
                td.number data-label="Not decided" { (numbers::grouped(told.undecided as u64)) }
            } } }
        } }
        (marks::cut(all.len().min(ROWS * 2), all.len(), "kinds and functions"))
        @if count > 0 {
            p { "Sites that look redundant and are not, with what is on every path:" }
            ul { @for site in sites.iter().take(ROWS) { li {
                bdi { (visible(site.site)) } " to " (function(site.function)) " (" (subscribers(site.subscribers)) "): "
                @for (index, (kind, one)) in site.shared.iter().enumerate() {
                    @if index > 0 { ", " }
                    @if one.label.is_empty() { "a " (kind.as_str()) ", not always the same" }
                    @else { (kind.as_str()) " " bdi { (visible(&one.label)) } @if one.others > 0 { " and " (one.others) " more" } }
                }
            } } }
            @let shown = sites.iter().take(ROWS).map(|site| site.shared.len()).sum::<usize>();
            (marks::cut(shown, count, "sites by kind"))
        }
    }
}

fn kinds(all: &[KindReport]) -> Markup {
    html! {
        @if all.is_empty() { p { "The tables state no vendor, version, site or the like of anything in service." } }
        @else { div.wide { table.stack {
            thead { tr {
                th scope="col" { "Kind" } th.number scope="col" { "How many" } th scope="col" { "Costs most" } th scope="col" { "Together" }
                th scope="col" { "Fewest that cut half off" }
            } }
            tbody { @for told in all { (one_kind(told)) } }
        } } }
    }
}

fn one_kind(told: &KindReport) -> Markup {
    html! {
        tr {
            th scope="row" data-label="Kind" { (told.kind.as_str()) }
            td.number data-label="How many" { (numbers::grouped(told.count as u64)) }
            td data-label="Costs most" {
                @for (index, cost) in told.labels.iter().take(FEW).enumerate() {
                    @if index > 0 { br; }
                    bdi { (visible(&cost.name)) } ": " (function(&cost.function)) " for " (subscribers(cost.subscribers))
                }
            }
            td data-label="Together" {
                @match told.pairs.as_deref() {
                    None => { span.absent { "not looked at" } }
                    Some([]) => { "no two cost more together" }
                    Some([pair, ..]) => {
                        bdi { (visible(&pair.names[0])) } " and " bdi { (visible(&pair.names[1])) } ": " (function(&pair.function)) " for "
                        (subscribers(pair.subscribers))
                        @if told.pairs_in_all > 1 { "; " (numbers::grouped(told.pairs_in_all as u64)) " such pairs" }
                    }
                }
            }
            td data-label="Fewest that cut half off" {
                @match told.fewest.as_deref() {
                    None => { span.absent { "not looked for" } }
                    Some([]) => { span.absent { "it takes demands" } }
                    Some(all) => {
                        @for (index, one) in all.iter().take(FEW).enumerate() {
                            @if index > 0 { br; }
                            (function(&one.function)) ": "
                            @match &one.labels {
                                None => { "not even all" }
                                Some(labels) => {
                                    (numbers::grouped(labels.len() as u64)) " ("
                                    @for (index, label) in labels.iter().take(FEW).enumerate() { @if index > 0 { ", " } bdi { (visible(label)) } }
                                    @if labels.len() > FEW { ", ..." } ")"
                                    @if one.bound < labels.len() { ", no fewer than " (one.bound) " do it" }
                                }
                            }
                        }
                        @if all.len() > FEW { br; "and " (all.len() - FEW) " more functions" }
                    }
                }
            }
        }
    }
}

fn concentration(found: &Report) -> Markup {
    let several: Vec<_> = found.concentration.iter().filter(|shares| shares.devices > 1).collect();
    html! {
        @if several.is_empty() { p { "No function, region and sensitivity has two devices that state a vendor." } }
        @else {
            p { "The Herfindahl-Hirschman index of vendors (10,000: one has all), and the number of equal vendors that would be as concentrated." }
            div.wide { table.stack {
                thead { tr {
                    th scope="col" { "Function" } th scope="col" { "Region" } th scope="col" { "Sensitive" } th.number scope="col" { "Devices" }
                    th.number scope="col" { "HHI" } th.number scope="col" { "Equal vendors" } th scope="col" { "Largest" }
                } }
                tbody { @for shares in several.iter().take(ROWS) { tr {
                    th scope="row" data-label="Function" { @if shares.function.is_empty() { "all devices" } @else { (visible(&shares.function)) } }
                    td data-label="Region" { @if shares.region.is_empty() { span.absent { "not stated" } } @else { bdi { (visible(&shares.region)) } } }
                    td data-label="Sensitive" { @match shares.sensitive { Some(true) => "yes", Some(false) => "no", None => { span.absent { "not stated" } } } }
                    td.number data-label="Devices" { (numbers::grouped(shares.devices)) }
                    td.number data-label="HHI" { (format!("{:.0}", shares.concentration.points())) }
                    td.number data-label="Equal vendors" { (format!("{:.1}", shares.concentration.effective)) }
                    td data-label="Largest" { bdi { (visible(&shares.largest)) } }
                } } }
            } }
            (marks::cut(several.len().min(ROWS), several.len(), "rows"))
        }
    }
}

fn suppliers(found: &Report) -> Markup {
    html! {
        p { "One supplier under several badges: components that are in the equipment of more than one vendor, of "
            (numbers::count(found.inspected, "device", "devices")) " with an inspected image." }
        @if found.suppliers.is_empty() { p { "None." } }
        @else {
            div.wide { table.stack {
                thead { tr {
                    th scope="col" { "Component" } th scope="col" { "Function" } th.number scope="col" { "Devices" } th scope="col" { "Vendors" }
                    th.number scope="col" { "Equal vendors by badge" } th.number scope="col" { "With it as one" }
                } }
                tbody { @for one in &found.suppliers { tr {
                    th scope="row" data-label="Component" { bdi { (visible(&one.component)) } }
                    td data-label="Function" { @if one.function.is_empty() { "all devices" } @else { (visible(&one.function)) } }
                    td.number data-label="Devices" { (numbers::grouped(one.devices)) " of " (numbers::grouped(one.known)) }
                    td data-label="Vendors" {
                        @for (index, vendor) in one.vendors.iter().take(FEW * 2).enumerate() { @if index > 0 { ", " } bdi { (visible(vendor)) } }
                        @if one.vendors.len() > FEW * 2 { " and " (one.vendors.len() - FEW * 2) " more" }
                    }
                    td.number data-label="Equal vendors by badge" { (format!("{:.1}", one.by_badge.effective)) }
                    td.number data-label="With it as one" { (format!("{:.1}", one.as_one.effective)) }
                } } }
            } }
            (marks::cut(found.suppliers.len(), found.suppliers_in_all, "components by function"))
        }
    }
}

fn capacity(found: &Report) -> Markup {
    html! {
        p { "Each function by itself: what all get together may be less." }
        ul { @for served in found.capacity.iter().take(ROWS) { li {
            (function(&served.function)) ": " (numbers::grouped(served.served)) " of " (numbers::grouped(served.asked)) " Mbit/s"
            @for without in &served.without {
                "; without " (without.kind) " " bdi { (visible(&without.name)) } " " (numbers::grouped(without.served))
            }
            @if served.silent_demands + served.silent_links > 0 {
                " (not stated: Mbit/s of " (numbers::count(served.silent_demands, "demand", "demands")) ", capacity of "
                (numbers::count(served.silent_links, "link", "links")) ")"
            }
        } } }
        (marks::cut(found.capacity.len().min(ROWS), found.capacity.len(), "functions"))
    }
}
