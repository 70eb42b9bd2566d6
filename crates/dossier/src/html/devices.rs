//! Each device: what the tables say of it, its verdicts, and what its image holds.

use super::{anchors::Anchors, marks, numbers, summary};
use crate::report::{CaseReport, Inspected};
use crate::visible::visible;
use banbury_evidence::{
    MeasureResult, RegimeResult, SubjectVerdict, Verdict,
    model::{Device, Site},
};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// What regimes say of a subject, by its name.
pub(super) type ByName<'a> =
    BTreeMap<&'a str, Vec<(&'a RegimeResult, &'a MeasureResult, &'a SubjectVerdict)>>;

/// Every subject's verdicts, worst first.
pub(super) fn verdicts(report: &CaseReport) -> ByName<'_> {
    let mut by_name: ByName<'_> = BTreeMap::new();
    for regime in &report.regimes {
        for measure in &regime.measures {
            for subject in &measure.subjects {
                by_name.entry(&subject.subject).or_default().push((regime, measure, subject));
            }
        }
    }
    for list in by_name.values_mut() {
        list.sort_by_key(|(.., subject)| subject.verdict);
    }
    by_name
}

pub(super) fn section(report: &CaseReport, anchors: &Anchors, inspected: &[Inspected<'_>]) -> Markup {
    let verdicts = verdicts(report);
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut by_site: BTreeMap<&str, Vec<&Device>> = BTreeMap::new();
    for site in &report.model.sites {
        by_site.entry(&site.name).or_default();
    }
    for device in &report.model.devices {
        // A name that stands twice in the tables is one device, with the records told apart by their lines.
        if names.insert(&device.name) {
            by_site.entry(device.site.as_deref().unwrap_or_default()).or_default().push(device);
        }
    }
    let shown = names.iter().filter(|name| anchors.device(name).is_some()).count();
    html! {
        @if names.is_empty() { p { "The case has no devices: no table of devices was imported." } }
        (marks::cut(shown, names.len(), "devices"))
        @for (site, devices) in &by_site {
            @let record = report.model.sites.iter().find(|other| other.name == *site);
            (heading(site, record, anchors, &verdicts))
            div.cards {
                @for device in devices { (card(report, device, anchors, inspected, &verdicts)) }
            }
            @if devices.is_empty() { p.meta { "No device stands here." } }
        }
    }
}

fn heading(name: &str, site: Option<&Site>, anchors: &Anchors, verdicts: &ByName<'_>) -> Markup {
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
        @if !name.is_empty() && let Some(list) = verdicts.get(name) { (verdict_list(list, anchors)) }
    }
}

fn card(
    report: &CaseReport,
    device: &Device,
    anchors: &Anchors,
    inspected: &[Inspected<'_>],
    verdicts: &ByName<'_>,
) -> Markup {
    let Some(id) = anchors.device(&device.name) else { return html! {} };
    let functions: Vec<_> = report
        .model
        .functions
        .iter()
        .filter(|function| function.device == device.name)
        .map(|function| visible(&function.function))
        .collect();
    let intercept: Vec<_> = report
        .model
        .interceptions
        .iter()
        .filter(|part| part.device == device.name)
        .map(|part| visible(&part.part))
        .collect();
    let records: Vec<&Device> =
        report.model.devices.iter().filter(|other| other.name == device.name).collect();
    let single =
        report.model.single_points.iter().find(|point| point.kind == "device" && point.name == device.name);
    let list = verdicts.get(device.name.as_str()).map(Vec::as_slice).unwrap_or_default();
    let worst = list.iter().map(|(.., subject)| subject.verdict).min();
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
                @if let Some(point) = single {
                    dt { "Single point" } dd { "its loss cuts off " (numbers::count(usize::try_from(point.devices_cut).unwrap_or(usize::MAX), "device", "devices")) }
                }
                dt { "Image" } dd { (image(report, device, inspected)) }
                dt { "Source" }
                dd {
                    @for (index, record) in records.iter().enumerate() {
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
fn verdict_list(list: &[(&RegimeResult, &MeasureResult, &SubjectVerdict)], anchors: &Anchors) -> Markup {
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
