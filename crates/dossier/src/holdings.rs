//! What an exhibit holds: its objects as a tree, and the account of its bytes at the deepest level that was reached.

use banbury_evidence::{Object, ObjectKind, Region, RegionClass, Shares};
use std::collections::BTreeMap;

/// The format's name in the last step of a stretch that no format claims; such an object is a part of its parent's
/// account, made so that probes look at it, and holds nothing.
const UNCLAIMED: &str = "unclaimed";

/// An exhibit's objects by the one that holds them.
pub(crate) struct Holdings<'a> {
    children: BTreeMap<u32, Vec<&'a Object>>,
    objects: &'a [Object],
}

impl<'a> Holdings<'a> {
    pub fn of(objects: &'a [Object]) -> Self {
        let mut children: BTreeMap<u32, Vec<&Object>> = BTreeMap::new();
        for object in objects {
            if let Some(parent) = object.parent
                && !is_unclaimed(object)
            {
                children.entry(parent).or_default().push(object);
            }
        }
        Self { children, objects }
    }

    /// What was found in `object`, stretches in no known format left out.
    pub fn children(&self, object: &Object) -> &[&'a Object] {
        self.children.get(&object.ordinal).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether something was found in `object`.
    pub fn is_container(&self, object: &Object) -> bool {
        self.children.contains_key(&object.ordinal)
    }

    /// Whether the tree has a line for `object`: it holds something, or it is the content of a stream. Other files are
    /// counted.
    pub fn is_listed(&self, object: &Object) -> bool {
        self.is_container(object) || object.kind == ObjectKind::Stream
    }

    /// The objects that the tree has a line for.
    pub fn listed(&self) -> usize {
        self.children.values().flatten().filter(|object| self.is_listed(object)).count()
    }

    /// What was found in one of `object`'s regions: a child belongs to the region that its last step names by offset.
    pub fn within(&self, object: &Object, region: &Region) -> Vec<&'a Object> {
        let starts =
            |child: &&&Object| child.location.steps.last().is_some_and(|step| step.offset == region.offset);
        if region.class != RegionClass::Known {
            return Vec::new();
        }
        self.children(object).iter().filter(starts).copied().collect()
    }

    /// The bytes by class at the deepest level that was reached: a region from which something was unpacked is
    /// replaced by what was unpacked from it, every other region of every object counts by itself.
    pub fn inside(&self) -> Shares {
        let mut sum = Shares::default();
        for object in self.objects.iter().filter(|object| !is_unclaimed(object)) {
            let mut shares = object.shares();
            let children = self.children(object);
            for region in object.regions.iter().filter(|region| region.class == RegionClass::Known) {
                let unpacked = children.iter().any(|child| {
                    child.location.steps.last().is_some_and(|step| step.offset == region.offset)
                });
                if unpacked {
                    shares.known = shares.known.saturating_sub(region.length);
                }
            }
            sum = add(sum, shares);
        }
        sum
    }
}

/// The sum of two accounts.
pub(crate) fn add(a: Shares, b: Shares) -> Shares {
    Shares {
        known: a.known.saturating_add(b.known),
        padding: a.padding.saturating_add(b.padding),
        opaque: a.opaque.saturating_add(b.opaque),
        unknown: a.unknown.saturating_add(b.unknown),
    }
}

fn is_unclaimed(object: &Object) -> bool {
    object.location.steps.last().is_some_and(|step| step.format == UNCLAIMED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{object, region};
    use banbury_evidence::{Digest, Location, Step};

    fn inside(location: &Location, format: &str, offset: u64) -> Location {
        location.inside(Step { format: format.to_owned(), offset, entry: None, at: None })
    }

    /// 100 bytes: a gzip of 40 that holds 300, a certificate of 10, and 50 unknown bytes that are an object too.
    fn objects() -> Vec<Object> {
        let whole = Location::exhibit(Digest::of(b"holdings"));
        let mut first = object(0, None, whole.clone(), ObjectKind::Exhibit, 100);
        first.regions = vec![
            region(0, 40, RegionClass::Known, "gzip"),
            region(40, 10, RegionClass::Known, "pem"),
            region(50, 50, RegionClass::Unknown, ""),
        ];
        let mut content = object(1, Some(0), inside(&whole, "gzip", 0), ObjectKind::Stream, 300);
        content.regions =
            vec![region(0, 100, RegionClass::Known, "elf"), region(100, 200, RegionClass::Opaque, "")];
        let mut stretch = object(2, Some(0), inside(&whole, "unclaimed", 50), ObjectKind::Stream, 50);
        stretch.regions = vec![region(0, 50, RegionClass::Unknown, "")];
        vec![first, content, stretch]
    }

    #[test]
    fn what_was_unpacked_stands_for_its_container_and_no_byte_counts_twice() {
        let objects = objects();
        let inside = Holdings::of(&objects).inside();
        assert_eq!(inside, Shares { known: 110, padding: 0, opaque: 200, unknown: 50 });
    }

    #[test]
    fn a_stretch_in_no_known_format_is_no_container() {
        let objects = objects();
        let holdings = Holdings::of(&objects);
        assert_eq!(holdings.listed(), 1);
        assert_eq!(holdings.children(&objects[0]), [&objects[1]]);
    }

    #[test]
    fn an_exhibit_that_holds_nothing_is_its_own_account() {
        let mut objects = objects();
        objects.truncate(1);
        assert_eq!(Holdings::of(&objects).inside(), objects[0].shares());
        assert_eq!(Holdings::of(&[]).inside(), Shares::default());
    }
}
