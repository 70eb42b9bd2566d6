//! Keys that stand in more than one place: who holds one of them holds what it guards in all.

use super::{marks, numbers};
use crate::keys::{KeyPlace, shared};
use crate::report::Inspected;
use crate::visible::visible;
use maud::{Markup, html};

/// Keys shown.
const KEYS: usize = 100;
/// Places shown of one key in one exhibit.
const PLACES: usize = 10;

pub(super) fn section(inspected: &[Inspected<'_>]) -> Markup {
    let keys = shared(inspected);
    html! {
        @if !keys.is_empty() {
            h3 #shared-keys { "Keys that stand in more than one place" }
            p {
                "Whoever has a private key from one of these places has it for all of them. A certificate and its own "
                "private key in one image are two places of one key."
            }
            div.wide {
                table.stack.keys {
                    thead { tr { th scope="col" { "Key" } th scope="col" { "Stands in" } } }
                    tbody {
                        @for key in keys.iter().take(KEYS) {
                            tr {
                                th scope="row" data-label="Key" {
                                    code.hash title=(key.sha256) { (visible(key.sha256.get(..16).unwrap_or(&key.sha256))) "…" }
                                    div.under {
                                        (numbers::count(key.exhibits.len(), "exhibit", "exhibits")) ", "
                                        (numbers::count(key.exhibits.values().map(Vec::len).sum(), "place", "places"))
                                        br; (key.by)
                                    }
                                }
                                td data-label="Stands in" {
                                    ul.plain {
                                        @for (index, places) in &key.exhibits {
                                            @if let Some(exhibit) = inspected.get(*index) {
                                                li { (one(exhibit, places)) }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            (marks::cut(KEYS.min(keys.len()), keys.len(), "keys"))
        }
    }
}

fn one(exhibit: &Inspected<'_>, places: &[KeyPlace<'_>]) -> Markup {
    html! {
        a href={ "#exhibit-" (exhibit.sha256.short()) } {
            bdi { (visible(exhibit.names.first().copied().unwrap_or_default())) }
        }
        @for place in places.iter().take(PLACES) {
            div {
                code.path { (visible(place.location.entry().unwrap_or("the bytes themselves"))) }
                " " span.meta {
                    @for (index, code) in place.codes.iter().enumerate() { @if index > 0 { ", " } (visible(code)) }
                }
            }
        }
        (marks::cut(PLACES.min(places.len()), places.len(), "places"))
    }
}
