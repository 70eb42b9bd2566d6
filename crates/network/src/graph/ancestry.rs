//! Lowest common ancestors by jump pointers (Myers, Information Processing Letters 17(5), 1983): linear to build, log n to
//! ask, two numbers a vertex.

#![expect(clippy::indexing_slicing, reason = "every number in the tables is that of a row of them")]

/// A tree whose vertices have higher numbers than their parents; 0 is the root of all.
pub(super) struct Ancestry<'a> {
    parent: &'a [u32],
    depth: Vec<u32>,
    jump: Vec<u32>,
}

impl<'a> Ancestry<'a> {
    pub(super) fn new(parent: &'a [u32]) -> Self {
        let (mut depth, mut jump) = (vec![0u32; parent.len()], vec![0u32; parent.len()]);
        for vertex in 1..parent.len() {
            let above = parent[vertex];
            let far = jump[above as usize];
            depth[vertex] = depth[above as usize] + 1;
            // Two jumps of equal length become one: lengths are those of a skew binary number.
            let equal = depth[above as usize] - depth[far as usize]
                == depth[far as usize] - depth[jump[far as usize] as usize];
            jump[vertex] = if equal { jump[far as usize] } else { above };
        }
        Self { parent, depth, jump }
    }

    /// The lowest vertex that is above both, or one of them.
    pub(super) fn lowest(&self, a: u32, b: u32) -> u32 {
        let (mut a, mut b) = if self.depth[a as usize] >= self.depth[b as usize] { (a, b) } else { (b, a) };
        while self.depth[a as usize] > self.depth[b as usize] {
            let far = self.jump[a as usize];
            a = if self.depth[far as usize] >= self.depth[b as usize] {
                far
            } else {
                self.parent[a as usize]
            };
        }
        while a != b {
            let far = (self.jump[a as usize], self.jump[b as usize]);
            (a, b) = if far.0 == far.1 { (self.parent[a as usize], self.parent[b as usize]) } else { far };
        }
        a
    }
}
