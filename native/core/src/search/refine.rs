//! Refine: the `k` best of the candidates by MaxSim over their codes.
//!
//! In: the query's token vectors, and the candidates that select kept, best coarse score first. Out: the `k` candidates with the
//! best scores. A token is stored as the number of its centroid, 32 codes and a norm. Each code names one word (a short vector) of
//! its subspace, and the 32 words side by side are the direction of what the centroid lacks. So the similarity of a token to a
//! query token `q` is `⟨q, centroid⟩ + norm · Σ_m ⟨q_m, word_m⟩`, where `q_m` is the part of `q` in subspace `m`. A document's score
//! is the sum over all `q` of the largest similarity of its tokens. (The caller adds `Σ ⟨q, mean⟩`, which is the same for all.)
//!
//! Decoding every token of every candidate to `f32` would be slow. Centroids, words and the query rounded to bytes are a good
//! approximation, and one AVX-512 instruction multiplies 64 of them. So:
//!
//! ```text
//! pass 1, on bytes, for every candidate:
//!     for each batch of 32 candidates:
//!         for each centroid of their tokens that no earlier batch used: compare it with all query tokens
//!         for each candidate: score ← Σ over q of max over its tokens of (centroid score + norm · unit · (Σ word · q, in bytes))
//! pass 2, in f32, for the candidates that may be among the k best:
//!     threshold ← the k-th best score of pass 1 − error bound
//!     for each candidate with a score of at least the threshold: decode its tokens, score it, offer it to the k best
//! ```
//!
//! Centroid scores are floats already. `unit` turns a product of bytes into a float; each query token has its own. The error bound
//! is for comparing two candidates: [`ERRORS`] standard errors of the difference of their two rounding errors, computed for each
//! query from the sizes of the rounding steps. A candidate below the
//! threshold is worse than `k` others by more than that. Errors as large do not occur in practice, and the tests find the same bits
//! as when all candidates are scored in `f32`; it is not a proof, because the bound is statistical.
//!
//! The search parameter `beta` (unset by default) ends the step early, after `beta` candidates in a row that did not improve the
//! answer. Candidates are then scored one by one, directly in `f32`, because pass 1 does not tell which of them improve it.

use super::early_stop::EarlyStop;
use super::params::SearchParams;
use super::query::Query;
use super::top::Top;
use crate::index::Index;
use crate::kernel::{self, BytePanels, ByteTables, CodedTokens, Kernels};
use crate::quantize::ByteQuery;
use crate::{Result, ranking};
use half::f16;
use std::ops::Range;

/// Candidates of a batch: their centroids are looked up and scored together.
const BATCH: usize = 32;
/// Standard errors that the difference of two scores on bytes may be off by. The error is a sum of hundreds of rounding errors, and
/// the largest seen in the tests is below half of this.
pub(super) const ERRORS: f32 = 8.0;

/// What candidates are scored with.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) kernels: &'static Kernels,
    pub(super) index: &'a Index,
    pub(super) query: &'a Query,
}

/// Scratch of the refine step.
#[derive(Default)]
pub(super) struct Refine {
    /// The query in bytes, for the words and for the centroids.
    for_words: ByteQuery,
    for_centroids: ByteQuery,
    /// `⟨query token, centroid⟩` on bytes, `[row][columns]`, a row for each centroid used by this query.
    centroid_scores: Vec<f32>,
    /// Row of each centroid, valid where the stamp is the query's.
    rows: Vec<(u32, u32)>,
    stamp: u32,
    /// Rows of `centroid_scores` in use.
    used: u32,
    /// Centroids of the batch that the query did not use before.
    new: Vec<u32>,
    /// The batch: each document's tokens, and where in `token_rows` the rows of their centroids begin.
    batch: Vec<(Range<usize>, usize)>,
    token_rows: Vec<u32>,
    best: Vec<f32>,
    /// Largest norm of a residual of the candidates scored so far.
    largest_norm: f32,
    /// Some tokens in `f32`, and their products with the query.
    tokens: Vec<f32>,
    products: Vec<f32>,
    /// The candidates' scores of pass 1, and the same in another order.
    scores: Vec<f32>,
    ordered: Vec<f32>,
}

