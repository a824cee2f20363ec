//! One thread's searcher over a shared index.

use super::early_stop::EarlyStop;
use super::exact::Exact;
use super::gather::Gather;
use super::params::SearchParams;
use super::query::{Query, check_query};
use super::refine::Refine;
use super::select::{candidate, select};
use super::top::Top;
use crate::index::{Index, Kind};
use crate::kernel::{self, Kernels};
use crate::{Error, Result, ranking};
use std::sync::Arc;

/// One document of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Position in the corpus.
    pub document: u32,
    /// MaxSim.
    pub score: f32,
}

/// Documents whose centroids are found and scored together.
const TAKEN_UP: usize = 32;

/// Searches a shared index with scratch memory of its own: some 8 bytes a document and 12 a centroid, taken with the first
/// search and kept. A search takes no other memory that grows with the index.
pub struct Searcher {
    index: Arc<Index>,
    kernels: &'static Kernels,
    query: Query,
    gather: Gather,
    candidates: Vec<u64>,
    refine: Refine,
    exact: Exact,
    top: Top,
    /// The candidates' scores on bytes, and the same in another order.
    scores: Vec<f32>,
    ordered: Vec<f32>,
    hits: Vec<Hit>,
}

impl Searcher {
    /// A searcher over `index` with the fastest kernels.
    pub fn new(index: Arc<Index>) -> Self {
        Self::with_kernels(index, kernel::active())
    }

    /// A searcher with the given kernels; the answers are the same with all.
    pub fn with_kernels(index: Arc<Index>, kernels: &'static Kernels) -> Self {
        Self {
            index,
            kernels,
            query: Query::default(),
            gather: Gather::default(),
            candidates: Vec::new(),
            refine: Refine::default(),
            exact: Exact::default(),
            top: Top::default(),
            scores: Vec::new(),
            ordered: Vec::new(),
            hits: Vec::new(),
        }
    }

    /// The index searched.
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// Centroids compared with query tokens since the searcher was made.
    pub fn compared(&self) -> u64 {
        self.gather.compared()
    }

    /// The best documents for `tokens`, `[rows][dim]`, best first, equal scores by smaller id; `params.k` of
    /// them, or all that have tokens if there are fewer. `cancelled` is asked every few hundred microseconds.
    ///
    /// # Errors
    /// [`Error::Query`], [`Error::Parameter`], [`Error::Cancelled`].
    pub fn search(
        &mut self,
        tokens: &[f32],
        params: &SearchParams,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<&[Hit]> {
        params.check()?;
        check_query(tokens, self.index.dim())?;
        self.query.set(tokens, self.index.dim());
        self.top.begin(params.k);
        let go_on = || if cancelled() { Err(Error::Cancelled) } else { Ok(()) };
        let shift = match self.index.kind() {
            Kind::Exact => {
                self.scan(&go_on)?;
                0.0
            }
            Kind::Quantized => {
                self.gather_and_refine(params, &go_on)?;
                self.query.shift(self.index.mean())
            }
        };
        self.hits.clear();
        let hits = &mut self.hits;
        self.top.drain(|score, document| hits.push(Hit { document, score: score + shift }));
        Ok(&self.hits)
    }

    fn gather_and_refine(&mut self, params: &SearchParams, go_on: &dyn Fn() -> Result<()>) -> Result<()> {
        let index = &*self.index;
        self.gather.run(self.kernels, index, &self.query, params, go_on)?;
        self.candidates.clear();
        let gather = &self.gather;
        self.candidates
            .extend(gather.touched.iter().map(|&document| candidate(gather.score(document), document)));
        select(&mut self.candidates, params.k, params.k_docs_to_score, params.alpha);
        self.refine.begin(index, &self.query);
        if params.beta.is_some() {
            return self.refine_in_order(params, go_on);
        }
        // All on bytes; then exactly those that may be among the best for all that bytes can tell.
        self.scores.clear();
        for some in self.candidates.chunks(TAKEN_UP) {
            let documents = some.iter().map(|&candidate| ranking::id(candidate));
            self.refine.take_up(self.kernels, index, &self.query, documents);
            for place in 0..some.len() {
                go_on()?;
                let score = self.refine.score_bytes(self.kernels, index, &self.query, place);
                self.scores.push(score.unwrap_or(f32::NEG_INFINITY));
            }
        }
        let least = self.kth_best_score(params.k) - self.refine.error_bound();
        for place in 0..self.candidates.len() {
            if self.scores[place] >= least {
                self.refine_one(ranking::id(self.candidates[place]));
            }
        }
        Ok(())
    }

    /// Exact score of one document, offered to the answer; whether that improved it, `None` without tokens.
    fn refine_one(&mut self, document: u32) -> Option<bool> {
        let score = self.refine.score(self.kernels, &self.index, &self.query, document)?;
        Some(self.top.offer(score, document))
    }

    /// The k-th best of the scores on bytes; −∞ where there are fewer.
    fn kth_best_score(&mut self, k: usize) -> f32 {
        self.ordered.clone_from(&self.scores);
        if k > self.ordered.len() {
            return f32::NEG_INFINITY;
        }
        *self.ordered.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1
    }

    /// Candidates one after another, each scored exactly: whether one improves the answer decides if there is a next.
    fn refine_in_order(&mut self, params: &SearchParams, go_on: &dyn Fn() -> Result<()>) -> Result<()> {
        let mut stop = EarlyStop::new(params.beta);
        for place in 0..self.candidates.len() {
            go_on()?;
            if let Some(improved) = self.refine_one(ranking::id(self.candidates[place]))
                && stop.after(improved, self.top.is_full())
            {
                break;
            }
        }
        Ok(())
    }

    /// Scores every document.
    fn scan(&mut self, go_on: &dyn Fn() -> Result<()>) -> Result<()> {
        let index = &*self.index;
        for (document, bounds) in index.doc_offsets().windows(2).enumerate() {
            if document % 16 == 0 {
                go_on()?;
            }
            let (first, last) = (bounds[0] as usize, bounds[1] as usize);
            if let Some(score) = self.exact.score(self.kernels, index.vectors(), &self.query, first, last) {
                self.top.offer(score, document as u32);
            }
        }
        Ok(())
    }
}
