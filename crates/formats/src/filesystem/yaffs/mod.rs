//! YAFFS2 and YAFFS1: chunks of a page, with tags in the spare area behind each.
//!
//! Finds: the tree as it is now, and deleted objects that are still there, under `(deleted)/`. How: nothing says how
//! large pages and spare areas are, where in them the tags stand and in which byte order: the layout with which the
//! first chunks make sense is taken. Chunks are ordered by the numbers of their blocks, and the newest header of an
//! object and the newest chunk at each place of a file count. Without spare areas a file's pages are those behind its
//! header, and the numbers of objects are told by the order in which folders and their entries stand. Wrong when: carved
//! from unknown bytes, the first header must be laid out as writers do it, the chunks behind it must belong together and
//! be in folders that are there, and files must not be far larger than the image. Misses: what the error correction
//! of the flash would repair. Source: C. Manning, "How YAFFS Works" (2012); yaffs2, yaffs_guts.h and
//! yaffs_packedtags2.h.

mod bare;
mod header;
mod layout;
mod objects;
#[cfg(test)]
mod tests;
mod tree;

use super::flash::Problems;
use super::order::Order;
use super::walk::Walk;
use crate::broken;
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use layout::{Layout, TagsAt};
use objects::Objects;
use tree::Tree;

/// YAFFS2 and YAFFS1.
pub struct Yaffs;

macro_rules! magics {
    ($($kind:literal),*) => {
        &[$(
            Magic { offset: 0, bytes: &[$kind, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff] },
            Magic { offset: 0, bytes: &[0, 0, 0, $kind, 0, 0, 0, 1, 0xff, 0xff] },
        )*]
    };
}

static DESCRIPTION: Description = Description {
    name: "yaffs",
    title: "YAFFS2 or YAFFS1 file system, with or without spare areas",
    // The header of each sort of object in the root directory.
    magics: magics![3, 1, 2, 5],
    yields: "its entries without the root, each directory before what it holds; deleted objects under (deleted)/; \
             contents are made on demand",
    limits: &[
        "an image is found at the first header of an object in its root directory; chunks before that are left outside",
        "inside unknown bytes, files with holes many times the image's size are not believed",
        "error correction codes are not applied",
        "checkpoints and extended attributes are not read",
        "without spare areas, deleted objects cannot be told from others, and empty folders have no number",
        "paths longer than 8 KiB and directories deeper than 128 are not followed",
    ],
    source: "C. Manning, \"How YAFFS Works\" (2012); yaffs2, yaffs_guts.h, yaffs_packedtags2.h",
};

impl Format for Yaffs {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let order = if data.first()? == &0 { Order::Big } else { Order::Little };
        let layout = Layout::find(data, order, place);
        let Some(layout) = layout else {
            return broken::header(data, place, &DESCRIPTION, || match data.len() {
                0..header::SIZE => broken::cut_off(data),
                _ => Problem::new(ProblemKind::Malformed, 0, "no size of pages fits the chunks"),
            });
        };
        let mut problems = Problems::default();
        let (objects, end) = Objects::read(data, &layout, limits, &mut problems);
        if place == Place::Inside && !objects.agree(end) {
            return None;
        }
        let mut attributes = attributes(&layout, &objects);
        let tree = Tree::new(data, layout.page, objects);
        let walk = Walk::run(&tree, tree::ROOT, limits, &mut problems, sink);
        if walk.deleted > 0 {
            attributes.push(("deleted-files", walk.deleted.to_string()));
        }
        let size = end.clamp(1, data.len());
        Some(Reading { size, attributes, problems: problems.into_vec() })
    }
}

fn attributes(layout: &Layout, objects: &Objects) -> Vec<(&'static str, String)> {
    let version = if layout.tags == TagsAt::Spread { "1" } else { "2" };
    let tags = match layout.tags {
        // A page of its own would not have such a size.
        TagsAt::Packed(_) if layout.stride.is_power_of_two() => "in the page".to_owned(),
        TagsAt::Packed(place) => format!("at {} of the spare area", place - layout.page),
        TagsAt::Spread => "spread over the spare area".to_owned(),
        TagsAt::Nowhere => "none".to_owned(),
    };
    let mut attributes = vec![
        ("version", version.to_owned()),
        ("byte-order", layout.order.name().to_owned()),
        ("page", layout.page.to_string()),
        ("spare", (layout.stride - layout.page).to_string()),
        ("tags", tags),
        ("chunks", objects.chunks.to_string()),
        ("objects", objects.all.len().to_string()),
    ];
    if let Some((low, high)) = objects.sequences
        && layout.tags != TagsAt::Spread
    {
        attributes.push(("block-sequence", format!("{low} to {high}")));
    }
    if objects.deleted_chunks > 0 {
        attributes.push(("deleted-chunks", objects.deleted_chunks.to_string()));
    }
    attributes
}