impl Refine {
    /// Offers the best of `candidates` (ranking keys of coarse scores, best first) to `top`, with scores that lack the centring
    /// shift. `cancelled` is called before each candidate.
    pub(super) fn run(
        &mut self,
        on: Context<'_>,
        candidates: &[u64],
        params: &SearchParams,
        top: &mut Top,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        if params.beta.is_some() {
            return self.run_in_order(on, candidates, params, top, cancelled);
        }
        self.begin(on);
        self.scores.clear();
        for batch in candidates.chunks(BATCH) {
            self.load(on, batch);
            for place in 0..batch.len() {
                cancelled()?;
                let score = self.score_bytes(on, place);
                self.scores.push(score.unwrap_or(f32::NEG_INFINITY));
            }
        }
        let bound = self.kth_best_score(params.k) - self.error_bound();
        for (place, &candidate) in candidates.iter().enumerate() {
            if self.scores[place] >= bound {
                let document = ranking::id(candidate);
                if let Some(score) = self.score(on, document) {
                    top.offer(score, document);
                }
            }
        }
        Ok(())
    }

    /// One pass in `f32`, which `beta` may end early.
    fn run_in_order(
        &mut self,
        on: Context<'_>,
        candidates: &[u64],
        params: &SearchParams,
        top: &mut Top,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let mut stop = EarlyStop::new(params.beta);
        for document in candidates.iter().map(|&candidate| ranking::id(candidate)) {
            cancelled()?;
            if let Some(score) = self.score(on, document)
                && stop.after(top.offer(score, document), top.is_full())
            {
                break;
            }
        }
        Ok(())
    }

