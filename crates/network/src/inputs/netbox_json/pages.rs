//! Pages of a list, and which of them are missing.

use super::endpoint;
use crate::diagnostic::{Diagnostic, Kind, Place, quote};
use crate::tree::Node;
use std::collections::{BTreeMap, BTreeSet};

/// A page of a list, without its records.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub at: usize,
    pub records: u64,
    pub synthetic: Option<String>,
    count: Option<u64>,
    next: Option<Link>,
    previous: Option<Link>,
}

/// Where another page of the same list is.
#[derive(Debug)]
struct Link {
    /// The endpoint, and what the list was asked for beside the page.
    list: String,
    /// How many records stand before that page.
    offset: u64,
    /// That page's address, without the host.
    address: String,
}

impl Page {
    pub fn new(node: &Node<'_>, records: u64) -> Self {
        let text = |key: &str| node.get(key).and_then(Node::text);
        Self {
            at: node.at,
            records,
            synthetic: text("synthetic").map(std::borrow::Cow::into_owned),
            count: text("count").and_then(|count| count.parse().ok()),
            next: text("next").as_deref().and_then(Link::new),
            previous: text("previous").as_deref().and_then(Link::new),
        }
    }

    /// How many records of the list stand before this page.
    fn offset(&self) -> Option<u64> {
        match (&self.next, &self.previous) {
            (Some(next), _) => next.offset.checked_sub(self.records),
            // The last page may be shorter than the others: its end is the list's.
            (None, Some(_)) => self.count?.checked_sub(self.records),
            (None, None) => Some(0),
        }
    }
}

impl Link {
    fn new(url: &str) -> Option<Self> {
        let endpoint = endpoint(url)?;
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let mut offset = 0;
        let mut rest = BTreeSet::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("offset", number)) => offset = number.parse().ok()?,
                Some(("limit", _)) => {}
                _ => {
                    rest.insert(part);
                }
            }
        }
        let rest: Vec<&str> = rest.into_iter().collect();
        let address = format!("/api/{}", url.split_once("/api/")?.1);
        Some(Self { list: format!("{endpoint}?{}", rest.join("&")), offset, address })
    }
}

/// What is told of pages that are not among the files.
pub(super) fn missing(pages: &[(Page, Place)]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut lists: BTreeMap<&str, Vec<&(Page, Place)>> = BTreeMap::new();
    for entry @ (page, place) in pages {
        match page.next.as_ref().or(page.previous.as_ref()) {
            Some(link) => lists.entry(&link.list).or_default().push(entry),
            // A page that names no other is the whole list.
            None => {
                if let Some(count) = page.count.filter(|&count| count > page.records) {
                    found.push(tell(place, "this page states", count, page.records, None));
                }
            }
        }
    }
    for (list, pages) in lists {
        let Some((_, place)) = pages.first() else { continue };
        let name = list.trim_end_matches('?');
        // A page that was saved twice counts once.
        let known: BTreeMap<u64, u64> =
            pages.iter().filter_map(|(page, _)| Some((page.offset()?, page.records))).collect();
        let read: u64 = known.values().sum();
        let count = pages.iter().filter_map(|(page, _)| page.count).max();
        let next = pages
            .iter()
            .filter_map(|(page, _)| page.next.as_ref())
            .find(|next| !known.contains_key(&next.offset));
        let short = count.is_some_and(|count| count > read);
        if short || next.is_some() {
            let what = format!("the pages of {name} state");
            found.push(tell(place, &what, count.unwrap_or(0), read, next.map(|next| next.address.as_str())));
        }
    }
    found
}

fn tell(place: &Place, what: &str, count: u64, read: u64, next: Option<&str>) -> Diagnostic {
    let message = match count {
        0 => format!("{what} a next one, and it is not among the files"),
        _ => format!("{what} {count} records, and {read} are among the files: the others are in no verdict"),
    };
    let hint = match next {
        Some(next) => format!("save the missing pages too; one is {}", quote(next)),
        None => "save the missing pages too, or fetch them with `banbury fetch netbox`".to_owned(),
    };
    place.error(Kind::Malformed, message).hint(hint)
}
