//! Building the graph: HNSW, in batches.
//!
//! ```text
//! the highest level of each node: level l with probability m^−l, drawn from the seed and the node's id
//! order ← a random permutation of the nodes; the graph has the first one, which is the entry
//! for each batch of the order (a sixteenth of the nodes inserted so far, at most 4,096):
//!     for each node of the batch, in parallel, against the graph without the batch:
//!         for each level from the highest down:
//!             beam ← beam search for the node (walk.rs), with ef = 1 above its highest level, else ef_construction
//!             on its own levels: its links ← select(beam)
//!     for each level:
//!         write the links of the batch
//!         for each node that these links lead to, in parallel: its links ← select(its links and the links back)
//!     entry ← the node with the highest level
//! make all nodes of the base level reachable (connect.rs)
//!
//! select(candidates of a node, best first):
//!     take each that is more similar to the node than to all taken before, until the links are full
//!     fill places that are left with the best of the others
//! ```
//!
//! `select` spreads the links over all directions (HNSW, algorithm 4). A batch is searched against one state of the graph and
//! linked in one order, and equal similarities are ordered by id, so the graph does not depend on the number of threads. Cost:
//! for each node some `ef_construction · 2m` inner products at most.

use super::connect::connect;
use super::view::{GraphView, LevelView, NO_LINK};
use super::walk::Walk;
use crate::kernel::{self, Kernels};
use crate::monitor::{Monitor, Stage};
use crate::random::choose;
use crate::ranking::key;
use crate::{Error, Result};
use half::f16;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Parameters of a graph.
#[derive(Debug, Clone, Copy)]
pub struct GraphParams {
    /// Maximum number of links of a node above the base level. On the base level it is twice as many.
    pub m: usize,
    /// Beam width of the searches that find the links.
    pub ef_construction: usize,
    /// Seed of the levels and of the order of insertion.
    pub seed: u64,
}

impl Default for GraphParams {
    fn default() -> Self {
        Self { m: 32, ef_construction: 1500, seed: 42 }
    }
}

impl GraphParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<()> {
        let refuse = |name, expected: &str, got: usize| {
            Err(Error::Parameter { name, expected: expected.into(), got: got.to_string() })
        };
        if !(2..=256).contains(&self.m) {
            return refuse("hnswM", "2 to 256", self.m);
        }
        if self.ef_construction == 0 || self.ef_construction > 1_000_000 {
            return refuse("efConstruction", "1 to 1000000", self.ef_construction);
        }
        Ok(())
    }
}

/// A level with its links. A node's *slot* is its number on the level; on the base level that is its centroid id.
struct Level {
    /// Centroid of each slot, ascending; empty on the base level.
    centroids: Vec<u32>,
    links: Vec<u32>,
    degree: usize,
}

impl Level {
    fn new(centroids: Vec<u32>, nodes: usize, degree: usize) -> Self {
        Self { centroids, links: vec![NO_LINK; nodes * degree], degree }
    }

    fn nodes(&self) -> usize {
        self.links.len() / self.degree
    }

    fn centroid(&self, slot: u32) -> u32 {
        if self.centroids.is_empty() { slot } else { self.centroids[slot as usize] }
    }

    /// Slot of a centroid that is on this level.
    fn slot(&self, centroid: u32) -> u32 {
        if self.centroids.is_empty() {
            centroid
        } else {
            self.centroids.partition_point(|&c| c < centroid) as u32
        }
    }

    fn links(&self, slot: u32) -> impl Iterator<Item = u32> + '_ {
        let at = slot as usize * self.degree;
        self.links[at..at + self.degree].iter().copied().take_while(|&link| link != NO_LINK)
    }
}

/// A built graph.
pub struct Graph {
    /// Base level first.
    levels: Vec<Level>,
    params: GraphParams,
    /// Centroid where walks begin. It is on the highest level.
    entry: u32,
    /// `down[l][slot]`: slot on level `l` of the node at `slot` on level `l + 1`.
    down: Vec<Vec<u32>>,
}

