//! Building the graph.

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

/// How to build a graph.
#[derive(Debug, Clone, Copy)]
pub struct GraphParams {
    /// Most links of a node above the base level; the base level has room for twice as many.
    pub m: usize,
    /// Beam width while building.
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

/// A level with its links in memory; the base is a level whose slots are the centroid ids.
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

    /// Slot of a centroid that lies on this level.
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
    /// Centroid where walks begin; it lies on the highest level.
    entry: u32,
    /// `down[l][slot]`: slot of level `l + 1`'s nodes on level `l`.
    down: Vec<Vec<u32>>,
}

impl Graph {
    /// A view over `rows`, the centroids the graph was built on.
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

/// Builds the graph over `rows`, `[k][dim]`, which should be distinct: copies of a row would fill each other's links. Every row
/// can be reached from the entry.
///
/// # Errors
/// [`Error::Cancelled`], [`Error::Parameter`].
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

/// Nodes inserted against the same state of the graph: a sixteenth of it, so that few miss a near neighbour of their own
/// batch, and not so few that threads wait for each other.
fn batch_size(inserted: usize) -> usize {
    (inserted / 16).clamp(1, 4096)
}

/// Highest level of a node: each further one with probability 1/m.
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

    /// Links of `node` on every level it lies on, found in the graph as it stands.
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
            walk.begin_level(at.nodes());
            walk.spread(
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

    /// Of `candidates` (best first) those that are nearer to the node than to any chosen before, at most `most`; room that
    /// is left is filled with the best of the others.
    fn select(&self, level: &Level, candidates: &[(f32, u32)], most: usize) -> Vec<(f32, u32)> {
        if candidates.len() <= most {
            return candidates.to_vec();
        }
        let mut chosen: Vec<(f32, u32)> = Vec::with_capacity(most);
        let mut passed_over = Vec::new();
        let mut row = vec![0.0; self.dim];
        for &(similarity, slot) in candidates {
            if chosen.len() == most {
                break;
            }
            self.kernels.widen(self.row(level.centroid(slot)), &mut row);
            let hidden = chosen
                .iter()
                .any(|&(_, other)| self.kernels.dot_f16(&row, self.row(level.centroid(other))) > similarity);
            if !hidden {
                chosen.push((similarity, slot));
            } else if passed_over.len() < most {
                passed_over.push((similarity, slot));
            }
        }
        passed_over.truncate(most - chosen.len());
        chosen.extend(passed_over);
        chosen.sort_by_key(|&(similarity, slot)| std::cmp::Reverse(key(similarity, slot)));
        chosen
    }

    /// Writes the links of a batch on one level, and the links back.
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

    /// The links of a node with those of `group` (target, source, similarity) added, and thinned out if they are too many.
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
