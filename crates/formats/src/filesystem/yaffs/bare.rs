//! Images without spare areas: pages alone. Numbers of objects stood in the spare areas; here they are told by their order.

use super::super::flash::is_blank;
use super::super::order::Order;
use super::header::{Header, Kind};
use super::layout::{Layout, TagsAt};
use super::objects::Objects;
use crate::bytes::slice;
use crate::{Limits, Place, ProblemKind};
use std::collections::BTreeMap;

use super::super::flash::Problems;

const PAGES: [usize; 6] = [512, 1024, 2048, 4096, 8192, 16384];
/// Headers that are followed to try a size.
const SAMPLE: usize = 32;
/// Numbers for directories of which no entry tells the number.
const UNKNOWN: u32 = 0x8000_0000;
const ROOT: u32 = 1;

/// How many headers follow one another, and the size of pages with which each file's header is followed by as many pages as it needs, and then by the next header.
///
/// Carved from unknown bytes, each must be laid out as writers do it.
pub(super) fn find(data: &[u8], order: Order, place: Place) -> Option<(usize, Layout)> {
    let chain = |page: usize| {
        let mut at = 0;
        let mut length = 0;
        while let Some(header) = Header::parse(data, at, order).filter(|_| length < SAMPLE) {
            let blank = slice(data, at + super::header::SIZE, page - super::header::SIZE);
            if place == Place::Inside && !header.is_laid_out(data) {
                break;
            }
            if !blank.is_some_and(|rest| is_blank(rest) || rest.iter().all(|byte| *byte == 0)) {
                break;
            }
            length += 1;
            at = at.saturating_add(page).saturating_add(pages(header.size, page).saturating_mul(page));
        }
        length
    };
    let (length, page) =
        PAGES.into_iter().map(|page| (chain(page), page)).rev().max_by_key(|(length, _)| *length)?;
    (length >= 2).then_some((length, Layout { order, page, stride: page, tags: TagsAt::Nowhere }))
}

fn pages(size: u64, page: usize) -> usize {
    crate::bytes::position(size.div_ceil(page as u64))
}

/// Takes up all pages; the end of the last one that belongs to the image.
pub(super) fn read<'a>(
    data: &'a [u8],
    layout: &Layout,
    limits: &Limits,
    problems: &mut Problems,
    objects: &mut Objects<'a>,
) -> usize {
    let page = layout.page;
    let mut headers: Vec<(Header<'a>, Vec<usize>)> = Vec::new();
    let mut known: BTreeMap<(u32, &'a [u8]), usize> = BTreeMap::new();
    let mut open: Option<usize> = None;
    let mut wanted = 0;
    let mut end = 0;
    let mut at = 0;
    while at < data.len() {
        if limits.stopped() {
            problems.push(ProblemKind::LimitReached, at, "time is up");
            break;
        }
        let Some(whole) = slice(data, at, page) else {
            if wanted > 0 {
                let detail = format!("the data ends inside a file, {wanted} pages before its end");
                problems.push(ProblemKind::Truncated, data.len(), detail);
                if let Some((_, pages)) = open.and_then(|open| headers.get_mut(open)) {
                    pages.push(at);
                }
                end = data.len();
            }
            break;
        };
        if wanted == 0
            && let Some(header) = Header::parse(data, at, layout.order)
        {
            let number = *known.entry((header.parent, header.name)).or_insert(headers.len());
            match headers.get_mut(number) {
                // Written again, with what is known now.
                Some((held, _)) => *held = header,
                None => headers.push((header, Vec::new())),
            }
            open = Some(number);
            // What the file needs follows, if a header or the end stands behind that.
            let needed = pages(header.size, page);
            let behind = at.saturating_add(page).saturating_add(needed.saturating_mul(page));
            let follows = behind >= data.len()
                || Header::parse(data, behind, layout.order).is_some()
                || slice(data, behind, page).is_none_or(is_blank);
            wanted = if follows { needed } else { 0 };
            end = at + page;
        } else if wanted > 0 || !is_blank(whole) {
            let Some((header, pages)) = open.and_then(|open| headers.get_mut(open)) else { break };
            // A page that no file asks for ends the image, unless its file's size is still to be written.
            if wanted == 0 && (header.kind != Kind::File || header.size > 0) {
                break;
            }
            pages.push(at);
            wanted = wanted.saturating_sub(1);
            end = at + page;
        }
        at += page;
    }
    if wanted > 0 && at >= data.len() && end == data.len() {
        let detail = format!("the data ends inside a file, {wanted} pages before its end");
        problems.push(ProblemKind::Truncated, data.len(), detail);
    }
    number(&headers, objects, page, problems);
    end
}

/// Gives objects the numbers that they had: a folder's entries follow it and say its number.
fn number<'a>(
    headers: &[(Header<'a>, Vec<usize>)],
    objects: &mut Objects<'a>,
    page: usize,
    problems: &mut Problems,
) {
    let mut numbers: BTreeMap<usize, u32> = BTreeMap::new();
    let mut known = std::collections::BTreeSet::from([ROOT]);
    let mut folders: Vec<usize> = Vec::new();
    let mut base = None;
    for (place, (header, _)) in headers.iter().enumerate() {
        if header.is_root() {
            numbers.insert(place, ROOT);
            continue;
        }
        if known.insert(header.parent)
            && let Some(folder) = folders.pop()
        {
            numbers.insert(folder, header.parent);
            let first = header.parent.wrapping_sub(folder as u32);
            base.get_or_insert(first);
        }
        if header.kind == Kind::Directory {
            folders.push(place);
        }
    }
    let base = base.unwrap_or(UNKNOWN);
    for (place, (header, pages)) in headers.iter().enumerate() {
        let number = numbers.get(&place).copied();
        let number = number.unwrap_or_else(|| match base.wrapping_add(place as u32) {
            number if known.contains(&number) => UNKNOWN.wrapping_add(place as u32),
            number => number,
        });
        if header.kind == Kind::Hardlink && base == UNKNOWN {
            let detail = format!("a hard link to object {}, whose number cannot be told", header.equivalent);
            problems.push(ProblemKind::Malformed, header.at + 296, detail);
        }
        let object = objects.all.entry(number).or_default();
        object.header = Some(*header);
        for (index, at) in pages.iter().enumerate() {
            let start = index as u64 * page as u64;
            let bytes = header.size.saturating_sub(start).min(page as u64) as u32;
            object.chunks.insert(index as u32 + 1, (*at, bytes));
        }
    }
}
