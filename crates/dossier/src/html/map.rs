//! The network on a map: sites where they stand, by the worst verdict of what stands there.
//!
//! What: inline SVG of latitude and longitude, each site a sign, or each field of a grid one for all sites in it where there
//! are many; below it the regions in numbers. How: degrees of longitude are shortened by the cosine of the middle
//! latitude. When it is wrong: a network across the 180th meridian is drawn as wide as the earth. Misses: sites without
//! coordinates are in the numbers alone; coasts and borders are not drawn, for no source of them is part of Banbury.

use super::spoken::Spoken;
use super::{anchors::Anchors, marks, numbers};
use crate::report::CaseReport;
use crate::visible::visible;
use banbury_evidence::{Verdict, model::Site};
use maud::{Markup, html};
use std::collections::{BTreeMap, HashSet};

/// Sites above which fields of a grid are drawn.
const SITES: usize = 150;
/// Sites up to which each is named in the picture.
const NAMED: usize = 16;
/// Regions up to which each is named in the picture.
const REGIONS: usize = 16;
/// Rows of the table of regions.
const ROWS: usize = 200;
/// The picture's width, and how high it may become.
const WIDTH: f64 = 360.0;
const HIGHEST: f64 = 460.0;
const EDGE: f64 = 18.0;
/// Width of a field.
const FIELD: f64 = 9.0;

/// Sites that share a sign.
#[derive(Default)]
struct Spot<'a> {
    sites: Vec<&'a str>,
    devices: usize,
    sensitive: usize,
    worst: Option<Verdict>,
    breached: usize,
}

/// The numbers of a region.
#[derive(Default)]
struct Area {
    sites: usize,
    devices: usize,
    subscribers: u64,
    verdicts: BTreeMap<Option<Verdict>, usize>,
    /// Sums of the places of its sites in the picture.
    x: f64,
    y: f64,
    placed: usize,
}

pub(super) fn section(report: &CaseReport, anchors: &Anchors, spoken: &Spoken<'_>) -> Markup {
    let mut sites: BTreeMap<&str, &Site> = BTreeMap::new();
    for site in &report.model.sites {
        sites.entry(&site.name).or_insert(site);
    }
    if sites.is_empty() {
        return html! {};
    }
    let (worst, devices) = verdicts(report, &sites, spoken);
    let placed: Vec<(&Site, f64, f64)> = sites
        .values()
        .filter_map(|site| Some((*site, site.latitude?, site.longitude?)))
        .filter(|(_, north, east)| north.is_finite() && east.is_finite())
        .collect();
    let frame = Frame::of(&placed);
    let mut areas: BTreeMap<&str, Area> = BTreeMap::new();
    for site in sites.values() {
        let area = areas.entry(site.region.as_deref().unwrap_or_default()).or_default();
        area.sites += 1;
        area.devices += devices.get(site.name.as_str()).copied().unwrap_or_default();
        area.subscribers += site.subscribers.unwrap_or_default();
        *area.verdicts.entry(worst.get(site.name.as_str()).copied()).or_default() += 1;
    }
    let grid = placed.len() > SITES;
    let mut spots: BTreeMap<(i64, i64), Spot<'_>> = BTreeMap::new();
    for (number, (site, north, east)) in placed.iter().enumerate() {
        let (x, y) = frame.place(*north, *east);
        if let Some(area) = areas.get_mut(site.region.as_deref().unwrap_or_default()) {
            area.x += x;
            area.y += y;
            area.placed += 1;
        }
        let key =
            if grid { ((x / FIELD).floor() as i64, (y / FIELD).floor() as i64) } else { (number as i64, -1) };
        let spot = spots.entry(key).or_default();
        spot.sites.push(&site.name);
        spot.devices += devices.get(site.name.as_str()).copied().unwrap_or_default();
        spot.sensitive += usize::from(site.sensitive == Some(true));
        let found = worst.get(site.name.as_str()).copied();
        spot.breached += usize::from(found == Some(Verdict::Breached));
        spot.worst = spot.worst.into_iter().chain(found).min();
    }
    let drawn: Vec<(f64, f64, &Spot<'_>)> = spots
        .iter()
        .map(|((column, row), spot)| {
            let at = placed.get(usize::try_from(*column).unwrap_or_default()).filter(|_| !grid);
            let (x, y) = match at {
                Some((_, north, east)) => frame.place(*north, *east),
                None => ((*column as f64 + 0.5) * FIELD, (*row as f64 + 0.5) * FIELD),
            };
            (x, y, spot)
        })
        .collect();
    html! {
        h3 { "On the map" }
        @if placed.is_empty() {
            p { "No site has coordinates (" code { "latitude" } ", " code { "longitude" } " in sites.csv), so there is no map." }
        } @else {
            p {
                "Sites where they stand, north up; the sign is the worst verdict of what stands there. "
                @if grid {
                    "There are " (numbers::grouped(placed.len() as u64)) " sites: each sign stands for all of its field, and is the larger the more they are."
                }
                @if placed.len() < sites.len() {
                    " " (numbers::count(sites.len() - placed.len(), "site has", "sites have")) " no coordinates."
                }
            }
            figure.picture {
                (picture(&frame, &drawn, grid, &areas, placed.len(), anchors))
                figcaption.legend {
                    ul.plain.signs {
                        @for (verdict, words) in [(Some(Verdict::Breached), "breached"), (Some(Verdict::Inconclusive), "inconclusive, and nothing breached"),
                                                  (Some(Verdict::Met), "met"), (None, "no measure spoke of it")] {
                            li { svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true" { (sign(verdict, 5.0)) } " " (words) }
                        }
                    }
                }
            }
        }
        (table(&areas))
    }
}

/// The worst verdict at each site, and how many devices stand there.
fn verdicts<'a>(
    report: &'a CaseReport,
    sites: &BTreeMap<&'a str, &'a Site>,
    spoken: &Spoken<'_>,
) -> (BTreeMap<&'a str, Verdict>, BTreeMap<&'a str, usize>) {
    let of = |name: &str| spoken.worst(name).filter(|verdict| *verdict != Verdict::NotApplicable);
    let mut worst: BTreeMap<&str, Verdict> = BTreeMap::new();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut note = |site: &'a str, found: Option<Verdict>| {
        if let Some(found) = found {
            worst.entry(site).and_modify(|verdict| *verdict = found.min(*verdict)).or_insert(found);
        }
    };
    for site in sites.keys() {
        note(site, of(site));
    }
    for device in &report.model.devices {
        let Some((site, _)) = device.site.as_deref().and_then(|site| sites.get_key_value(site)) else {
            continue;
        };
        if seen.insert(&device.name) {
            *count.entry(site).or_default() += 1;
            note(site, of(&device.name));
        }
    }
    (worst, count)
}

