//! A graph to walk: links in memory or in a mapped file.

use half::f16;

/// Fills the places of a node that has fewer links than there is room for.
pub const NO_LINK: u32 = u32::MAX;

/// One level above the base: a slot a node, nodes by ascending centroid id.
#[derive(Clone, Copy)]
pub struct LevelView<'a> {
    /// Slot of each node on the level below; on level 1 the centroid id.
    pub down: &'a [u32],
    /// Centroid of each slot.
    pub centroids: &'a [u32],
    /// Links as slots of this level, `[slots][degree]`.
    pub links: &'a [u32],
}

/// A whole graph and the rows it is over.
#[derive(Clone)]
pub struct GraphView<'a> {
    /// Centroids, `[k][dim]`.
    pub rows: &'a [f16],
    /// Values in a row.
    pub dim: usize,
    /// Links of the base level, `[k][base_degree]`.
    pub base: &'a [u32],
    /// Most links of a node on the base level.
    pub base_degree: usize,
    /// Levels from 1 up.
    pub levels: Vec<LevelView<'a>>,
    /// Most links of a node above the base level.
    pub degree: usize,
    /// Slot on the highest level where a walk begins.
    pub entry: u32,
}

impl<'a> GraphView<'a> {
    /// Row of a centroid.
    pub fn row(&self, centroid: u32) -> &'a [f16] {
        let at = centroid as usize * self.dim;
        &self.rows[at..at + self.dim]
    }

    /// Links of a node of the base level.
    pub(super) fn base_links(&self, centroid: u32) -> impl Iterator<Item = u32> + 'a {
        let at = centroid as usize * self.base_degree;
        self.base[at..at + self.base_degree].iter().copied().take_while(|&link| link != NO_LINK)
    }

    /// Node of the base level where a walk that only descends would arrive from the entry.
    pub(super) fn base_entry(&self) -> u32 {
        self.levels.iter().rev().fold(self.entry, |slot, level| level.down[slot as usize])
    }

    /// Number of base nodes that links lead to from the entry. A walk can find no others.
    pub fn reachable(&self) -> usize {
        let mut reached = vec![false; self.rows.len() / self.dim];
        let mut waiting = vec![self.base_entry()];
        let mut count = 0;
        while let Some(node) = waiting.pop() {
            if !std::mem::replace(&mut reached[node as usize], true) {
                count += 1;
                waiting.extend(self.base_links(node).filter(|&link| !reached[link as usize]));
            }
        }
        count
    }

    /// Links of a slot of level `level`, at least 1.
    pub(super) fn links(&self, level: usize, slot: u32) -> impl Iterator<Item = u32> + 'a {
        let at = slot as usize * self.degree;
        self.levels[level - 1].links[at..at + self.degree].iter().copied().take_while(|&link| link != NO_LINK)
    }
}
