//! The account of an image's bytes: how many are known, and the tree of containers with their offsets.

use super::{marks, numbers};
use crate::report::Inspected;
use crate::visible::visible;
use banbury_evidence::{Object, ObjectKind, Region, RegionClass};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Regions without a known format that may stand in a row one by one.
const APART: usize = 4;
/// Regions of a known format shown of one object, and others shown of one row.
const REGIONS: usize = 200;
/// Containers shown of one image.
const CONTAINERS: usize = 300;

pub(super) fn section(exhibit: &Inspected<'_>) -> Markup {
    let Some(first) = exhibit.objects.first() else { return html! {} };
    let shares = first.shares();
    let rows = [
        ("known", shares.known, "read as a format"),
        ("padding", shares.padding, "one byte value repeated"),
        ("opaque", shares.opaque, "dense as encrypted or compressed data, in no known format"),
        ("unknown", shares.unknown, "none of these"),
    ];
    let mut children: BTreeMap<u32, Vec<&Object>> = BTreeMap::new();
    for object in exhibit.objects {
        if let Some(parent) = object.parent {
            children.entry(parent).or_default().push(object);
        }
    }
    let containers = exhibit
        .objects
        .iter()
        .filter(|object| object.parent.is_some() && is_container(object, &children))
        .count();
    let mut left = CONTAINERS;
    html! {
        h4 { "Account of bytes" }
        div.bar.bytes aria-hidden="true" {
            @for (class, bytes, _) in &rows {
                @if *bytes > 0 { span.{ "bytes-" (class) } style={ "flex-grow:" (bytes) } {} }
            }
        }
        div.wide {
            table.account {
                thead { tr { th scope="col" { "Class" } th.number scope="col" { "Share" } th.number scope="col" { "Bytes" } th scope="col" { "Meaning" } } }
                tbody {
                    @for (class, bytes, meaning) in &rows {
                        tr {
                            th scope="row" { span.swatch.{ "bytes-" (class) } aria-hidden="true" {} " " (class) }
                            td.number { (numbers::percent(*bytes, first.size)) }
                            td.number { (numbers::grouped(*bytes)) }
                            td { (meaning) }
                        }
                    }
                }
            }
        }
        (inside(exhibit.objects))
        h4 { "What it holds" }
        div.tree { (regions(first, &children, &mut left)) }
        (marks::cut(containers.min(CONTAINERS), containers, "containers inside the image"))
    }
}

/// The account of what was found inside: every object by itself, so that a file in an archive in a file system counts
/// in each of the three.
fn inside(objects: &[Object]) -> Markup {
    let (mut size, mut opaque, mut unknown) = (0u64, 0u64, 0u64);
    for object in objects.iter().skip(1) {
        let shares = object.shares();
        size = size.saturating_add(object.size);
        opaque = opaque.saturating_add(shares.opaque);
        unknown = unknown.saturating_add(shares.unknown);
    }
    html! {
        @if size > 0 {
            p.meta {
                "Of the " (numbers::size(size)) " of all objects found inside, each counted by itself, "
                (numbers::percent(unknown, size)) " are unknown and " (numbers::percent(opaque, size)) " opaque. "
                "A file of a file system is known by its place there, whatever its content."
            }
        }
    }
}

/// The regions of an object, each with what was found in it.
fn regions(object: &Object, children: &BTreeMap<u32, Vec<&Object>>, left: &mut usize) -> Markup {
    let none = Vec::new();
    let total = object.regions.iter().filter(|region| is_known(region)).count();
    let mut known = REGIONS;
    let inside = children.get(&object.ordinal).unwrap_or(&none);
    // A child belongs to the region that its last step names by offset.
    let starts = |child: &&&Object, region: &Region| {
        child.location.steps.last().is_some_and(|step| step.offset == region.offset)
    };
    html! {
        ul.regions {
            @for group in object.regions.chunk_by(|a, b| !is_known(a) && !is_known(b)) {
                @if group.len() > APART && !group.iter().any(is_known) {
                    li { (together(group)) }
                } @else {
                    @for region in group {
                        @let here: Vec<&Object> = if is_known(region) {
                            inside.iter().filter(|child| starts(child, region)).copied().collect()
                        } else {
                            Vec::new()
                        };
                        @if !is_known(region) || spend(&mut known) {
                            li {
                                (line(region))
                                @if !here.is_empty() { (contents(&here, children, left)) }
                            }
                        }
                    }
                }
            }
            @if object.regions.is_empty() && !inside.is_empty() { li { (contents(inside, children, left)) } }
        }
        (marks::cut(REGIONS.min(total), total, "regions of a known format"))
    }
}

/// Many regions in a row that no format claims, as one line that opens.
fn together(group: &[Region]) -> Markup {
    const CLASSES: [RegionClass; 3] = [RegionClass::Padding, RegionClass::Opaque, RegionClass::Unknown];
    let sums: Vec<String> = CLASSES
        .into_iter()
        .map(|class| {
            (
                class,
                group.iter().filter(|region| region.class == class).map(|region| region.length).sum::<u64>(),
            )
        })
        .filter(|(_, bytes)| *bytes > 0)
        .map(|(class, bytes)| format!("{} {}", numbers::size(bytes), class.as_str()))
        .collect();
    html! {
        details {
            summary {
                @if let Some(first) = group.first() { code.offset { (marks::hex(first.offset)) } " " }
                (numbers::grouped(group.len() as u64)) " regions in a row: " (sums.join(", "))
            }
            ul { @for region in group.iter().take(REGIONS) { li { (line(region)) } } }
            (marks::cut(REGIONS.min(group.len()), group.len(), "regions in this row"))
        }
    }
}

fn is_known(region: &Region) -> bool {
    region.class == RegionClass::Known
}

fn line(region: &Region) -> Markup {
    html! {
        span.region {
            code.offset { (marks::hex(region.offset)) }
            span.swatch.{ "bytes-" (region.class.as_str()) } aria-hidden="true" {}
            @if region.class == RegionClass::Known {
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

/// What a container holds: how much of each kind, and the containers among it.
fn contents(objects: &[&Object], children: &BTreeMap<u32, Vec<&Object>>, left: &mut usize) -> Markup {
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
    html! {
        p.meta { (counts.join(", ")) "; " (numbers::size(bytes)) " in all" }
        @let nested: Vec<&&Object> = objects.iter().filter(|object| is_container(object, children)).collect();
        @if !nested.is_empty() {
            ul.nested {
                @for object in nested {
                    @if spend(left) {
                        li {
                            code.path { (visible(object.location.entry().unwrap_or("content"))) }
                            " " span.meta { (numbers::size(object.size)) }
                            (regions(object, children, left))
                        }
                    }
                }
            }
        }
    }
}

/// Takes one from what may still be shown; whether there was one.
fn spend(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

/// Whether there is more to say of an object than its name: something was found in it, or not all of it is known.
fn is_container(object: &Object, children: &BTreeMap<u32, Vec<&Object>>) -> bool {
    !object.regions.is_empty() || children.contains_key(&object.ordinal)
}
