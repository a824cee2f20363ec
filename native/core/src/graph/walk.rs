//! Beam search of the graph (HNSW, algorithms 2 and 5).
//!
//! In: a query vector, the beam width `ef`, and `lambda`. Out: the `ef` most similar centroids that were found, best first.
//!
//! ```text
//! node ← the entry
//! on each level above the base, from the highest down:
//!     while a neighbour of node is more similar to the query: node ← the most similar neighbour
//! on the base level:
//!     frontier ← {node}; beam ← {node}; bound ← −∞
//!     while the frontier is not empty:
//!         next ← the most similar node of the frontier, removed from it
//!         if the similarity of next is below bound: stop
//!         for each neighbour of next that was not visited:
//!             if its similarity is at least bound:
//!                 add it to the frontier and to the beam, of which the ef best stay
//!                 if the beam is full: bound ← worst − |worst| · lambda, where worst is the worst similarity of the beam
//! ```
//!
//! Cost: one inner product for each visited node. A `lambda` above 0 visits more nodes than the plain algorithm.

use super::view::GraphView;
use crate::kernel::{self, Kernels};
use crate::ranking::{id, key, similarity};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Number of rows that are prefetched.
const AHEAD: usize = 4;

/// Scratch buffers of a walk. They can be reused for other walks and other graphs.
#[derive(Default)]
pub struct Walk {
    /// `visited[node] == epoch` if the node was visited in this walk.
    visited: Vec<u32>,
    epoch: u32,
    frontier: BinaryHeap<u64>,
    beam: BinaryHeap<Reverse<u64>>,
    fresh: Vec<u32>,
    /// Number of similarities computed in all walks.
    pub compared: u64,
}

impl Walk {
    /// Begins a walk on a level of `nodes` nodes.
    pub(super) fn begin(&mut self, nodes: usize) {
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

    /// Marks `node` as visited, and returns whether it was not before.
    fn visit(&mut self, node: u32) -> bool {
        let mark = &mut self.visited[node as usize];
        let first = *mark != self.epoch;
        *mark = self.epoch;
        first
    }

    /// Writes the `ef` centroids with the largest similarities that were found to `found`, best first, as
    /// (similarity, centroid). `query` is `[dim]`; `lambda` is at least 0.
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
        let start = self.descend(graph, kernels, query);
        self.begin(graph.rows.len() / graph.dim);
        self.search_level(
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

    /// Descends greedily from the entry, and returns the centroid where the search of the base level begins.
    fn descend(&mut self, graph: &GraphView<'_>, kernels: &Kernels, query: &[f32]) -> u32 {
        let mut slot = graph.entry;
        for level in (1..=graph.levels.len()).rev() {
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

    /// Searches one level from `start`. `row` returns a node's vector, and `links` appends its neighbours.
    #[allow(
        clippy::too_many_arguments,
        reason = "the level is given by two closures; a struct would only rename them"
    )]
    pub(super) fn search_level<'g>(
        &mut self,
        kernels: &Kernels,
        query: &[f32],
        ef: usize,
        lambda: f32,
        start: u32,
        row: impl Fn(u32) -> &'g [half::f16],
        links: impl Fn(u32, &mut Vec<u32>),
    ) {
        self.visit(start);
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
            fresh.retain(|&node| self.visit(node));
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
}
