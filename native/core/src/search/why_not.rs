//! Why a document is not in an answer, and what would bring it in.
//!
//! ```text
//! look where the document is lost: it is deleted, filtered out or has no tokens; no list that was read holds it; alpha dropped it;
//!     more candidates than k_docs_to_score were better; beta ended refine before it; or k documents have a better score
//! then, while it is lost to a parameter: change this parameter by the least that keeps it at this step, and look again
//! ```
//!
//! The least change of each step:
//!
//! | lost at | change |
//! |---|---|
//! | gather | `k_centroids` such that some query token reads a list that holds the document; `ef_search` grows with it |
//! | alpha | `alpha` such that the document's coarse score is just enough |
//! | the cap | `k_docs_to_score` the document's rank by coarse score |
//! | beta | no `beta` |
//! | the ranking | `k` the document's rank by score |
//!
//! A change may let in other documents, too, so the search is run again after each. The change that is returned was run, and did bring
//! the document.

use super::context::Context;
use super::params::{MAX_K, SearchParams};
use super::searcher::Searcher;
use super::select::select;
use crate::index::{Kind, Selection};
use crate::ranking::{id, key, similarity};
use crate::{Error, Result};
use std::cmp::Reverse;

/// Changes tried at most. Each raises a parameter or drops a rule, and most documents need one or two.
const MOST_CHANGES: usize = 40;

/// Where a document was lost, and by how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lost {
    /// It is in the answer, at this rank, from 1.
    Found {
        /// The rank.
        rank: usize,
    },
    /// It has no tokens, and so no score.
    NoTokens,
    /// It does not match the filter.
    Filtered,
    /// No list that was read holds it.
    NotGathered,
    /// Its coarse score is below what `alpha` keeps.
    BelowAlpha {
        /// Its coarse score.
        score: f32,
        /// The least that is kept.
        least: f32,
    },
    /// Too many documents have better coarse scores.
    BeyondCap {
        /// Its rank by coarse score, from 1.
        rank: usize,
        /// How many are kept.
        most: usize,
    },
    /// `beta` ended refine before it; or, without `beta`, the estimate by which refine leaves candidates out missed it.
    StoppedEarly,
    /// `k` documents have better scores.
    OutRanked {
        /// Its rank among the candidates, from 1.
        rank: usize,
        /// Its score.
        score: f32,
        /// The score of the k-th.
        kth: f32,
    },
}

/// Why a document is not in an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WhyNot {
    /// Where it was lost.
    pub lost: Lost,
    /// Parameters with which the search returns it; `None` if it is in the answer already, or no parameters bring it.
    pub change: Option<SearchParams>,
}

