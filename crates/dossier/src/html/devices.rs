//! Each device: what the tables say of it, its verdicts, and what its image holds.

use super::spoken::{Spoken, Word};
use super::{anchors::Anchors, marks, numbers, summary};
use crate::report::{CaseReport, Inspected};
use crate::visible::visible;
use banbury_evidence::{
    Verdict,
    model::{Device, Model, Site},
};
use maud::{Markup, html};
use std::collections::{BTreeMap, HashSet};

/// What the tables say of the devices that are shown, by name.
struct Told<'a> {
    functions: BTreeMap<&'a str, Vec<&'a str>>,
    interceptions: BTreeMap<&'a str, Vec<&'a str>>,
    records: BTreeMap<&'a str, Vec<&'a Device>>,
    single: BTreeMap<&'a str, u64>,
}

impl<'a> Told<'a> {
    fn of(model: &'a Model, anchors: &Anchors) -> Self {
        let mut told = Self {
            functions: BTreeMap::new(),
            interceptions: BTreeMap::new(),
            records: BTreeMap::new(),
            single: BTreeMap::new(),
        };
        let shown = |name: &str| anchors.device(name).is_some();
        for function in model.functions.iter().filter(|function| shown(&function.device)) {
            told.functions.entry(&function.device).or_default().push(&function.function);
        }
        for part in model.interceptions.iter().filter(|part| shown(&part.device)) {
            told.interceptions.entry(&part.device).or_default().push(&part.part);
        }
        for device in model.devices.iter().filter(|device| shown(&device.name)) {
            told.records.entry(&device.name).or_default().push(device);
        }
        for point in model.single_points.iter().filter(|point| point.kind == "device" && shown(&point.name)) {
            told.single.insert(&point.name, point.devices_cut);
        }
        told
    }
}

