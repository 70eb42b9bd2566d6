//! The makers of the devices: how many each made, and what is known of exploitation.

use super::{exploited, numbers};
use crate::report::CaseReport;
use crate::visible::visible;
use maud::{Markup, html};
use std::collections::BTreeMap;

pub(super) fn section(report: &CaseReport) -> Markup {
    let mut by: BTreeMap<&str, u64> = BTreeMap::new();
    let mut unnamed = 0;
    for device in &report.model.devices {
        match device.manufacturer.as_deref().map(str::trim).filter(|maker| !maker.is_empty()) {
            Some(maker) => *by.entry(maker).or_default() += 1,
            None => unnamed += 1,
        }
    }
    let reviewed = |maker: &str| {
        let own =
            report.model.reviews.iter().filter(|review| review.vendor.trim().eq_ignore_ascii_case(maker));
        own.map(|review| review.date.as_str()).max()
    };
    let jurisdiction = |maker: &str| {
        let own = report.model.vendors.iter().find(|vendor| vendor.name.trim().eq_ignore_ascii_case(maker));
        own.and_then(|vendor| vendor.jurisdiction.as_deref())
    };
    let no_list = match report.model.tables.iter().any(|table| table.table == "designations") {
        true => "none",
        false => "no lists imported",
    };
    let lists = |maker: &str| -> Vec<String> {
        let own =
            report.model.designations.iter().filter(|one| one.vendor.trim().eq_ignore_ascii_case(maker));
        own.map(|one| match &one.since {
            Some(day) => format!("{} since {day}", one.list),
            None => one.list.clone(),
        })
        .collect()
    };
    html! {
        @if by.is_empty() { p { "No table of devices names a maker." } }
        @else {
            div.wide {
                table.stack {
                    thead { tr {
                        th scope="col" { "Vendor" } th scope="col" { "Devices" } th scope="col" { "Jurisdiction" }
                        th scope="col" { "Stands on the lists" } th scope="col" { "Latest review on record" }
                    } }
                    tbody {
                        @for (maker, devices) in &by {
                            tr {
                                th scope="row" data-label="Vendor" { bdi { (visible(maker)) } }
                                td data-label="Devices" { (numbers::grouped(*devices)) }
                                td data-label="Jurisdiction" {
                                    @match jurisdiction(maker) { Some(text) => { (visible(text)) } None => { span.absent { "not stated" } } }
                                }
                                td data-label="Stands on the lists" {
                                    @match lists(maker) { lists if lists.is_empty() => { span.absent { (no_list) } } lists => { (visible(&lists.join(", "))) } }
                                }
                                td data-label="Latest review on record" {
                                    @match reviewed(maker) { Some(day) => { (visible(day)) } None => { span.absent { "none" } } }
                                }
                            }
                        }
                    }
                }
            }
            @if unnamed > 0 { p.meta { (numbers::grouped(unnamed)) " devices name no maker." } }
        }
        (exploited::section(report.exploitation.as_ref().map_err(String::as_str)))
    }
}
