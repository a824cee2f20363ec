//! Gather: which documents may be among the best, and a coarse score for each.
//!
//! In: a query's token vectors, the centroids, and per centroid the list of documents that have a token in its cluster.
//! Out: the documents in any visited list, each with a coarse score.
//!
//! ```text
//! for each query token q:
//!     found ← the beam: ef_search centroids near q with s(c) = ⟨q, c⟩, best first
//!     floor ← w − 0.2·|w|, where w is the last similarity of the beam; 0 if the lists of all centroids are read
//!     for each of the first k_centroids c in found, best first:
//!         for each document d in list(c):
//!             score(d) += s(c) − floor            if c is the first that brings q to d,
//!                         0.03 · (s(c) − floor)   if c is the second
//! ```
//!
//! The beam comes from a walk of the centroid graph, or where there is none, from a scan of all centroids (`scan.rs`).
//!
//! The floor stands for a document's best similarity to a token that reaches none of its centroids: somewhere below the worst
//! that the beam holds. Without it such a document would count as 0, and a token whose nearest centroids cover few documents
//! (one of a region of near copies) would decide the ranking by which of the copies a document happens to be near.
//!
//! The second centroid counts a little, because the first may say nothing: where one centroid is in every document (a blank, a
//! pad), all tie, and the second tells them apart.
//!
//! Of a selection (`index/selection.rs`) only its documents count as found.
//!
//! If fewer than `k` documents were found though more have tokens, all is done again with four times as many centroids, and in
//! the end with all of them, from a scan. So fewer than `k` come back only if there are no more.

use super::context::Context;
use super::params::SearchParams;
use super::scan::Scan;
use crate::Result;
use crate::graph::Walk;
use crate::index::{Index, Selection};
use crate::kernel;

/// How far below the worst similarity of the beam the floor lies, as a share of it. 0.1 to 0.3 give the same recall.
const FLOOR_BELOW_WORST: f32 = 0.2;
/// What the second centroid counts, as a share. 0 to 0.1 give the same recall where documents do not tie.
pub(super) const SECOND: f32 = 0.03;
/// Factor by which gathering deepens when it found too few documents.
const DEEPER: usize = 4;
/// Tallies that are prefetched.
const AHEAD: usize = 24;

/// Coarse score of one document, and when it was last touched.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// Stamp of the query token that touched it last, plus one if two of the token's centroids did. Stamps are even, and rise
    /// from token to token and from query to query.
    stamp: u32,
    score: f32,
}

/// Scratch of the gather step: one tally per document. Tallies are never cleared: a stamp says which query one belongs to.
#[derive(Default)]
pub(super) struct Gather {
    tallies: Vec<Tally>,
    stamp: u32,
    /// The beam of each query token, best first.
    found: Vec<Vec<(f32, u32)>>,
    walk: Walk,
    scan: Scan,
    /// Documents with a coarse score, in order of their first touch: the first `count`. One place more than documents, so that a
    /// document can be written before it is known to be new.
    touched: Vec<u32>,
    count: usize,
    /// Places of the lists that are read in one segment, token after token.
    places: Vec<Option<usize>>,
}

impl Gather {
    /// Gathers, deeper and deeper, until at least `params.k` documents that may be returned are found, or all. It ends once all
    /// centroids were taken, also if the lists of a damaged file lack documents.
    pub(super) fn run(
        &mut self,
        on: Context<'_>,
        params: &SearchParams,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let wanted = params.k.min(on.selectable());
        let mut params = *params;
        self.gather(on, &params, cancelled)?;
        while self.found(on.selection).take(wanted).count() < wanted
            && params.k_centroids < on.index.centroid_count()
        {
            params = deeper(on.index, &params);
            self.gather(on, &params, cancelled)?;
        }
        Ok(())
    }