/// How degrees become places in the picture.
struct Frame {
    north: f64,
    west: f64,
    /// Picture units for a degree of latitude.
    scale: f64,
    /// How much shorter a degree of longitude is.
    narrow: f64,
    left: f64,
    height: f64,
}

impl Frame {
    fn of(placed: &[(&Site, f64, f64)]) -> Self {
        let edge = |of: fn(&(&Site, f64, f64)) -> f64, pick: fn(f64, f64) -> f64, start: f64| {
            placed.iter().map(of).fold(start, pick)
        };
        let north = edge(|(_, north, _)| *north, f64::max, f64::NEG_INFINITY);
        let south = edge(|(_, north, _)| *north, f64::min, f64::INFINITY);
        let west = edge(|(.., east)| *east, f64::min, f64::INFINITY);
        let east = edge(|(.., east)| *east, f64::max, f64::NEG_INFINITY);
        let narrow = ((north + south) / 2.0).to_radians().cos().abs().max(0.05);
        let (wide, high) = (((east - west) * narrow).max(1e-6), (north - south).max(1e-6));
        let scale = ((WIDTH - 2.0 * EDGE) / wide).min((HIGHEST - 2.0 * EDGE) / high);
        Self {
            north,
            west,
            scale,
            narrow,
            left: (WIDTH - wide * scale) / 2.0,
            height: high * scale + 2.0 * EDGE,
        }
    }

    fn place(&self, north: f64, east: f64) -> (f64, f64) {
        (self.left + (east - self.west) * self.narrow * self.scale, EDGE + (self.north - north) * self.scale)
    }
}

