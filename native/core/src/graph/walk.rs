//! Beam search.

use super::view::GraphView;
use crate::kernel::{self, Kernels};
use crate::ranking::{id, key, similarity};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Rows asked for before their turn.
const AHEAD: usize = 4;

/// Scratch of a walk, reused from walk to walk. Not tied to one graph.
#[derive(Default)]
pub struct Walk {
    /// `visited[node] == epoch`: visited in this walk.
    visited: Vec<u32>,
    epoch: u32,
    frontier: BinaryHeap<u64>,
    beam: BinaryHeap<Reverse<u64>>,
    fresh: Vec<u32>,
    /// Nodes whose similarity was computed, since the scratch was made.
    pub compared: u64,
}

impl Walk {
    fn begin(&mut self, nodes: usize) {
        if self.visited.len() < nodes {
            self.visited.resize(nodes, 0);
        }
        if self.epoch == u32::MAX {
            self.visited.fill(0);
            self.epoch = 0;
        }
        self.epoch += 1;
        self.frontier.clear();
        self.beam.clear();
    }

    /// Whether `node` is visited for the first time in this walk.
    fn meet(&mut self, node: u32) -> bool {
        let mark = &mut self.visited[node as usize];
        let first = *mark != self.epoch;
        *mark = self.epoch;
        first
    }

    /// The `ef` best centroids found for `query`, best first, as (similarity, centroid).
    ///
    /// With `lambda` the walk goes on, and visits nodes, while their similarity is at least
    /// `worst − |worst| · lambda`, `worst` being the worst of a full beam; without, or with 0, at least `worst`.
    pub fn search(
        &mut self,
        graph: &GraphView<'_>,
        kernels: &Kernels,
        query: &[f32],
        ef: usize,
        lambda: f32,
        found: &mut Vec<(f32, u32)>,
    ) {
        found.clear();
        if graph.rows.is_empty() {
            return;
        }
        let start = self.descend(graph, kernels, query, 0);
        self.begin(graph.rows.len() / graph.dim);
        self.spread(
            kernels,
            query,
            ef,
            lambda,
            start,
            |node| graph.row(node),
            |node, fresh| {
                fresh.extend(graph.base_links(node));
            },
        );
        self.drain(found);
    }

    /// Greedily from the top to the best slot found on level `to` (a centroid on level 0).
    fn descend(&mut self, graph: &GraphView<'_>, kernels: &Kernels, query: &[f32], to: usize) -> u32 {
        let mut slot = graph.entry;
        for level in (to + 1..=graph.levels.len()).rev() {
            let view = graph.levels[level - 1];
            let score =
                |slot: u32| key(kernels.dot_f16(query, graph.row(view.centroids[slot as usize])), slot);
            let mut best = score(slot);
            loop {
                let better = graph.links(level, slot).map(score).max().unwrap_or(0);
                self.compared += graph.degree as u64;
                if better <= best {
                    break;
                }
                (best, slot) = (better, id(better));
            }
            slot = view.down[slot as usize];
        }
        slot
    }

    /// The beam search of one level, from `start`.
    #[allow(
        clippy::too_many_arguments,
        reason = "the level is given by two closures; a struct would only rename them"
    )]
    pub(super) fn spread<'g>(
        &mut self,
        kernels: &Kernels,
        query: &[f32],
        ef: usize,
        lambda: f32,
        start: u32,
        row: impl Fn(u32) -> &'g [half::f16],
        links: impl Fn(u32, &mut Vec<u32>),
    ) {
        self.meet(start);
        let first = key(kernels.dot_f16(query, row(start)), start);
        self.frontier.push(first);
        self.beam.push(Reverse(first));
        let mut bound = f32::NEG_INFINITY;
        let mut fresh = std::mem::take(&mut self.fresh);
        while let Some(next) = self.frontier.pop() {
            if similarity(next) < bound {
                break;
            }
            fresh.clear();
            links(id(next), &mut fresh);
            fresh.retain(|&node| self.meet(node));
            self.compared += fresh.len() as u64;
            for (i, &node) in fresh.iter().enumerate() {
                if let Some(&later) = fresh.get(i + AHEAD) {
                    kernel::prefetch(row(later));
                }
                let candidate = key(kernels.dot_f16(query, row(node)), node);
                if similarity(candidate) < bound {
                    continue;
                }
                self.frontier.push(candidate);
                if self.beam.len() < ef {
                    self.beam.push(Reverse(candidate));
                } else if let Some(mut worst) = self.beam.peek_mut()
                    && candidate > worst.0
                {
                    *worst = Reverse(candidate);
                }
                if self.beam.len() >= ef
                    && let Some(&Reverse(worst)) = self.beam.peek()
                {
                    let worst = similarity(worst);
                    bound = worst - worst.abs() * lambda;
                }
            }
        }
        self.fresh = fresh;
    }

    /// Moves the beam to `found`, best first.
    pub(super) fn drain(&mut self, found: &mut Vec<(f32, u32)>) {
        found.clear();
        while let Some(Reverse(worst)) = self.beam.pop() {
            found.push((similarity(worst), id(worst)));
        }
        found.reverse();
    }

    /// Readies the scratch for a level of `nodes` nodes.
    pub(super) fn begin_level(&mut self, nodes: usize) {
        self.begin(nodes);
    }
}