impl Graph {
    /// A view of the graph with `rows`, the centroids from which it was built.
    pub fn view<'a>(&'a self, rows: &'a [f16], dim: usize) -> GraphView<'a> {
        let base = &self.levels[0];
        GraphView {
            rows,
            dim,
            base: &base.links,
            base_degree: base.degree,
            levels: self.levels[1..]
                .iter()
                .zip(&self.down)
                .map(|(level, down)| LevelView { down, centroids: &level.centroids, links: &level.links })
                .collect(),
            degree: self.params.m,
            entry: self.levels[self.levels.len() - 1].slot(self.entry),
        }
    }
}

/// Builds the graph over `rows`, `[k][dim]`. Rows should be distinct, because copies of a row would link only to each other.
/// Every node can be reached from the entry. Runs in the current rayon pool.
///
/// # Errors
/// [`Error::Parameter`], [`Error::Cancelled`].
pub fn build(rows: &[f16], dim: usize, params: GraphParams, monitor: &dyn Monitor) -> Result<Graph> {
    params.check()?;
    let k = rows.len() / dim;
    let builder = Builder { rows, dim, params, kernels: kernel::active() };
    let tops: Vec<usize> = (0..k).map(|node| top_level(node, params)).collect();
    let highest = tops.iter().copied().max().unwrap_or(0);
    let mut levels = vec![Level::new(Vec::new(), k, 2 * params.m)];
    for level in 1..=highest {
        let members: Vec<u32> = (0..k as u32).filter(|&node| tops[node as usize] >= level).collect();
        let nodes = members.len();
        levels.push(Level::new(members, nodes, params.m));
    }
    let order: Vec<u32> = choose(k, k, params.seed).into_iter().map(|node| node as u32).collect();
    let mut entry = order.first().copied().unwrap_or(0);
    let done = AtomicU64::new(0);
    let mut start = 1.min(k);
    while start < k {
        let end = k.min(start + batch_size(start));
        let batch = &order[start..end];
        let linked: Vec<Vec<Found>> = batch
            .par_iter()
            .map_init(Walk::default, |walk, &node| {
                monitor.check()?;
                let found =
                    builder.find_links(&levels, node, tops[node as usize], entry, tops[entry as usize], walk);
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                monitor.progress(Stage::Link, done, k as u64);
                Ok(found)
            })
            .collect::<Result<_>>()?;
        for (number, level) in levels.iter_mut().enumerate() {
            builder.link(level, number, &linked, monitor)?;
        }
        for &node in batch {
            if tops[node as usize] > tops[entry as usize] {
                entry = node;
            }
        }
        start = end;
    }
    let down = (1..levels.len())
        .map(|level| levels[level].centroids.iter().map(|&c| levels[level - 1].slot(c)).collect())
        .collect();
    let mut graph = Graph { levels, params, entry, down };
    if k > 0 {
        let mut base = std::mem::take(&mut graph.levels[0].links);
        connect(&GraphView { base: &[], ..graph.view(rows, dim) }, &mut base, builder.kernels);
        graph.levels[0].links = base;
    }
    Ok(graph)
}

/// Number of nodes in the next batch. Nodes of a batch do not find each other, so a batch is small compared with the graph; it
/// is large enough to occupy all threads.
fn batch_size(inserted: usize) -> usize {
    (inserted / 16).clamp(1, 4096)
}

