//! Union-find with path halving; the lowest member stands for its part.

#![expect(
    clippy::indexing_slicing,
    reason = "members are below the count that the table was made with, and so is what stands in it"
)]

/// Parts of so many members.
pub(super) struct Union {
    above: Vec<u32>,
}

impl Union {
    pub(super) fn new(members: usize) -> Self {
        Self { above: (0..members as u32).collect() }
    }

    /// The lowest member of a member's part.
    pub(super) fn find(&mut self, member: u32) -> u32 {
        let mut at = member;
        loop {
            let above = self.above[at as usize];
            if above == at {
                return at;
            }
            let next = self.above[above as usize];
            self.above[at as usize] = next;
            at = next;
        }
    }

    pub(super) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        if a < b {
            self.above[b as usize] = a;
        } else {
            self.above[a as usize] = b;
        }
    }

    /// The part of each member, numbered by their lowest members, and how many there are.
    pub(super) fn numbered(mut self) -> (Vec<u32>, u32) {
        let mut count = 0;
        for member in 0..self.above.len() {
            // What stands above a member is lower, and already holds its part's number.
            let above = self.above[member] as usize;
            self.above[member] = if above == member {
                count += 1;
                count - 1
            } else {
                self.above[above]
            };
        }
        (self.above, count)
    }
}
