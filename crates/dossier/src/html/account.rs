//! The account of an image's bytes, and the tree of what it holds, with offsets.

use super::{marks, numbers};
use crate::holdings::{Holdings, add};
use crate::report::Inspected;
use crate::visible::visible;
use banbury_evidence::{Object, ObjectKind, Region, RegionClass, Shares};
use maud::{Markup, html};

/// Regions without a known format that may stand in a row one by one.
const APART: usize = 4;
/// Regions of a known format shown of one object.
const REGIONS: usize = 40;
/// Containers and streams shown of one image.
const LISTED: usize = 100;

/// Every class, by its word.
fn classes(shares: &Shares) -> [(&'static str, u64); 4] {
    [
        ("known", shares.known),
        ("padding", shares.padding),
        ("opaque", shares.opaque),
        ("unknown", shares.unknown),
    ]
}

fn total(shares: &Shares) -> u64 {
    classes(shares).iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
}

/// What could not be read, in one line.
pub(super) fn line(exhibit: &Inspected<'_>) -> Markup {
    let shares = exhibit.objects.first().map(Object::shares).unwrap_or_default();
    let inside = Holdings::of(exhibit.objects).inside();
    html! {
        "of the image " (unread(&shares)) "; at the deepest level reached " (unread(&inside))
    }
}

fn unread(shares: &Shares) -> String {
    let all = total(shares);
    format!(
        "{} unknown, {} opaque",
        numbers::percent(shares.unknown, all),
        numbers::percent(shares.opaque, all)
    )
}

pub(super) fn section(exhibit: &Inspected<'_>) -> Markup {
    let Some(first) = exhibit.objects.first() else { return html! {} };
    let holdings = Holdings::of(exhibit.objects);
    let (outer, inner) = (first.shares(), holdings.inside());
    html! {
        h4 { "Account of bytes" }
        (bar("The image itself", &outer))
        (bar("At the deepest level reached", &inner))
        div.wide {
            table.account {
                thead { tr {
                    th scope="col" { "Class" } th.number scope="col" { "Image" } th.number scope="col" { "Deepest" }
                } }
                tbody {
                    @for ((class, bytes), (_, deep)) in classes(&outer).into_iter().zip(classes(&inner)) {
                        tr {
                            th scope="row" { span.swatch.{ "bytes-" (class) } aria-hidden="true" {} " " (class) div.under { (meaning(class)) } }
                            td.number title={ (numbers::grouped(bytes)) " bytes" } {
                                (numbers::percent(bytes, total(&outer))) div.under { (numbers::size(bytes)) }
                            }
                            td.number title={ (numbers::grouped(deep)) " bytes" } {
                                (numbers::percent(deep, total(&inner))) div.under { (numbers::size(deep)) }
                            }
                        }
                    }
                }
            }
        }
        p.meta {
            "Deepest: what was unpacked from a region stands in its place, so that a compressed kernel counts by its "
            "content. In all " (numbers::size(total(&inner))) "."
        }
        h4 { "What it holds" }
        details.holdings {
            summary { (summary(exhibit.objects, &holdings)) }
            (tree(first, &holdings))
        }
    }
}

fn meaning(class: &str) -> &'static str {
    match class {
        "known" => "read as a format",
        "padding" => "one byte value repeated",
        "opaque" => "dense as encrypted or compressed data, in no known format",
        _ => "none of these",
    }
}

fn bar(label: &str, shares: &Shares) -> Markup {
    html! {
        p.bar-label aria-hidden="true" { (label) }
        div.bar.bytes aria-hidden="true" {
            @for (class, bytes) in classes(shares) {
                @if bytes > 0 { span.{ "bytes-" (class) } style={ "flex-grow:" (bytes) } {} }
            }
        }
    }
}

fn summary(objects: &[Object], holdings: &Holdings<'_>) -> Markup {
    let files = objects.iter().filter(|object| object.kind == ObjectKind::File).count();
    let listed = holdings.listed();
    html! {
        (numbers::count(listed, "container or stream", "containers and streams")) ", "
        (numbers::count(files, "file", "files")) ", by offset"
        @if listed > LISTED { "; the first " (LISTED) " of them" }
    }
}

fn tree(first: &Object, holdings: &Holdings<'_>) -> Markup {
    let mut left = LISTED;
    let listed = holdings.listed();
    html! {
        div.tree { (regions(first, holdings, &mut left)) }
        (marks::cut(LISTED.min(listed), listed, "containers and streams"))
    }
}

/// The regions of an object, each with what was found in it.
fn regions(object: &Object, holdings: &Holdings<'_>, left: &mut usize) -> Markup {
    let all = object.regions.iter().filter(|region| is_known(region)).count();
    let mut known = REGIONS;
    html! {
        ul.regions {
            @for group in object.regions.chunk_by(|a, b| !is_known(a) && !is_known(b)) {
                @if group.len() > APART {
                    li { (together(group)) }
                } @else {
                    @for region in group {
                        @if !is_known(region) || spend(&mut known) {
                            @let here = holdings.within(object, region);
                            li {
                                (line_of(region))
                                @if !here.is_empty() { (contents(&here, holdings, left)) }
                            }
                        }
                    }
                }
            }
            @if object.regions.is_empty() && holdings.is_container(object) {
                li { (contents(holdings.children(object), holdings, left)) }
            }
        }
        (marks::cut(REGIONS.min(all), all, "regions of a known format"))
    }
}