    /// Gathers once.
    fn gather(
        &mut self,
        on: Context<'_>,
        params: &SearchParams,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let (tokens, documents) = (on.query.rows() as u32, on.index.positions());
        if self.tallies.len() < documents {
            self.tallies.resize(documents, Tally::default());
            self.touched.resize(documents + 1, 0);
        }
        if self.stamp > u32::MAX - 2 * (tokens + 1) {
            self.tallies.fill(Tally::default());
            self.stamp = 0;
        }
        self.find(on, params, cancelled)?;
        let Self { tallies, touched, stamp, .. } = self;
        // Lists are looked up for all tokens first. Each look-up waits for memory two times, and so many of them wait together.
        let mut lists_of_tokens: Vec<&[u32]> = Vec::new();
        let (first, before, mut count) = (*stamp, *stamp + 1, 0);
        // Before any tally is written: a search that is cancelled below leaves tallies with its stamps, which the next one must not take for
        // its own.
        *stamp += 2 * tokens;
        let all = params.k_centroids >= on.index.centroid_count();
        for placed in on.index.segments() {
            let lists = placed.segment.lists();
            let read = || {
                self.found[..on.query.rows()].iter().flat_map(|found| found.iter().take(params.k_centroids))
            };
            self.places.clear();
            self.places.extend(read().map(|&(_, centroid)| {
                let place = lists.place(centroid);
                place.iter().for_each(|&place| kernel::prefetch_one(&lists.offsets[place]));
                place
            }));
            lists_of_tokens.clear();
            lists_of_tokens.extend(self.places.iter().map(|place| {
                let list = place.map_or(&[][..], |place| lists.at(place));
                list.first().into_iter().for_each(kernel::prefetch_one);
                list
            }));
            let mut lists_of_tokens = lists_of_tokens.iter();
            let tallies = &mut tallies[placed.first..placed.first + placed.segment.documents()];
            for (found, token) in self.found[..on.query.rows()].iter().zip(1..) {
                cancelled()?;
                let (stamp, floor) = (first + 2 * token, floor(found, all));
                // Best first: the first centroid that reaches a document is its best. What an entry does depends on the document, so a
                // branch would be mispredicted: the entry's case selects a factor instead.
                for (&(similarity, _), list) in
                    found.iter().take(params.k_centroids).zip(&mut lists_of_tokens)
                {
                    let gain = similarity - floor;
                    let gains = [gain, SECOND * gain, 0.0];
                    for (i, &document) in list.iter().enumerate() {
                        if let Some(&later) = list.get(i + AHEAD) {
                            kernel::prefetch_one(&tallies[later as usize]);
                        }
                        let tally = &mut tallies[document as usize];
                        let time = (tally.stamp + 1).saturating_sub(stamp).min(2);
                        let new = tally.stamp <= before;
                        let score = if new { 0.0 } else { tally.score };
                        *tally = Tally { stamp: stamp + time.min(1), score: score + gains[time as usize] };
                        touched[count] = placed.first as u32 + document;
                        count += usize::from(new);
                    }
                }
            }
        }
        self.count = count;
        Ok(())
    }

    /// Finds the beam of every query token.
    fn find(
        &mut self,
        on: Context<'_>,
        params: &SearchParams,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let beam = params.beam();
        match on.codec().graph().filter(|_| beam < on.index.centroid_count()) {
            None => self.scan.run(on, beam, cancelled, &mut self.found)?,
            Some(graph) => {
                self.found.resize_with(on.query.rows().max(self.found.len()), Vec::new);
                for (token, found) in self.found[..on.query.rows()].iter_mut().enumerate() {
                    cancelled()?;
                    let lambda = params.lambda.unwrap_or(0.0);
                    self.walk.search(&graph, on.kernels, on.query.row(token), beam, lambda, found);
                }
            }
        }
        Ok(())
    }

    /// Centroids compared with query tokens so far.
    pub(super) fn compared(&self) -> u64 {
        self.walk.compared
    }

    /// Documents that were found and may be returned, with their coarse scores.
    pub(super) fn found(&self, selection: Option<&Selection>) -> impl Iterator<Item = (f32, u32)> {
        let touched = self.touched[..self.count].iter();
        touched
            .filter(move |&&document| selection.is_none_or(|selection| selection.contains(document)))
            .map(|&document| (self.tallies[document as usize].score, document))
    }
}

/// Parameters of the next attempt where these found too few documents. Once a walk would visit a quarter of the centroids, all
/// of them are taken, from a scan.
pub(super) fn deeper(index: &Index, params: &SearchParams) -> SearchParams {
    let k_centroids = params.k_centroids * DEEPER;
    if k_centroids >= index.centroid_count() / 4 {
        let all = index.centroid_count();
        return SearchParams { k_centroids: all, ef_search: Some(all), ..*params };
    }
    SearchParams { k_centroids, ef_search: Some(params.beam() * DEEPER), ..*params }
}

/// The similarity to a token that is assumed of a document that is in none of the lists read. 0 if `all` lists are read: then every
/// document with tokens is in one.
pub(super) fn floor(found: &[(f32, u32)], all: bool) -> f32 {
    match found.last() {
        Some(&(worst, _)) if !all => worst - FLOOR_BELOW_WORST * worst.abs(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document in a list that was read never gains less than one in none of them, also where the beam holds every centroid.
    #[test]
    fn the_floor_lies_below_all_that_was_found_unless_all_lists_are_read() {
        for worst in [0.5, 0.0, -0.5] {
            let found = [(0.7, 1), (worst, 0)];
            assert!(floor(&found, false) <= worst);
            assert_eq!(floor(&found, true), 0.0);
        }
    }
}
