//! Gather: coarse scores of the documents that share a centroid with the query.

use super::params::SearchParams;
use super::query::Query;
use crate::Result;
use crate::graph::Walk;
use crate::index::Index;
use crate::kernel::Kernels;

/// Coarse score of one document, and when it was last touched.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// Stamp of the query token that touched it last; stamps rise from query to query.
    stamp: u32,
    score: f32,
}

/// Scratch of the gather step: one tally a document, never cleared, told apart by stamps.
#[derive(Default)]
pub(super) struct Gather {
    tallies: Vec<Tally>,
    stamp: u32,
    found: Vec<(f32, u32)>,
    walk: Walk,
    /// Documents with a coarse score, in order of their first touch.
    pub(super) touched: Vec<u32>,
}

impl Gather {
    /// Sums, over the query's tokens, each document's best similarity among the `k_centroids` centroids nearest to the
    /// token. A token that touches none of a document's centroids adds nothing to it.
    pub(super) fn run(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        params: &SearchParams,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let (graph, offsets, lists) = (index.graph(), index.list_offsets(), index.list_docs());
        let (tokens, documents) = (query.rows() as u32, index.documents());
        if self.tallies.len() < documents {
            self.tallies.resize(documents, Tally::default());
        }
        if self.stamp > u32::MAX - tokens - 1 {
            self.tallies.fill(Tally::default());
            self.stamp = 0;
        }
        let before = self.stamp;
        self.touched.clear();
        for token in 0..query.rows() {
            cancelled()?;
            self.stamp += 1;
            let lambda = params.lambda.unwrap_or(0.0);
            self.walk.search(&graph, kernels, query.row(token), params.beam(), lambda, &mut self.found);
            // Best first: a document's first touch by this token is its best.
            for &(similarity, centroid) in self.found.iter().take(params.k_centroids) {
                let bounds = &offsets[centroid as usize..centroid as usize + 2];
                for &document in &lists[bounds[0] as usize..bounds[1] as usize] {
                    let tally = &mut self.tallies[document as usize];
                    if tally.stamp <= before {
                        *tally = Tally { stamp: self.stamp, score: similarity };
                        self.touched.push(document);
                    } else if tally.stamp != self.stamp {
                        tally.stamp = self.stamp;
                        tally.score += similarity;
                    }
                }
            }
        }
        Ok(())
    }

    /// Centroids compared with query tokens so far.
    pub(super) fn compared(&self) -> u64 {
        self.walk.compared
    }

    /// Coarse score of a touched document.
    pub(super) fn score(&self, document: u32) -> f32 {
        self.tallies[document as usize].score
    }
}
