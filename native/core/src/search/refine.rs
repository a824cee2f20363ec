//! Refine: MaxSim over the two-level codes.

use super::query::Query;
use crate::index::Index;
use crate::kernel::{self, BytePanels, ByteTables, CodedTokens, Kernels};
use crate::quantize::ByteQuery;
use half::f16;
use std::ops::Range;

/// Standard errors by which the difference of two scores on bytes may miss the true difference. The error of a score is a sum of
/// hundreds of independent roundings, so more than eight standard errors do not happen.
pub(super) const ERRORS: f32 = 8.0;

/// Scratch of the refine step.
#[derive(Default)]
pub(super) struct Refine {
    /// The query in bytes, for the words and for the centroids.
    for_words: ByteQuery,
    for_centroids: ByteQuery,
    /// `⟨query token, centroid⟩` on bytes, `[row][columns]`, a row for each centroid met in this query.
    centroid_scores: Vec<f32>,
    /// Row of each centroid, valid where the stamp is the query's.
    rows: Vec<(u32, u32)>,
    stamp: u32,
    met: u32,
    /// Centroids that are new to the query.
    fresh: Vec<u32>,
    /// The documents at hand: where their tokens lie, and where in `token_rows` the rows of their centroids.
    documents: Vec<(Range<usize>, usize)>,
    token_rows: Vec<u32>,
    best: Vec<f32>,
    /// Largest norm of a residual met in this query.
    most_norm: f32,
    /// Some tokens, and their products with the query.
    tokens: Vec<f32>,
    products: Vec<f32>,
}

impl Refine {
    /// Readies the tables for a query.
    pub(super) fn begin(&mut self, index: &Index, query: &Query) {
        self.for_words.set(&query.tokens, index.byte_codebooks().layout());
        self.for_centroids.set(&query.tokens, index.byte_centroids().layout());
        self.most_norm = 0.0;
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

    /// Upper bound on the error of a score *difference* between two candidates scored on bytes since [`Self::begin`].
    pub(super) fn error_bound(&self) -> f32 {
        let sum = |query: &ByteQuery| query.variances.iter().sum::<f32>();
        let variance = sum(&self.for_centroids) + sum(&self.for_words) * self.most_norm * self.most_norm;
        ERRORS * (2.0 * variance).sqrt()
    }

    /// Takes up some documents, which are scored by their places: finds their tokens' centroids and scores those that are new,
    /// each once in a query.
    pub(super) fn take_up(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        documents: impl Iterator<Item = u32>,
    ) {
        self.documents.clear();
        self.documents.extend(documents.map(|document| (index.tokens_of(document as usize), 0)));
        self.token_rows.clear();
        self.fresh.clear();
        for i in 0..self.documents.len() {
            if let Some((next, _)) = self.documents.get(i + 1) {
                kernel::prefetch(&index.token_centroids()[next.clone()]);
            }
            let (tokens, rows) = &mut self.documents[i];
            *rows = self.token_rows.len();
            for &centroid in &index.token_centroids()[tokens.clone()] {
                let place = &mut self.rows[centroid as usize];
                if place.0 != self.stamp {
                    *place = (self.stamp, self.met);
                    self.met += 1;
                    self.fresh.push(centroid);
                }
                self.token_rows.push(place.1);
            }
        }
        let known = self.centroid_scores.len();
        self.centroid_scores.resize(known + self.fresh.len() * query.columns(), 0.0);
        let (rows, to) = (index.byte_centroids().rows(), &mut self.centroid_scores[known..]);
        kernels.byte_products(rows, &self.fresh, panels(&self.for_centroids), to);
    }

    /// MaxSim of the document at a place, without the centring shift, on bytes; `None` for one without tokens.
    pub(super) fn score_bytes(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        place: usize,
    ) -> Option<f32> {
        let subspaces = index.subspaces().len();
        let codes = |tokens: &Range<usize>| &index.codes()[tokens.start * subspaces..tokens.end * subspaces];
        if let Some((next, _)) = self.documents.get(place + 1) {
            kernel::prefetch(codes(next));
            kernel::prefetch(&index.norms()[next.clone()]);
        }
        let (tokens, rows) = self.documents[place].clone();
        if tokens.is_empty() {
            return None;
        }
        let norms = &index.norms()[tokens.clone()];
        // Norms are not negative, and so in the order of their bits.
        let most_norm =
            norms.iter().map(|norm| norm.to_bits()).max().map_or(0.0, |bits| f16::from_bits(bits).to_f32());
        self.most_norm = self.most_norm.max(most_norm);
        self.best.clear();
        self.best.resize(query.columns(), f32::NEG_INFINITY);
        let coded = CodedTokens {
            codes: codes(&tokens),
            norms,
            centroid_rows: &self.token_rows[rows..rows + tokens.len()],
        };
        let tables = ByteTables {
            words: index.byte_codebooks().words(),
            quads: index.byte_codebooks().quads(),
            query: panels(&self.for_words),
            centroid_scores: &self.centroid_scores,
        };
        kernels.adc_max(coded, tables, &mut self.best);
        Some(self.best[..query.rows()].iter().sum())
    }

    /// MaxSim of a document, without the centring shift, in `f32`; `None` for one without tokens.
    pub(super) fn score(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        document: u32,
    ) -> Option<f32> {
        const BLOCK: usize = 64;
        let range = index.tokens_of(document as usize);
        if range.is_empty() {
            return None;
        }
        let (columns, dim, subspaces) = (query.columns(), index.dim(), index.subspaces().len());
        self.best.clear();
        self.best.resize(columns, f32::NEG_INFINITY);
        let centroids = &index.token_centroids()[range.clone()];
        let row = |centroid: u32| &index.centroids()[centroid as usize * dim..(centroid as usize + 1) * dim];
        centroids.iter().for_each(|&centroid| kernel::prefetch(row(centroid)));
        let codes = &index.codes()[range.start * subspaces..range.end * subspaces];
        let blocks = codes.chunks(BLOCK * subspaces).zip(index.norms()[range].chunks(BLOCK));
        for ((codes, norms), centroids) in blocks.zip(centroids.chunks(BLOCK)) {
            self.tokens.resize(norms.len() * dim, 0.0);
            self.products.resize(norms.len() * columns, 0.0);
            let parts = codes.chunks_exact(subspaces).zip(norms).zip(centroids);
            for (((codes, norm), &centroid), token) in parts.zip(self.tokens.chunks_exact_mut(dim)) {
                index.codebooks().decode(codes, token);
                kernels.restore(token, norm.to_f32(), row(centroid));
            }
            kernels.products(&self.tokens, dim, query.panels(), &mut self.products);
            for products in self.products.chunks_exact(columns) {
                for (best, &product) in self.best.iter_mut().zip(products) {
                    *best = if product > *best { product } else { *best };
                }
            }
        }
        Some(self.best[..query.rows()].iter().sum())
    }
}

/// A query in bytes as the kernels read it.
pub(super) fn panels(query: &ByteQuery) -> BytePanels<'_> {
    BytePanels { bytes: &query.bytes, sums: &query.sums, units: &query.units }
}
