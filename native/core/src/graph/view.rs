//! A read-only view of a graph, whose links are in memory or in a mapped file.

use half::f16;

/// Fills the unused places of a node's links.
pub const NO_LINK: u32 = u32::MAX;

/// A level above the base level. A node's *slot* is its number on the level, in the order of centroid ids.
#[derive(Clone, Copy)]
pub struct LevelView<'a> {
    /// Slot of each node on the level below. On level 1 it is the centroid id.
    pub down: &'a [u32],
    /// Centroid of each slot.
    pub centroids: &'a [u32],
    /// Links, as slots of this level, `[slots][degree]`.
    pub links: &'a [u32],
}

/// A graph and the vectors of its nodes.
#[derive(Clone)]
pub struct GraphView<'a> {
    /// Centroids, `[k][dim]`.
    pub rows: &'a [f16],
    /// Number of values in a row.
    pub dim: usize,
    /// Links of the base level, `[k][base_degree]`.
    pub base: &'a [u32],
    /// Maximum number of links of a node on the base level.
    pub base_degree: usize,
    /// The levels above the base level, lowest first.
    pub levels: Vec<LevelView<'a>>,
    /// Maximum number of links of a node above the base level.
    pub degree: usize,
    /// Slot on the highest level where a walk begins.
    pub entry: u32,
}

impl<'a> GraphView<'a> {
    /// Vector of a centroid, `[dim]`.
    pub fn row(&self, centroid: u32) -> &'a [f16] {
        let at = centroid as usize * self.dim;
        &self.rows[at..at + self.dim]
    }

    /// Neighbours of a node on the base level.
    pub(super) fn base_links(&self, centroid: u32) -> impl Iterator<Item = u32> + 'a {
        let at = centroid as usize * self.base_degree;
        self.base[at..at + self.base_degree].iter().copied().take_while(|&link| link != NO_LINK)
    }

    /// The entry as a node of the base level.
    pub(super) fn base_entry(&self) -> u32 {
        self.levels.iter().rev().fold(self.entry, |slot, level| level.down[slot as usize])
    }

    /// Number of nodes of the base level to which links lead from the entry. A walk cannot find other nodes.
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

    /// Neighbours of a slot on `level`, which is at least 1.
    pub(super) fn links(&self, level: usize, slot: u32) -> impl Iterator<Item = u32> + 'a {
        let at = slot as usize * self.degree;
        self.levels[level - 1].links[at..at + self.degree].iter().copied().take_while(|&link| link != NO_LINK)
    }
}
