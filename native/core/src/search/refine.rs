//! Refine: MaxSim over the two-level codes.

use super::query::Query;
use crate::index::Index;
use crate::kernel::{CodedTokens, Kernels, NarrowTables, ScoreTables};
use crate::quantize::WORDS;

/// Scratch of the refine step.
#[derive(Default)]
pub(super) struct Refine {
    /// `⟨query token, word⟩`, `[subspaces][256][columns]`.
    words: Vec<f32>,
    /// The same as integers, and what one unit of a column is worth.
    narrow: Vec<i16>,
    scales: Vec<f32>,
    factors: Vec<f32>,
    /// `⟨query token, centroid⟩`, `[row][columns]`, a row for each centroid met in this query.
    centroid_scores: Vec<f32>,
    /// Row of each centroid, valid where the stamp is the query's.
    rows: Vec<(u32, u32)>,
    stamp: u32,
    met: u32,
    /// Centroids of the document at hand that are new to the query, and their widened rows.
    fresh: Vec<u32>,
    widened: Vec<f32>,
    token_rows: Vec<u32>,
    best: Vec<f32>,
}

impl Refine {
    /// Readies the tables for a query.
    pub(super) fn begin(&mut self, kernels: &Kernels, index: &Index, query: &Query) {
        let columns = query.columns();
        self.words.resize(index.subspaces().len() * WORDS * columns, 0.0);
        index.codebooks().score(kernels, query.panels(), &mut self.words);
        self.narrow_words(kernels, columns);
        self.centroid_scores.clear();
        self.met = 0;
        if self.rows.len() < index.centroid_count() {
            self.rows.resize(index.centroid_count(), (0, 0));
        }
        if self.stamp == u32::MAX {
            self.rows.fill((0, 0));
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// Integer tables: each column is scaled so that the largest sum of one word a subspace just fits 16 bits. A score's
    /// error is then below 2⁻¹⁶ of that sum a subspace, some thousandth of what the codec itself loses.
    fn narrow_words(&mut self, kernels: &Kernels, columns: usize) {
        const MOST: f32 = 32_000.0;
        self.scales.clear();
        self.scales.resize(columns, 0.0);
        let mut most = vec![0.0_f32; columns];
        for subspace in self.words.chunks_exact(WORDS * columns) {
            most.fill(0.0);
            for word in subspace.chunks_exact(columns) {
                most.iter_mut().zip(word).for_each(|(most, score)| *most = most.max(score.abs()));
            }
            self.scales.iter_mut().zip(&most).for_each(|(sum, most)| *sum += most);
        }
        self.factors.clear();
        // A column of zeros stays one.
        self.factors.extend(self.scales.iter().map(|&sum| if sum > 0.0 { MOST / sum } else { 0.0 }));
        self.scales.iter_mut().for_each(|sum| *sum /= MOST);
        self.narrow.resize(self.words.len(), 0);
        kernels.narrow(&self.words, &self.factors, &mut self.narrow);
    }

    /// MaxSim of a document, without the centring shift, on the integer tables; `None` for one without tokens.
    pub(super) fn score(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        document: usize,
    ) -> Option<f32> {
        self.best_of(kernels, index, query, document, |refine, tokens, columns, subspaces| {
            let tables = NarrowTables {
                words: &refine.narrow,
                scales: &refine.scales,
                centroid_scores: &refine.centroid_scores,
                columns,
                subspaces,
            };
            kernels.adc_max_narrow(tokens, tables, &mut refine.best);
        })
    }

    /// As [`Refine::score`] in `f32` throughout: for the few that are returned.
    pub(super) fn score_wide(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        document: usize,
    ) -> Option<f32> {
        self.best_of(kernels, index, query, document, |refine, tokens, columns, subspaces| {
            let centroid_scores = &refine.centroid_scores;
            let tables = ScoreTables { words: &refine.words, centroid_scores, columns, subspaces };
            kernels.adc_max(tokens, tables, &mut refine.best);
        })
    }

    fn best_of(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        document: usize,
        adc: impl FnOnce(&mut Self, CodedTokens<'_>, usize, usize),
    ) -> Option<f32> {
        let range = index.tokens_of(document);
        if range.is_empty() {
            return None;
        }
        self.find_centroids(kernels, index, query, &index.token_centroids()[range.clone()]);
        let (columns, subspaces) = (query.columns(), index.subspaces().len());
        self.best.clear();
        self.best.resize(columns, f32::NEG_INFINITY);
        let token_rows = std::mem::take(&mut self.token_rows);
        let tokens = CodedTokens {
            codes: &index.codes()[range.start * subspaces..range.end * subspaces],
            norms: &index.norms()[range],
            centroid_rows: &token_rows,
        };
        adc(self, tokens, columns, subspaces);
        self.token_rows = token_rows;
        Some(self.best[..query.rows()].iter().sum())
    }

    /// Rows of the tokens' centroids in `centroid_scores`; those that are new are scored, each once in a query.
    fn find_centroids(&mut self, kernels: &Kernels, index: &Index, query: &Query, centroids: &[u32]) {
        self.token_rows.clear();
        self.fresh.clear();
        for &centroid in centroids {
            let place = &mut self.rows[centroid as usize];
            if place.0 != self.stamp {
                *place = (self.stamp, self.met);
                self.met += 1;
                self.fresh.push(centroid);
            }
            self.token_rows.push(place.1);
        }
        let dim = index.dim();
        self.widened.resize(self.fresh.len() * dim, 0.0);
        for (&centroid, row) in self.fresh.iter().zip(self.widened.chunks_exact_mut(dim)) {
            let at = centroid as usize * dim;
            kernels.widen(&index.centroids()[at..at + dim], row);
        }
        let known = self.centroid_scores.len();
        self.centroid_scores.resize(known + self.fresh.len() * query.columns(), 0.0);
        kernels.products(&self.widened, dim, query.panels(), &mut self.centroid_scores[known..]);
    }
}