/// Highest level of a node. Each further level has probability 1/m.
fn top_level(node: usize, params: GraphParams) -> usize {
    const HIGHEST: usize = 12;
    let mut random = Pcg64Mcg::seed_from_u64(params.seed ^ (node as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    (0..HIGHEST).take_while(|_| random.next_u64().is_multiple_of(params.m as u64)).count()
}

/// Links found for one node on one level.
struct Found {
    level: usize,
    slot: u32,
    links: Vec<(f32, u32)>,
}

struct Builder<'a> {
    rows: &'a [f16],
    dim: usize,
    params: GraphParams,
    kernels: &'static Kernels,
}

impl Builder<'_> {
    fn row(&self, centroid: u32) -> &[f16] {
        let at = centroid as usize * self.dim;
        &self.rows[at..at + self.dim]
    }

    fn widened(&self, centroid: u32) -> Vec<f32> {
        let mut row = vec![0.0; self.dim];
        self.kernels.widen(self.row(centroid), &mut row);
        row
    }

    /// The links of `node` on each of its levels, from searches of the present graph.
    fn find_links(
        &self,
        levels: &[Level],
        node: u32,
        top: usize,
        entry: u32,
        entry_top: usize,
        walk: &mut Walk,
    ) -> Vec<Found> {
        let query = self.widened(node);
        let mut nearest = entry;
        let mut found = Vec::new();
        let mut beam = Vec::new();
        for level in (0..=entry_top).rev() {
            let at = &levels[level];
            let ef = if level > top { 1 } else { self.params.ef_construction };
            walk.begin(at.nodes());
            walk.search_level(
                self.kernels,
                &query,
                ef,
                0.0,
                at.slot(nearest),
                |slot| self.row(at.centroid(slot)),
                |slot, fresh| fresh.extend(at.links(slot)),
            );
            walk.drain(&mut beam);
            nearest = at.centroid(beam[0].1);
            if level <= top {
                let links = self.select(at, &beam, at.degree);
                found.push(Found { level, slot: at.slot(node), links });
            }
        }
        found
    }

    /// Chooses at most `most` links from `candidates`, best first, as described at the module. Returns them best first.
    fn select(&self, level: &Level, candidates: &[(f32, u32)], most: usize) -> Vec<(f32, u32)> {
        if candidates.len() <= most {
            return candidates.to_vec();
        }
        let mut chosen: Vec<(f32, u32)> = Vec::with_capacity(most);
        let mut others = Vec::new();
        let mut row = vec![0.0; self.dim];
        for &(similarity, slot) in candidates {
            if chosen.len() == most {
                break;
            }
            self.kernels.widen(self.row(level.centroid(slot)), &mut row);
            let redundant = chosen
                .iter()
                .any(|&(_, other)| self.kernels.dot_f16(&row, self.row(level.centroid(other))) > similarity);
            if !redundant {
                chosen.push((similarity, slot));
            } else if others.len() < most {
                others.push((similarity, slot));
            }
        }
        others.truncate(most - chosen.len());
        chosen.extend(others);
        chosen.sort_by_key(|&(similarity, slot)| std::cmp::Reverse(key(similarity, slot)));
        chosen
    }

    /// Writes the links of a batch on level `number`, and the links back to its nodes.
    fn link(
        &self,
        level: &mut Level,
        number: usize,
        linked: &[Vec<Found>],
        monitor: &dyn Monitor,
    ) -> Result<()> {
        let mut back: Vec<(u32, u32, f32)> = Vec::new();
        for found in linked.iter().flatten().filter(|found| found.level == number) {
            let at = found.slot as usize * level.degree;
            for (place, &(similarity, link)) in
                level.links[at..at + level.degree].iter_mut().zip(&found.links)
            {
                *place = link;
                back.push((link, found.slot, similarity));
            }
        }
        back.par_sort_unstable_by_key(|&(target, source, _)| (target, source));
        let groups: Vec<&[(u32, u32, f32)]> = back.chunk_by(|a, b| a.0 == b.0).collect();
        let merged: Vec<(u32, Vec<u32>)> = groups
            .par_iter()
            .map(|group| {
                monitor.check()?;
                Ok((group[0].0, self.merge(level, group)))
            })
            .collect::<Result<_>>()?;
        for (target, links) in merged {
            let at = target as usize * level.degree;
            let place = &mut level.links[at..at + level.degree];
            place.fill(NO_LINK);
            place[..links.len()].copy_from_slice(&links);
        }
        Ok(())
    }

    /// The links of a node after adding those of `group` (target, source, similarity).
    fn merge(&self, level: &Level, group: &[(u32, u32, f32)]) -> Vec<u32> {
        let target = group[0].0;
        let row = self.widened(level.centroid(target));
        let mut candidates: Vec<(f32, u32)> = level
            .links(target)
            .map(|link| (self.kernels.dot_f16(&row, self.row(level.centroid(link))), link))
            .chain(group.iter().map(|&(_, source, similarity)| (similarity, source)))
            .collect();
        candidates.sort_by_key(|&(similarity, slot)| std::cmp::Reverse(key(similarity, slot)));
        candidates.dedup_by_key(|&mut (_, slot)| slot);
        self.select(level, &candidates, level.degree).into_iter().map(|(_, slot)| slot).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Unwatched;
    use crate::testing::Random;

    fn recall(k: usize, dim: usize, params: GraphParams, ef: usize) -> f64 {
        let mut random = Random::new(8);
        let rows = random.halves(k * dim);
        let graph = build(&rows, dim, params, &Unwatched).unwrap();
        let view = graph.view(&rows, dim);
        let (mut walk, mut found) = (Walk::default(), Vec::new());
        let (mut hits, rounds, top) = (0, 50, 10.min(k));
        for _ in 0..rounds {
            let query = random.floats(dim);
            walk.search(&view, kernel::active(), &query, ef, 0.0, &mut found);
            let mut truth: Vec<u64> =
                (0..k as u32).map(|c| key(kernel::active().dot_f16(&query, view.row(c)), c)).collect();
            truth.sort_unstable_by_key(|&k| std::cmp::Reverse(k));
            let best = &found[..top.min(found.len())];
            assert!(best.windows(2).all(|w| key(w[0].0, w[0].1) > key(w[1].0, w[1].1)), "best first");
            hits += truth[..top].iter().filter(|&&t| best.iter().any(|&(s, c)| key(s, c) == t)).count();
        }
        hits as f64 / (rounds * top) as f64
    }

    #[test]
    fn nearly_all_of_the_best_centroids_are_found() {
        let params = GraphParams { m: 16, ef_construction: 200, seed: 1 };
        let recall = recall(3000, 16, params, 60);
        assert!(recall > 0.97, "recall {recall}");
    }

    #[test]
    fn a_beam_as_wide_as_the_graph_finds_everything() {
        let params = GraphParams { m: 2, ef_construction: 50, seed: 1 };
        assert_eq!(recall(300, 4, params, 300), 1.0);
        assert_eq!(recall(1, 4, params, 1), 1.0);
        assert_eq!(recall(2, 4, params, 5), 1.0);
    }

    #[test]
    fn the_graph_does_not_depend_on_the_number_of_threads() {
        let rows = Random::new(2).halves(2000 * 8);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let params = GraphParams { m: 8, ef_construction: 60, seed: 4 };
            let graph = pool.install(|| build(&rows, 8, params, &Unwatched)).unwrap();
            graph.levels.into_iter().map(|level| level.links).collect::<Vec<_>>()
        };
        assert!(run(1) == run(3));
    }

    #[test]
    fn every_node_is_reachable_from_the_entry() {
        // Groups of near copies, and few links: the members of a group fill each other's.
        let mut random = Random::new(12);
        let mut rows = Vec::new();
        for _ in 0..30 {
            let center = random.floats(16);
            for _ in 0..40 {
                let noise = random.floats(16);
                rows.extend(center.iter().zip(&noise).map(|(c, n)| f16::from_f32(c + 0.002 * n)));
            }
        }
        for m in [2, 4, 8] {
            let params = GraphParams { m, ef_construction: 20, seed: 4 };
            let graph = build(&rows, 16, params, &Unwatched).unwrap();
            assert_eq!(graph.view(&rows, 16).reachable(), 1200, "m {m}");
        }
    }

    #[test]
    fn a_wider_lambda_compares_more_and_never_finds_worse() {
        let mut random = Random::new(6);
        let rows = random.halves(3000 * 8);
        let params = GraphParams { m: 8, ef_construction: 60, seed: 4 };
        let graph = build(&rows, 8, params, &Unwatched).unwrap();
        let view = graph.view(&rows, 8);
        let query = random.floats(8);
        let run = |lambda| {
            let (mut walk, mut found) = (Walk::default(), Vec::new());
            walk.search(&view, kernel::active(), &query, 10, lambda, &mut found);
            (walk.compared, found.iter().map(|f| f64::from(f.0)).sum::<f64>())
        };
        let (plain, relaxed) = (run(0.0), run(0.4));
        assert!(relaxed.0 > plain.0, "{relaxed:?} {plain:?}");
        assert!(relaxed.1 >= plain.1);
    }
}