/// Many regions in a row that no format claims, as totals.
fn together(group: &[Region]) -> Markup {
    let first = group.first().map_or(0, |region| region.offset);
    html! {
        span.region {
            code.offset { (marks::hex(first)) }
            span { (stretches(group.iter())) }
        }
    }
}

/// Bytes that no format claims, as totals: the stretches in no known format, then the padding among them.
fn stretches<'a>(regions: impl Iterator<Item = &'a Region> + Clone) -> String {
    let sum = |wanted: fn(RegionClass) -> bool| {
        regions
            .clone()
            .filter(|region| wanted(region.class))
            .fold((0usize, 0u64), |(number, bytes), region| (number + 1, bytes.saturating_add(region.length)))
    };
    let (number, bytes) = sum(|class| matches!(class, RegionClass::Opaque | RegionClass::Unknown));
    let (_, dense) = sum(|class| class == RegionClass::Opaque);
    let (_, padding) = sum(|class| class == RegionClass::Padding);
    let mut parts = Vec::new();
    if number > 0 {
        let mut text = format!(
            "{} in no known format, {} in all",
            numbers::count(number, "stretch", "stretches"),
            numbers::size(bytes)
        );
        if dense > 0 {
            text.push_str(&format!(" ({} of it dense)", numbers::size(dense)));
        }
        parts.push(text);
    }
    if padding > 0 {
        parts.push(format!("{} of padding", numbers::size(padding)));
    }
    parts.join("; ")
}

fn is_known(region: &Region) -> bool {
    region.class == RegionClass::Known
}

fn line_of(region: &Region) -> Markup {
    html! {
        span.region {
            code.offset { (marks::hex(region.offset)) }
            span.swatch.{ "bytes-" (region.class.as_str()) } aria-hidden="true" {}
            @if is_known(region) {
                strong { (visible(&region.note)) }
            } @else {
                (region.class.as_str()) @if !region.note.is_empty() { " " code { (visible(&region.note)) } }
            }
            span.meta title={ (numbers::grouped(region.length)) " bytes" } { (numbers::size(region.length)) }
            @if let Some(entropy) = region.entropy { span.meta { (entropy / 1000) "." (format!("{:03}", entropy % 1000)) " bits a byte" } }
        }
        @if !region.attributes.is_empty() {
            span.attributes {
                @for (index, (name, value)) in region.attributes.iter().enumerate() {
                    @if index > 0 { " · " } (visible(name)) ": " bdi { (visible(value)) }
                }
            }
        }
    }
}

/// What a container holds: how much of each kind, the account of the files among it, and the containers among it.
fn contents(objects: &[&Object], holdings: &Holdings<'_>, left: &mut usize) -> Markup {
    const KINDS: [(ObjectKind, &str, &str); 6] = [
        (ObjectKind::Stream, "stream", "streams"),
        (ObjectKind::File, "file", "files"),
        (ObjectKind::Directory, "directory", "directories"),
        (ObjectKind::Symlink, "symbolic link", "symbolic links"),
        (ObjectKind::Hardlink, "hard link", "hard links"),
        (ObjectKind::Special, "device, pipe or socket", "devices, pipes and sockets"),
    ];
    let counts: Vec<String> = KINDS
        .into_iter()
        .map(|(kind, one, many)| (objects.iter().filter(|object| object.kind == kind).count(), one, many))
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| numbers::count(number, one, many))
        .collect();
    let bytes = objects.iter().fold(0u64, |sum, object| sum.saturating_add(object.size));
    let listed: Vec<&&Object> = objects.iter().filter(|object| holdings.is_listed(object)).collect();
    let counted = objects
        .iter()
        .filter(|object| object.kind == ObjectKind::File && !holdings.is_listed(object))
        .fold(Shares::default(), |sum, object| add(sum, object.shares()));
    html! {
        p.meta {
            (counts.join(", ")) "; " (numbers::size(bytes)) " in all"
            @if total(&counted) > 0 { "; files that hold nothing further: " (breakdown(&counted)) }
        }
        @if !listed.is_empty() {
            ul.nested {
                @for object in listed {
                    @if spend(left) {
                        li {
                            code.path { (visible(object.location.entry().unwrap_or("content"))) }
                            " " span.meta {
                                (numbers::size(object.size))
                                @if !holdings.is_container(object) { ": " (breakdown(&object.shares())) }
                            }
                            @if holdings.is_container(object) { (regions(object, holdings, left)) }
                        }
                    }
                }
            }
        }
    }
}

/// The classes that occur, in words.
fn breakdown(shares: &Shares) -> String {
    let parts: Vec<String> = classes(shares)
        .into_iter()
        .filter(|(_, bytes)| *bytes > 0)
        .map(|(class, bytes)| format!("{} {class}", numbers::percent(bytes, total(shares))))
        .collect();
    if parts.is_empty() { "empty".to_owned() } else { parts.join(", ") }
}

/// Takes one from what may still be shown; whether there was one.
fn spend(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}
