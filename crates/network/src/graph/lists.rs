//! Lists of numbers, one behind the other in one vector.

#![expect(
    clippy::indexing_slicing,
    reason = "`first` has one entry more than there are lists, ascending, up to the items"
)]

use super::{Error, MOST};

/// Lists by number.
#[derive(Clone, Debug)]
pub(super) struct Lists {
    first: Vec<u32>,
    items: Vec<u32>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { first: vec![0], items: Vec::new() }
    }
}

impl Lists {
    /// Lists of `(list, item)`, each list in the order given. Every list is below `count`.
    pub(super) fn of_pairs(count: usize, pairs: &[(u32, u32)], what: &'static str) -> Result<Self, Error> {
        if pairs.len() > MOST || count > MOST {
            return Err(Error::TooMany(what));
        }
        let mut first = vec![0u32; count + 1];
        for &(list, _) in pairs {
            first[list as usize + 1] += 1;
        }
        for list in 0..count {
            first[list + 1] += first[list];
        }
        let mut next = first.clone();
        let mut items = vec![0; pairs.len()];
        for &(list, item) in pairs {
            let place = &mut next[list as usize];
            items[*place as usize] = item;
            *place += 1;
        }
        Ok(Self { first, items })
    }

    /// Appends a list.
    pub(super) fn push(&mut self, items: &[u32]) {
        self.items.extend_from_slice(items);
        self.first.push(self.items.len() as u32);
    }

    pub(super) fn len(&self) -> usize {
        self.first.len() - 1
    }

    pub(super) fn get(&self, list: usize) -> &[u32] {
        &self.items[self.first[list] as usize..self.first[list + 1] as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|list| self.get(list))
    }
}
