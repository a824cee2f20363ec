//! Gather: which documents may be among the best, and a coarse score for each.
//!
//! In: a query's token vectors, the centroid graph, and per centroid the list of documents that have a token in its cluster.
//! Out: the documents in any visited list, each with a coarse score.
//!
//! ```text
//! for each query token q:
//!     found ← the beam of a walk: centroids near q with s(c) = ⟨q, c⟩, best first
//!     floor ← w − 0.2·|w|, where w is the last similarity of the beam; 0 gain if no centroid is left out
//!     for each of the first k_centroids c in found, best first:
//!         for each document d in list(c) that q did not reach before:
//!             score(d) += s(c) − floor
//! ```
//!
//! The floor stands for a document's best similarity to a token that reaches none of its centroids: somewhere below the worst
//! that the beam holds. Without it such a document would count as 0, and a token whose nearest centroids cover few documents
//! (one of a region of near copies) would decide the ranking by which of the copies a document happens to be near.
//!
//! If fewer than `k` documents were found though more have tokens, all is done again with four times as many centroids, and in
//! the end with all of them, compared one by one. So fewer than `k` come back only if there are no more.

use super::params::SearchParams;
use super::query::Query;
use crate::Result;
use crate::graph::Walk;
use crate::index::Index;
use crate::kernel::Kernels;
use crate::ranking::key;
use std::cmp::Reverse;

/// How far below the worst similarity of the beam the floor lies, as a share of it. 0.1 to 0.3 give the same recall.
const FLOOR_BELOW_WORST: f32 = 0.2;
/// Factor by which gathering deepens when it found too few documents.
const DEEPER: usize = 4;

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
    /// Gathers, deeper and deeper, until at least `params.k` documents are found or all that have tokens.
    pub(super) fn run(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        params: &SearchParams,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let wanted = params.k.min(index.documents_with_tokens());
        let mut params = *params;
        self.gather(kernels, index, query, &params, false, cancelled)?;
        while self.touched.len() < wanted {
            params = deeper(&params);
            self.gather(kernels, index, query, &params, takes_all(index, &params), cancelled)?;
        }
        Ok(())
    }

    /// Gathers once, from a walk or, with `all`, from all centroids.
    fn gather(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        params: &SearchParams,
        all: bool,
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
            let query = query.row(token);
            if all {
                let centroids = 0..index.centroid_count() as u32;
                self.found.clear();
                self.found.extend(centroids.map(|c| (kernels.dot_f16(query, graph.row(c)), c)));
                self.found.sort_unstable_by_key(|&(similarity, c)| Reverse(key(similarity, c)));
            } else {
                let lambda = params.lambda.unwrap_or(0.0);
                self.walk.search(&graph, kernels, query, params.beam(), lambda, &mut self.found);
            }
            let floor = floor(&self.found, index.centroid_count());
            // Best first: a document's first touch by this token is its best.
            for &(similarity, centroid) in
                self.found.iter().take(if all { usize::MAX } else { params.k_centroids })
            {
                let bounds = &offsets[centroid as usize..centroid as usize + 2];
                for &document in &lists[bounds[0] as usize..bounds[1] as usize] {
                    let tally = &mut self.tallies[document as usize];
                    if tally.stamp <= before {
                        *tally = Tally { stamp: self.stamp, score: similarity - floor };
                        self.touched.push(document);
                    } else if tally.stamp != self.stamp {
                        tally.stamp = self.stamp;
                        tally.score += similarity - floor;
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

/// Parameters of the next attempt where these found too few documents.
pub(super) fn deeper(params: &SearchParams) -> SearchParams {
    SearchParams {
        k_centroids: params.k_centroids * DEEPER,
        ef_search: Some(params.beam() * DEEPER),
        ..*params
    }
}

/// Whether a further attempt compares all centroids: a walk to a quarter of them costs as much.
pub(super) fn takes_all(index: &Index, params: &SearchParams) -> bool {
    params.k_centroids >= index.centroid_count() / 4
}

/// What a document is taken to be similar to a token that reached none of its centroids. 0 if all were compared: then every
/// document with tokens is reached.
pub(super) fn floor(found: &[(f32, u32)], centroids: usize) -> f32 {
    match found.last() {
        Some(&(worst, _)) if found.len() < centroids => worst - FLOOR_BELOW_WORST * worst.abs(),
        _ => 0.0,
    }
}