fn picture(
    frame: &Frame,
    drawn: &[(f64, f64, &Spot<'_>)],
    grid: bool,
    areas: &BTreeMap<&str, Area>,
    sites: usize,
    anchors: &Anchors,
) -> Markup {
    let most = drawn.iter().map(|(.., spot)| spot.sites.len()).max().unwrap_or(1).max(1);
    let size = |spot: &Spot<'_>| {
        if grid { 1.6 + (FIELD * 0.52 - 1.6) * (spot.sites.len() as f64 / most as f64).sqrt() } else { 4.2 }
    };
    // What is breached is drawn last, over the others.
    let mut order: Vec<&(f64, f64, &Spot<'_>)> = drawn.iter().collect();
    order.sort_by_key(|(.., spot)| std::cmp::Reverse(spot.worst.unwrap_or(Verdict::NotApplicable)));
    html! {
        svg.map xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (round(frame.height)) } role="group" aria-label="Map of the sites" {
            @for (x, y, spot) in order {
                @let only = match spot.sites.as_slice() { [only] => Some(*only), _ => None };
                g transform={ "translate(" (round(*x)) " " (round(*y)) ")" } {
                    (linked(only.and_then(|name| anchors.site(name)), html! {
                        title {
                            @match only { Some(name) => { (visible(name)) ": " } None => { (spot.sites.len()) " sites, " } }
                            (numbers::count(spot.devices, "device", "devices"))
                            @if only.is_none() && spot.breached > 0 { "; " (numbers::count(spot.breached, "site", "sites")) " breached" }
                            @if spot.sensitive > 0 { "; " (numbers::count(spot.sensitive, "sensitive site", "sensitive sites")) }
                            @if let Some(worst) = spot.worst { "; worst: " (worst.as_str()) }
                        }
                        (sign(spot.worst, size(spot)))
                    }))
                }
            }
            @if sites <= NAMED {
                @for (x, y, spot) in drawn {
                    @for name in &spot.sites { (label(*x, *y - 7.0, name)) }
                }
            } @else if areas.len() <= REGIONS {
                @for (name, area) in areas.iter().filter(|(name, area)| !name.is_empty() && area.placed > 0) {
                    (label(area.x / area.placed as f64, area.y / area.placed as f64, name))
                }
            }
        }
    }
}

fn label(x: f64, y: f64, name: &str) -> Markup {
    // Near an edge a name stands inside the picture.
    let (anchor, x) = if x < 50.0 {
        ("start", x - 6.0)
    } else if x > WIDTH - 50.0 {
        ("end", x + 6.0)
    } else {
        ("middle", x)
    };
    html! {
        text.map-name x=(round(x)) y=(round(y.max(9.0))) text-anchor=(anchor) { (crate::visible::shortened(name, 22)) }
    }
}

/// A verdict's sign: told apart by shape as well as by colour.
fn sign(verdict: Option<Verdict>, size: f64) -> Markup {
    let half = round(size);
    html! {
        @match verdict {
            Some(Verdict::Breached) => path.spot.spot-breached d={ "M0 -" (round(size * 1.15)) "L" (round(size * 1.15)) " 0L0 " (round(size * 1.15)) "L-" (round(size * 1.15)) " 0Z" } {},
            Some(Verdict::Inconclusive) => rect.spot.spot-inconclusive x=(-half) y=(-half) width=(half * 2.0) height=(half * 2.0) {},
            Some(Verdict::Met) => circle.spot.spot-met r=(half) {},
            Some(Verdict::NotApplicable) | None => circle.spot.spot-none r=(round(size * 0.8)) {},
        }
    }
}

fn linked(id: Option<&str>, content: Markup) -> Markup {
    html! { @if let Some(id) = id { a href={ "#" (id) } { (content) } } @else { (content) } }
}

fn table(areas: &BTreeMap<&str, Area>) -> Markup {
    let mut rows: Vec<(&&str, &Area)> = areas.iter().collect();
    let breached = |area: &Area| area.verdicts.get(&Some(Verdict::Breached)).copied().unwrap_or_default();
    rows.sort_by(|(one, a), (other, b)| (breached(b), b.sites, one).cmp(&(breached(a), a.sites, other)));
    html! {
        div.wide {
            table.stack.regions {
                thead {
                    tr {
                        th scope="col" { "Region" } th.number scope="col" { "Sites" } th.number scope="col" { "Devices" }
                        th.number scope="col" { "Subscribers" } th scope="col" { "Sites by the worst verdict there" }
                    }
                }
                tbody {
                    @for (name, area) in rows.iter().take(ROWS) {
                        tr {
                            th scope="row" data-label="Measure" { @if name.is_empty() { span.absent { "no region stated" } } @else { bdi { (visible(name)) } } }
                            td.number data-label="Sites" { (numbers::grouped(area.sites as u64)) }
                            td.number data-label="Devices" { (numbers::grouped(area.devices as u64)) }
                            td.number data-label="Subscribers" { (numbers::grouped(area.subscribers)) }
                            td data-label="Sites by the worst verdict there" {
                                @for verdict in marks::VERDICTS {
                                    @if let Some(count) = area.verdicts.get(&Some(verdict)) { span.pair { (numbers::grouped(*count as u64)) " " (marks::verdict(verdict)) } " " }
                                }
                                @if let Some(count) = area.verdicts.get(&None) { span.pair.absent { (numbers::grouped(*count as u64)) " no measure spoke of" } }
                            }
                        }
                    }
                }
            }
        }
        (marks::cut(ROWS.min(rows.len()), rows.len(), "regions"))
    }
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
