//! The network as a picture: sites as boxes, their devices inside, links between sites.
//!
//! What: sensitivity (of sites, and of devices by function), verdicts, the variety of manufacturers, links and how many
//! there are. How: inline SVG, laid out by latitude and longitude where at least half of the sites have them, else in
//! layers by the number of links from the core; the same model gives the same picture. Misses: what is inside a site's
//! wiring; a link to a device that no table names. Source: SVG 2.

mod draw;
mod graph;
mod layout;

use super::{anchors::Anchors, marks, numbers, spoken::Spoken};
use crate::report::CaseReport;
use crate::visible::visible;
use graph::{Graph, Level};
use maud::{Markup, html};

pub(super) fn section(report: &CaseReport, anchors: &Anchors, spoken: &Spoken<'_>) -> Markup {
    if report.model.devices.is_empty() {
        return html! { p { "There is nothing to draw: no table of devices was imported." } };
    }
    let mut graph = Graph::of(report, anchors, spoken);
    if graph.boxes.len() > graph::BOXES {
        return html! {
            p { "The network has " (numbers::grouped(graph.boxes.len() as u64)) " " (graph.level.boxes())
                ", more than a picture can show; the limit is " (numbers::grouped(graph::BOXES as u64)) "." }
        };
    }
    let arrangement = layout::arrange(&mut graph);
    html! {
        p {
            @match graph.level {
                Level::Devices => { "Each box is a site, each line in it a device that links to its entry; lines between boxes are links between sites." }
                Level::Sites => { "The network has more than " (graph::DEVICES) " devices: each box is a site and gives their number and verdicts." }
                Level::Regions => { "The network has more than " (graph::SITES) " sites: each box is a region and gives the number of its devices and their verdicts." }
            }
            " " (arrangement.words())
        }
        figure.picture {
            div.scroll tabindex="0" role="region" aria-label="Picture of the network, scrollable" { (draw::svg(&graph)) }
            figcaption {
                p.meta.narrow { "The picture is wider than this screen: move it sideways." }
                (legend(&graph))
            }
        }
        @if graph.dangling > 0 {
            p.meta { (numbers::count(graph.dangling, "link is", "links are")) " not drawn: an end is not in the table of devices." }
        }
        @if graph.inner > 0 {
            p.meta { (numbers::count(graph.inner, "link stays", "links stay")) " inside one box and "
                @if graph.inner == 1 { "is" } @else { "are" } " not drawn." }
        }
    }
}

fn legend(graph: &Graph) -> Markup {
    html! {
        div.legend {
            div {
                h3 { "Verdict" }
                ul.plain {
                    @for verdict in marks::VERDICTS { li { (marks::verdict(verdict)) } }
                    li.meta { "the worst of a device's verdicts; no sign: no measure spoke of it" }
                }
            }
            div {
                h3 { "Sensitivity" }
                ul.plain {
                    li { span.key.key-site {} " sensitive site (heavy frame, ◆)" }
                    @if matches!(graph.level, Level::Devices) { li { span.key.key-core {} " core, intercept or management function (bar, bold)" } }
                }
            }
            div {
                h3 { "Manufacturer" }
                ul.plain.vendors {
                    @for vendor in &graph.vendors {
                        li {
                            svg width="18" height="18" viewBox="-9 -9 18 18" aria-hidden="true" { (draw::vendor_mark(vendor)) }
                            " " bdi { (visible(&vendor.name)) } " " span.meta { (numbers::grouped(vendor.devices)) }
                        }
                    }
                    @if graph.boxes.iter().flat_map(|node| &node.rows).any(|row| row.vendor.is_none()) {
                        li {
                            svg width="18" height="18" viewBox="-9 -9 18 18" aria-hidden="true" { (draw::no_vendor()) }
                            " no mark, or not stated"
                        }
                    }
                    @if graph.unnamed > 0 {
                        li { (graph.unnamed) " manufacturers more; each device's entry names its own" }
                    }
                }
            }
            div {
                h3 { "Links" }
                ul.plain {
                    li { svg width="30" height="10" viewBox="0 0 30 10" aria-hidden="true" { line.link x1="0" y1="5" x2="30" y2="5" {} } " link; ×2 where there are two" }
                    li { svg width="30" height="10" viewBox="0 0 30 10" aria-hidden="true" { line.link.single x1="0" y1="5" x2="30" y2="5" {} } " single point of failure" }
                }
            }
        }
    }
}
