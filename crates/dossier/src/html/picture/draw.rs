//! The picture's SVG. Colours and line styles are the style sheet's.

use super::graph::{Edge, Graph, HEAD, LABEL, Node, PAD, ROW, Row, TITLE, Vendor};
use super::layout;
use crate::html::marks;
use crate::visible::{shortened, visible};
use maud::{Markup, html};

pub(super) fn svg(graph: &Graph) -> Markup {
    let (width, height) = layout::extent(&graph.boxes);
    html! {
        svg.network xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) }
            role="group" aria-label="The network" {
            g.links { @for edge in &graph.edges { (link(graph, edge)) } }
            g.boxes { @for node in &graph.boxes { (site(node, &graph.vendors)) } }
            g.numbers aria-hidden="true" { @for (x, y, count) in numbers(graph) { (number(x, y, count)) } }
        }
    }
}

fn link(graph: &Graph, edge: &Edge) -> Markup {
    let (Some(a), Some(b)) = (graph.boxes.get(edge.a), graph.boxes.get(edge.b)) else { return html! {} };
    let mut title: Vec<_> = edge.names.iter().map(|name| visible(name).into_owned()).collect();
    if edge.count > edge.names.len() {
        title.push(format!("and {} more", edge.count - edge.names.len()));
    }
    if edge.count > 1 {
        title.insert(0, format!("{} links", edge.count));
    }
    if edge.single {
        title.push("single point of failure".to_owned());
    }
    let class = if edge.single { "link single" } else { "link" };
    let thickness = 1.4 + (edge.count.min(6) as f64 - 1.0) * 0.8;
    html! {
        line class=(class) x1=(a.x) y1=(a.y) x2=(b.x) y2=(b.y) stroke-width=(round(thickness)) { title { (title.join("; ")) } }
    }
}

/// Half of a number's sign.
const NUMBER: (f64, f64) = (12.0, 9.0);

/// The number of links, where there is more than one, half-way between the two boxes' edges; none where it would cover a box or
/// another number. The line's title has it too.
fn numbers(graph: &Graph) -> Vec<(f64, f64, usize)> {
    let mut placed: Vec<(f64, f64, usize)> = Vec::new();
    for edge in graph.edges.iter().filter(|edge| edge.count > 1) {
        let (Some(a), Some(b)) = (graph.boxes.get(edge.a), graph.boxes.get(edge.b)) else { continue };
        let (from, to) = (border(a, b), border(b, a));
        let (x, y) = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let near = |other: (f64, f64), half: (f64, f64)| {
            (x - other.0).abs() < NUMBER.0 + half.0 && (y - other.1).abs() < NUMBER.1 + half.1
        };
        let covers =
            graph.boxes.iter().any(|node| near((node.x, node.y), (node.width / 2.0, node.height / 2.0)));
        if !covers && !placed.iter().any(|(x, y, _)| near((*x, *y), NUMBER)) {
            placed.push((x, y, edge.count));
        }
    }
    placed
}

fn number(x: f64, y: f64, count: usize) -> Markup {
    html! {
        g transform={ "translate(" (round(x)) " " (round(y)) ")" } {
            rect.number-back x=(-NUMBER.0) y=(-NUMBER.1) width=(2.0 * NUMBER.0) height=(2.0 * NUMBER.1) rx="9" {}
            text.number-text y="4" text-anchor="middle" { "×" (count) }
        }
    }
}

/// Where the line from the centre of `a` to the centre of `b` leaves the box `a`.
fn border(a: &Node, b: &Node) -> (f64, f64) {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let across = if dx.abs() < 1e-9 { f64::INFINITY } else { a.width / 2.0 / dx.abs() };
    let along = if dy.abs() < 1e-9 { f64::INFINITY } else { a.height / 2.0 / dy.abs() };
    let part = across.min(along).min(1.0);
    (a.x + dx * part, a.y + dy * part)
}