    /// Prepares pass 1 of a on.query.
    fn begin(&mut self, on: Context<'_>) {
        self.for_words.set(&on.query.tokens, on.index.byte_codebooks().layout());
        self.for_centroids.set(&on.query.tokens, on.index.byte_centroids().layout());
        self.largest_norm = 0.0;
        self.centroid_scores.clear();
        self.used = 0;
        if self.rows.len() < on.index.centroid_count() {
            self.rows.resize(on.index.centroid_count(), (0, 0));
        }
        if self.stamp == u32::MAX {
            self.rows.fill((0, 0));
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// The k-th best of the scores of pass 1; −∞ if there are fewer.
    fn kth_best_score(&mut self, k: usize) -> f32 {
        self.ordered.clone_from(&self.scores);
        if k > self.ordered.len() {
            return f32::NEG_INFINITY;
        }
        *self.ordered.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1
    }

    /// Upper bound on the error of a score *difference* between two candidates scored on bytes since [`Self::begin`].
    fn error_bound(&self) -> f32 {
        let sum = |query: &ByteQuery| query.variances.iter().sum::<f32>();
        let variance =
            sum(&self.for_centroids) + sum(&self.for_words) * self.largest_norm * self.largest_norm;
        ERRORS * (2.0 * variance).sqrt()
    }

    /// Makes `candidates` the batch: looks up their tokens' centroids, and scores those that the query did not use before.
    fn load(&mut self, on: Context<'_>, candidates: &[u64]) {
        let documents = candidates.iter().map(|&candidate| ranking::id(candidate) as usize);
        self.batch.clear();
        self.batch.extend(documents.map(|document| (on.index.tokens_of(document), 0)));
        self.token_rows.clear();
        self.new.clear();
        for i in 0..self.batch.len() {
            if let Some((next, _)) = self.batch.get(i + 1) {
                kernel::prefetch(&on.index.token_centroids()[next.clone()]);
            }
            let (tokens, rows) = &mut self.batch[i];
            *rows = self.token_rows.len();
            for &centroid in &on.index.token_centroids()[tokens.clone()] {
                let place = &mut self.rows[centroid as usize];
                if place.0 != self.stamp {
                    *place = (self.stamp, self.used);
                    self.used += 1;
                    self.new.push(centroid);
                }
                self.token_rows.push(place.1);
            }
        }
        let known = self.centroid_scores.len();
        self.centroid_scores.resize(known + self.new.len() * on.query.columns(), 0.0);
        let (rows, to) = (on.index.byte_centroids().rows(), &mut self.centroid_scores[known..]);
        on.kernels.byte_products(rows, &self.new, panels(&self.for_centroids), to);
    }

    /// MaxSim of a document of the batch on bytes; `None` if it has no tokens.
    fn score_bytes(&mut self, on: Context<'_>, place: usize) -> Option<f32> {
        let subspaces = on.index.subspaces().len();
        let codes =
            |tokens: &Range<usize>| &on.index.codes()[tokens.start * subspaces..tokens.end * subspaces];
        if let Some((next, _)) = self.batch.get(place + 1) {
            kernel::prefetch(codes(next));
            kernel::prefetch(&on.index.norms()[next.clone()]);
        }
        let (tokens, rows) = self.batch[place].clone();
        if tokens.is_empty() {
            return None;
        }
        let norms = &on.index.norms()[tokens.clone()];
        // Norms are not negative, and so in the order of their bits.
        let largest =
            norms.iter().map(|norm| norm.to_bits()).max().map_or(0.0, |bits| f16::from_bits(bits).to_f32());
        self.largest_norm = self.largest_norm.max(largest);
        self.best.clear();
        self.best.resize(on.query.columns(), f32::NEG_INFINITY);
        let coded = CodedTokens {
            codes: codes(&tokens),
            norms,
            centroid_rows: &self.token_rows[rows..rows + tokens.len()],
        };
        let tables = ByteTables {
            words: on.index.byte_codebooks().words(),
            quads: on.index.byte_codebooks().quads(),
            query: panels(&self.for_words),
            centroid_scores: &self.centroid_scores,
        };
        on.kernels.adc_max(coded, tables, &mut self.best);
        Some(self.best[..on.query.rows()].iter().sum())
    }

    /// MaxSim of a document in `f32`; `None` if it has no tokens.
    fn score(&mut self, on: Context<'_>, document: u32) -> Option<f32> {
        const BLOCK: usize = 64;
        let range = on.index.tokens_of(document as usize);
        if range.is_empty() {
            return None;
        }
        let (columns, dim, subspaces) = (on.query.columns(), on.index.dim(), on.index.subspaces().len());
        self.best.clear();
        self.best.resize(columns, f32::NEG_INFINITY);
        let centroids = &on.index.token_centroids()[range.clone()];
        let row =
            |centroid: u32| &on.index.centroids()[centroid as usize * dim..(centroid as usize + 1) * dim];
        centroids.iter().for_each(|&centroid| kernel::prefetch(row(centroid)));
        let codes = &on.index.codes()[range.start * subspaces..range.end * subspaces];
        let blocks = codes.chunks(BLOCK * subspaces).zip(on.index.norms()[range].chunks(BLOCK));
        for ((codes, norms), centroids) in blocks.zip(centroids.chunks(BLOCK)) {
            self.tokens.resize(norms.len() * dim, 0.0);
            self.products.resize(norms.len() * columns, 0.0);
            let parts = codes.chunks_exact(subspaces).zip(norms).zip(centroids);
            for (((codes, norm), &centroid), token) in parts.zip(self.tokens.chunks_exact_mut(dim)) {
                on.index.codebooks().decode(codes, token);
                on.kernels.restore(token, norm.to_f32(), row(centroid));
            }
            on.kernels.products(&self.tokens, dim, on.query.panels(), &mut self.products);
            for products in self.products.chunks_exact(columns) {
                for (best, &product) in self.best.iter_mut().zip(products) {
                    *best = if product > *best { product } else { *best };
                }
            }
        }
        Some(self.best[..on.query.rows()].iter().sum())
    }
}

/// A query in bytes as the kernels read it.
pub(super) fn panels(query: &ByteQuery) -> BytePanels<'_> {
    BytePanels { bytes: &query.bytes, sums: &query.sums, units: &query.units }
}