pub(super) fn section(
    report: &CaseReport,
    anchors: &Anchors,
    spoken: &Spoken<'_>,
    inspected: &[Inspected<'_>],
) -> Markup {
    let sites: BTreeMap<&str, &Site> =
        report.model.sites.iter().rev().map(|site| (site.name.as_str(), site)).collect();
    let mut names: HashSet<&str> = HashSet::new();
    let mut by_site: BTreeMap<&str, Vec<&Device>> = BTreeMap::new();
    for site in sites.keys() {
        by_site.entry(site).or_default();
    }
    for device in &report.model.devices {
        // A name that stands twice in the tables is one device, with the records told apart by their lines.
        if names.insert(&device.name) {
            by_site.entry(device.site.as_deref().unwrap_or_default()).or_default().push(device);
        }
    }
    let shown = names.iter().filter(|name| anchors.device(name).is_some()).count();
    let all = by_site.len();
    // Devices without a site have a heading that nothing links to.
    by_site.retain(|site, _| site.is_empty() || anchors.site(site).is_some());
    let told = Told::of(&report.model, anchors);
    html! {
        @if names.is_empty() { p { "The case has no devices: no table of devices was imported." } }
        (marks::chosen(shown, names.len(), "devices"))
        (marks::chosen(by_site.len(), all, "sites"))
        @for (site, devices) in &by_site {
            (heading(site, sites.get(site).copied(), anchors, spoken))
            div.cards {
                @for device in devices { (card(report, device, anchors, &told, spoken, inspected)) }
            }
            @if devices.is_empty() { p.meta { "No device stands here." } }
            @let more = devices.iter().filter(|device| anchors.device(&device.name).is_none()).count();
            @if more > 0 { p.meta { (numbers::count(more, "device", "devices")) " here without an entry." } }
        }
    }
}

fn heading(name: &str, site: Option<&Site>, anchors: &Anchors, spoken: &Spoken<'_>) -> Markup {
    html! {
        h3.site id=[anchors.site(name)] {
            @if name.is_empty() { "No site stated" } @else { bdi { (visible(name)) } }
        }
        @if let Some(site) = site {
            p.meta {
                @match site.sensitive {
                    Some(true) => { span.mark.sensitive { "◆ sensitive site" } " " }
                    Some(false) => { "not a sensitive site · " }
                    None => { "sensitivity not stated · " }
                }
                @if let Some(area) = &site.region { "region " (visible(area)) " · " }
                @if let Some(subscribers) = site.subscribers { (numbers::grouped(subscribers)) " subscribers · " }
                (visible(&site.source.file)) ":" (site.source.line)
            }
        }
        @if !name.is_empty() { (verdict_list(spoken.on(name), anchors)) }
    }
}

fn card(
    report: &CaseReport,
    device: &Device,
    anchors: &Anchors,
    told: &Told<'_>,
    spoken: &Spoken<'_>,
    inspected: &[Inspected<'_>],
) -> Markup {
    let name = device.name.as_str();
    let Some(id) = anchors.device(name) else { return html! {} };
    let list = |of: &BTreeMap<&str, Vec<&str>>| -> Vec<String> {
        of.get(name).into_iter().flatten().map(|text| visible(text).to_string()).collect()
    };
    let functions = list(&told.functions);
    let intercept = list(&told.interceptions);
    let list = spoken.on(name);
    let worst = spoken.worst(name);
    html! {
        article.card id=(id) {
            h4 { bdi { (visible(&device.name)) } }
            p.badges {
                @match worst {
                    Some(worst) => { span.pair { "verdicts: " (marks::verdict(worst)) } }
                    None => { span.pair.absent { "no measure spoke of it" } }
                }
                " " (worst_finding(report, device, inspected))
            }
            dl.facts {
                (fact("Role", device.role.as_deref()))
                (fact("Manufacturer", device.manufacturer.as_deref()))
                (fact("Type", device.device_type.as_deref()))
                @if device.platform.is_some() { (fact("Platform", device.platform.as_deref())) }
                (fact("Software", device.software.as_deref()))
                @if !functions.is_empty() { dt { "Functions" } dd { (functions.join(", ")) } }
                @if !intercept.is_empty() { dt { "Lawful intercept" } dd { (intercept.join(", ")) } }
                @if device.segment.is_some() { (fact("Segment", device.segment.as_deref())) }
                @if device.status.is_some() { (fact("Status", device.status.as_deref())) }
                @if let Some(cut) = told.single.get(name) {
                    dt { "Single point" } dd { "its loss cuts off " (numbers::count(usize::try_from(*cut).unwrap_or(usize::MAX), "device", "devices")) }
                }
                dt { "Image" } dd { (image(report, device, inspected)) }
                dt { "Source" }
                dd {
                    @for (index, record) in told.records.get(name).into_iter().flatten().enumerate() {
                        @if index > 0 { ", " } (visible(&record.source.file)) ":" (record.source.line)
                    }
                }
            }
            (verdict_list(list, anchors))
        }
    }
}

/// The gravest finding in a device's image, components left out; nothing where no image was looked at.
fn worst_finding(report: &CaseReport, device: &Device, inspected: &[Inspected<'_>]) -> Markup {
    let exhibit = device.image.as_deref().and_then(|image| report.image(image));
    let known = exhibit
        .and_then(|exhibit| inspected.iter().find(|other| other.sha256 == exhibit.sha256))
        .filter(|known| !known.objects.is_empty());
    let worst = known.and_then(|known| {
        known.findings.iter().filter(|finding| finding.is_finding()).map(|finding| finding.claim.grade).max()
    });
    html! {
        @match (known, worst) {
            (Some(_), Some(grade)) => { span.pair { "findings: " (marks::grade(grade)) } }
            (Some(_), None) => { span.pair { "findings: none" } }
            (None, _) => { span.pair.absent { "image not looked at" } }
        }
    }
}

fn fact(name: &str, value: Option<&str>) -> Markup {
    html! {
        dt { (name) }
        dd { @match value { Some(text) => { bdi { (visible(text)) } } None => { span.absent { "not stated" } } } }
    }
}

fn image(report: &CaseReport, device: &Device, inspected: &[Inspected<'_>]) -> Markup {
    let Some(name) = &device.image else {
        return html! { span.absent { "not stated: what is in it was not looked at" } };
    };
    let Some(exhibit) = report.image(name) else {
        return html! { (visible(name)) " " span.absent { "(not in the case: not looked at)" } };
    };
    let known = inspected.iter().find(|other| other.sha256 == exhibit.sha256);
    html! {
        a href={ "#exhibit-" (exhibit.sha256.short()) } { (visible(&exhibit.name)) }
        @if let Some(known) = known {
            @let components = known.findings.iter().filter(|finding| finding.is_component()).count();
            br; (numbers::count(components, "component", "components")) ", "
            (summary::grades(known.findings.iter()))
            @if known.gap().is_some() { span.absent { "not all of it was looked at" } }
        }
    }
}

/// The verdicts of one subject: those that ask for something in full, the others counted.
fn verdict_list(list: &[Word<'_>], anchors: &Anchors) -> Markup {
    let open = |verdict: Verdict| matches!(verdict, Verdict::Breached | Verdict::Inconclusive);
    let rest =
        marks::tally(list.iter().map(|(.., subject)| subject.verdict).filter(|verdict| !open(*verdict)));
    html! {
        @if !list.is_empty() {
            ul.subjects {
                @for (regime, measure, subject) in list.iter().filter(|(.., subject)| open(subject.verdict)) {
                    li {
                        (marks::verdict(subject.verdict)) " "
                        (marks::linked(&measure.title, anchors.measure(&regime.regime, &measure.measure)))
                        div { (visible(&subject.reason)) }
                    }
                }
                @if !rest.is_empty() { li.quiet { "Other measures: " (marks::tally_text(&rest)) } }
            }
        }
    }
}