impl Searcher {
    /// Why the document at `position` is not in the answer of [`Searcher::search`] with these arguments. `cancelled` is asked as in a
    /// search.
    ///
    /// # Errors
    /// As [`Searcher::search`]; [`crate::Error::Parameter`] if there is no such document.
    pub fn why_not(
        &mut self,
        tokens: &[f32],
        params: &SearchParams,
        selection: Option<&Selection>,
        position: u32,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<WhyNot> {
        if self.explain(tokens, &[position])?[0].is_empty() {
            return Ok(WhyNot { lost: Lost::NoTokens, change: None });
        }
        if selection.is_some_and(|selection| !selection.contains(position)) {
            return Ok(WhyNot { lost: Lost::Filtered, change: None });
        }
        let lost = self.locate_loss(tokens, params, selection, position, cancelled)?;
        let (mut now, mut changed) = (lost, *params);
        for _ in 0..MOST_CHANGES {
            if let Lost::Found { .. } = now {
                let change = (changed != *params).then_some(changed);
                return Ok(WhyNot { lost, change });
            }
            match self.repair(now, &changed, position, cancelled)? {
                Some(next) => changed = next,
                None => break,
            }
            now = self.locate_loss(tokens, &changed, selection, position, cancelled)?;
        }
        Ok(WhyNot { lost, change: None })
    }

    /// Runs the search and follows the document through it.
    fn locate_loss(
        &mut self,
        tokens: &[f32],
        params: &SearchParams,
        selection: Option<&Selection>,
        position: u32,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Lost> {
        let answer = self.search(tokens, params, selection, cancelled)?;
        if let Some(place) = answer.hits.iter().position(|hit| hit.document == position) {
            return Ok(Lost::Found { rank: place + 1 });
        }
        let kth = answer.hits.last().map_or(f32::NEG_INFINITY, |hit| hit.score);
        let gathered = self.index().kind() == Kind::Quantized
            && selection.is_none_or(|s| !params.scores_all_of(s.count()));
        if gathered {
            // Gather and select left their candidates; they are gathered again, because select dropped some.
            let mut found: Vec<u64> = self.gather.found(selection).map(|(s, d)| key(s, d)).collect();
            found.sort_unstable_by_key(|&key| Reverse(key));
            let Some(place) = found.iter().position(|&key| id(key) == position) else {
                return Ok(Lost::NotGathered);
            };
            let most = params.k_docs_to_score.max(params.k);
            if place >= most {
                return Ok(Lost::BeyondCap { rank: place + 1, most });
            }
            let mut kept = found.clone();
            select(&mut kept, params.k, params.k_docs_to_score, params.alpha);
            if !kept.contains(&found[place]) {
                let least = found.get(params.k - 1).map_or(0.0, |&key| {
                    similarity(key) - similarity(key).abs() * params.alpha.unwrap_or(0.0)
                });
                return Ok(Lost::BelowAlpha { score: similarity(found[place]), least });
            }
        }
        let ranking = self.rank_candidates(tokens, params, selection, cancelled)?;
        match ranking.iter().position(|&(_, document)| document == position) {
            // With `beta` not all candidates were scored, so its rank may be within k.
            Some(place) if place >= params.k => {
                Ok(Lost::OutRanked { rank: place + 1, score: ranking[place].0, kth })
            }
            _ => Ok(Lost::StoppedEarly),
        }
    }

    /// Scores and positions of all candidates of a search that was just run, best first.
    fn rank_candidates(
        &mut self,
        tokens: &[f32],
        params: &SearchParams,
        selection: Option<&Selection>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<(f32, u32)>> {
        let go_on = || if cancelled() { Err(Error::Cancelled) } else { Ok(()) };
        let means = self.prepare(tokens)?;
        let shift: f32 = means.iter().sum();
        let count = match self.index().kind() {
            Kind::Exact => self.index().positions(),
            Kind::Quantized => self.candidates.len(),
        };
        self.top.begin(count.max(1));
        let index = self.index().clone();
        if index.kind() == Kind::Exact {
            self.scan(selection, &go_on)?;
        } else {
            let on = Context { kernels: self.kernels, index: &index, query: &self.query, selection };
            let all = SearchParams { k: count.max(1), beta: None, ..*params };
            self.refine.run(on, &self.candidates, &all, &mut self.top, &go_on)?;
        }
        let mut ranking = Vec::with_capacity(count);
        self.top
            .drain(|a, b| index.compare_ids(a, b), |score, document| ranking.push((score + shift, document)));
        Ok(ranking)
    }

    /// The least change that keeps the document where it was lost; `None` if no parameter can.
    fn repair(
        &mut self,
        lost: Lost,
        params: &SearchParams,
        position: u32,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<SearchParams>> {
        Ok(match lost {
            Lost::NotGathered => {
                let all = self.index().centroid_count();
                if params.k_centroids >= all {
                    return Ok(None);
                }
                // The beam of some token may not come to the centroid at all, where groups hide it: then it widens.
                let rank = self.nearest_rank(position, cancelled)?.unwrap_or(all);
                let wider =
                    if rank > params.k_centroids { rank } else { params.k_centroids.max(params.beam()) * 2 };
                let k_centroids = wider.min(all);
                let ef_search = params.ef_search.map(|ef| ef.max((3 * k_centroids).div_ceil(2)));
                Some(SearchParams { k_centroids, ef_search, ..*params })
            }
            Lost::BelowAlpha { score, least } => {
                // least = s − |s| · alpha, of which s is the k-th coarse score.
                let Some(alpha) = params.alpha else { return Ok(None) };
                let kth =
                    if least >= 0.0 && alpha < 1.0 { least / (1.0 - alpha) } else { least / (1.0 + alpha) };
                let kth = if kth.is_finite() && kth != 0.0 {
                    kth
                } else {
                    return Ok(Some(SearchParams { alpha: None, ..*params }));
                };
                let needed = (kth - score) / kth.abs();
                // Rounded up to four digits, so that it can be written down.
                let needed = (needed * 1e4).ceil() / 1e4;
                let more = needed.is_finite() && needed > alpha;
                Some(SearchParams { alpha: more.then_some(needed), ..*params })
            }
            Lost::BeyondCap { rank, .. } => Some(SearchParams { k_docs_to_score: rank, ..*params }),
            Lost::StoppedEarly if params.beta.is_some() => Some(SearchParams { beta: None, ..*params }),
            // The estimate by which refine leaves candidates out missed it. With a larger k it leaves out fewer.
            Lost::StoppedEarly if params.k < MAX_K => {
                Some(SearchParams { k: (2 * params.k).min(MAX_K), ..*params })
            }
            Lost::OutRanked { rank, .. } if rank <= MAX_K => Some(SearchParams { k: rank, ..*params }),
            _ => None,
        })
    }

    /// The best rank, from 1, that a centroid of the document has for some token of the prepared query.
    fn nearest_rank(&self, position: u32, cancelled: &dyn Fn() -> bool) -> Result<Option<usize>> {
        let index = self.index();
        let (place, document) = index.locate(position as usize);
        let segment = &index.segments()[place].segment;
        let own = &segment.token_centroids()[segment.tokens_of(document)];
        let dim = index.dim();
        let rank = |token: usize| {
            let row = self.query.row(token);
            let similarity =
                |c: usize| self.kernels.dot_f16(row, &index.codec().centroids()[c * dim..(c + 1) * dim]);
            let best = own.iter().map(|&c| key(similarity(c as usize), c)).max()?;
            Some((0..index.centroid_count()).filter(|&c| key(similarity(c), c as u32) > best).count() + 1)
        };
        let mut least = None;
        for token in 0..self.query.rows() {
            if cancelled() {
                return Err(Error::Cancelled);
            }
            least = rank(token).into_iter().chain(least).min();
        }
        Ok(least)
    }
}