fn site(node: &Node, vendors: &[Vendor]) -> Markup {
    let (left, top) = (round(node.x - node.width / 2.0), round(node.y - node.height / 2.0));
    let class = if node.sensitive { "site-box sensitive" } else { "site-box" };
    let lines = node.rows.len().div_ceil(node.columns.max(1)).max(1);
    html! {
        g transform={ "translate(" (left) " " (top) ")" } {
            rect class=(class) width=(round(node.width)) height=(round(node.height)) rx="7" {}
            (linked(node.href.as_deref(), html! {
                title {
                    (visible(&node.title)) ": " (node.subtitle)
                    @if node.sensitive { "; sensitive site" }
                    @if let Some(verdict) = node.verdict { "; verdict: " (verdict.as_str()) }
                }
                text.site-title x=(PAD) y="17" {
                    @if node.sensitive { tspan.diamond { "◆ " } } (shortened(&node.title, TITLE))
                }
                text.site-under x=(PAD) y="31" { (node.subtitle) }
            }))
            @if let Some(verdict) = node.verdict {
                text.sign-text.{ "sign-" (marks::class(verdict)) } x=(round(node.width - PAD)) y="17" text-anchor="end" aria-hidden="true" { (marks::sign(verdict)) }
            }
            @for (index, row) in node.rows.iter().enumerate() {
                @let x = PAD + (index / lines) as f64 * node.column_width;
                @let y = HEAD + (index % lines) as f64 * ROW;
                (device(row, x, y, node.column_width, vendors))
            }
            @for (index, (verdict, count)) in node.tally.iter().enumerate() {
                text.sign-text.{ "sign-" (marks::class(*verdict)) } x=(PAD + index as f64 * 44.0) y=(HEAD + 13.0) {
                    title { (count) " " (verdict.as_str()) }
                    (marks::sign(*verdict)) " " (count)
                }
            }
        }
    }
}

fn device(row: &Row, x: f64, y: f64, width: f64, vendors: &[Vendor]) -> Markup {
    let class = row.verdict.map_or("none", marks::class);
    let width = width - 4.0;
    html! {
        g transform={ "translate(" (round(x)) " " (round(y)) ")" } {
            (linked(row.href.as_deref(), html! {
                title { (visible(&row.title)) }
                rect.row.{ "row-" (class) } width=(round(width)) height=(ROW - 2.0) rx="3" {}
                @if row.core { rect.core-bar width="3" height=(ROW - 2.0) rx="1.5" {} }
                g transform="translate(14 8.5)" {
                    @match row.vendor.and_then(|index| vendors.get(index)) {
                        Some(vendor) => { (vendor_mark(vendor)) }
                        None => { (no_vendor()) }
                    }
                }
                text class=(if row.core { "label core" } else { "label" }) x="26" y="12.5" { (shortened(&row.name, LABEL)) }
                @if let Some(verdict) = row.verdict {
                    text.sign-text.{ "sign-" (class) } x=(round(width - 5.0)) y="12.5" text-anchor="end" { (marks::sign(verdict)) }
                }
            }))
        }
    }
}

/// A manufacturer's mark around (0, 0): a letter in a shape, so that it can be told without colour.
pub(super) fn vendor_mark(vendor: &Vendor) -> Markup {
    html! {
        @match vendor.shape {
            0 => circle.vendor r="7" {},
            1 => rect.vendor x="-6.5" y="-6.5" width="13" height="13" {},
            2 => path.vendor d="M0 -8.5 8.5 0 0 8.5 -8.5 0Z" {},
            3 => path.vendor d="M-4 -7H4L8 0 4 7H-4L-8 0Z" {},
            4 => rect.vendor x="-8" y="-5.8" width="16" height="11.6" rx="5.8" {},
            _ => path.vendor d="M-7.5 -7H7.5V2.5L0 8 -7.5 2.5Z" {},
        }
        text.vendor-letter y="3.2" text-anchor="middle" { (vendor.letter) }
    }
}

/// The mark of a device whose manufacturer is not stated, or has none of its own.
pub(super) fn no_vendor() -> Markup {
    html! {
        circle.vendor.vendor-none r="6.5" {}
        text.vendor-letter y="3.2" text-anchor="middle" { "·" }
    }
}

fn linked(id: Option<&str>, content: Markup) -> Markup {
    html! { @if let Some(id) = id { a href={ "#" (id) } { (content) } } @else { g { (content) } } }
}

/// One decimal is enough for a picture, and keeps it the same everywhere.
fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
