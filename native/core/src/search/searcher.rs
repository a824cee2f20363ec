//! One thread's searcher over a shared index.

use super::answer::{Answer, Hit};
use super::context::Context;
use super::exact::Exact;
use super::gather::Gather;
use super::params::SearchParams;
use super::query::{Query, check_query};
use super::refine::Refine;
use super::select::select;
use super::top::Top;
use crate::index::{Index, Kind, Selection};
use crate::kernel::{self, Kernels};
use crate::ranking::key;
use crate::{Error, Result};
use std::sync::Arc;

/// Searches a shared index with scratch memory of its own: some 12 bytes a document and a centroid, taken with the first
/// search and kept. A search takes no other memory that grows with the index.
pub struct Searcher {
    index: Arc<Index>,
    pub(super) kernels: &'static Kernels,
    pub(super) query: Query,
    pub(super) gather: Gather,
    pub(super) candidates: Vec<u64>,
    pub(super) refine: Refine,
    exact: Exact,
    pub(super) top: Top,
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
            hits: Vec::new(),
        }
    }

    /// Searches another index from now on. The scratch memory stays, and grows where the other index needs more.
    pub fn set_index(&mut self, index: Arc<Index>) {
        self.index = index;
    }

    /// The index searched.
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// Centroids compared with query tokens since the searcher was made.
    pub fn compared(&self) -> u64 {
        self.gather.compared()
    }

    /// The best documents of `selection` (of all, without one) for `tokens`, `[rows][dim]`: best first, equal scores by id
    /// ([`Index::compare_ids`]); `params.k` of them, or all that have tokens if there are fewer. `cancelled` is asked every few hundred microseconds.
    ///
    /// Of a small selection ([`SearchParams::scores_all_of`]) all documents are scored, and gather is left out.
    ///
    /// # Errors
    /// [`Error::Query`], [`Error::Parameter`], [`Error::Cancelled`].
    pub fn search(
        &mut self,
        tokens: &[f32],
        params: &SearchParams,
        selection: Option<&Selection>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Answer<'_>> {
        params.check()?;
        self.set_query(tokens)?;
        self.top.begin(params.k);
        let go_on = || if cancelled() { Err(Error::Cancelled) } else { Ok(()) };
        // Of the query before it is rotated, because the mean is not.
        let shift = self.query.shift(self.index.codec().mean());
        let exhausted = match self.index.kind() {
            Kind::Exact => self.scan(selection, &go_on)?,
            Kind::Quantized => {
                self.query.prepare(self.kernels, self.index.codec());
                self.gather_and_refine(params, selection, &go_on)?
            }
        };
        self.hits.clear();
        let hits = &mut self.hits;
        let index = &self.index;
        self.top.drain(
            |a, b| index.compare_ids(a, b),
            |score, document| hits.push(Hit { document, score: score + shift }),
        );
        Ok(Answer { hits: &self.hits, exhausted })
    }

    fn set_query(&mut self, tokens: &[f32]) -> Result<()> {
        check_query(tokens, self.index.dim())?;
        self.query.set(tokens, self.index.dim());
        Ok(())
    }

    /// Makes the query ready for scoring documents. Returns `⟨q, mean⟩` of each of its tokens, which scores lack.
    pub(super) fn prepare(&mut self, tokens: &[f32]) -> Result<Vec<f32>> {
        self.set_query(tokens)?;
        let means = self.query.shifts(self.index.codec().mean());
        if self.index.kind() == Kind::Quantized {
            self.query.prepare(self.kernels, self.index.codec());
        }
        Ok(means)
    }

    /// Returns whether every document of the selection was scored.
    fn gather_and_refine(
        &mut self,
        params: &SearchParams,
        selection: Option<&Selection>,
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<bool> {
        let on = Context { kernels: self.kernels, index: &self.index, query: &self.query, selection };
        self.candidates.clear();
        match selection.filter(|selection| params.scores_all_of(selection.count())) {
            Some(selection) => {
                self.candidates.extend(selection.documents().map(|document| key(0.0, document)))
            }
            None => {
                self.gather.run(on, params, go_on)?;
                self.candidates
                    .extend(self.gather.found(selection).map(|(score, document)| key(score, document)));
                select(&mut self.candidates, params.k, params.k_docs_to_score, params.alpha);
            }
        }
        let scored = self.refine.run(on, &self.candidates, params, &mut self.top, go_on)?;
        Ok(scored == on.selectable())
    }

    /// Scores every document of the selection, and returns that it did.
    pub(super) fn scan(
        &mut self,
        selection: Option<&Selection>,
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<bool> {
        for placed in self.index.segments() {
            let (segment, vectors) = (&placed.segment, placed.segment.vectors());
            for (document, bounds) in segment.doc_offsets().windows(2).enumerate() {
                if document % 16 == 0 {
                    go_on()?;
                }
                let position = (placed.first + document) as u32;
                if selection.is_some_and(|selection| !selection.contains(position)) {
                    continue;
                }
                let (first, last) = (bounds[0] as usize, bounds[1] as usize);
                if let Some(score) = self.exact.score(self.kernels, vectors, &self.query, first, last) {
                    self.top.offer(score, position);
                }
            }
        }
        Ok(true)
    }
}
