//! Refine: the `k` best of the candidates by MaxSim over their codes.
//!
//! In: the query's token vectors, rotated as the tokens of the index are, and the candidates that select kept. Out: the `k`
//! candidates with the best scores. A token is stored as the number of its centroid, 32 codes (by default) and a norm. Each code names
//! one word of its subspace: a vector of a few dimensions. The words side by side, times the norm, are what the centroid lacks of the
//! token. So the similarity of a token to a query token `q` is `⟨q, centroid⟩ + norm · Σ_m ⟨q_m, word_m⟩`, where `q_m` is the part of
//! `q` in subspace `m`. A document's score is the sum over all `q` of the largest similarity of its tokens. (The caller adds
//! `Σ ⟨q, mean⟩`, which is the same for all.)
//!
//! Decoding every token of every candidate to `f32` would be slow. Two approximations of a candidate's score are much cheaper. Both
//! compute with bytes, of which one AVX-512 instruction multiplies 64. The first, the candidate's *outline*, takes the centroids alone; the
//! second also takes the words. So there are three passes:
//!
//! ```text
//! pass 1, for every candidate:
//!     for each batch of 32 candidates: for each centroid of their tokens that is new to this query: centroid score ← ⟨q, centroid⟩
//!         for each query token q, from bytes
//!     outline ← Σ over q of the largest centroid score of its tokens
//! pass 2, for the candidates in the order of their outlines, best first:
//!     if at least 16 and at least k candidates were scored in this pass, and outline + mean + 4 standard deviations of their
//!         surpluses is below (the k-th best of their scores − error bound): stop
//!     score ← Σ over q of the largest (centroid score + norm · unit · (Σ word · q, from bytes)) of its tokens
//!     surplus ← score − outline
//! pass 3, for the candidates scored in pass 2 whose score is at least (the k-th best of these scores − error bound):
//!     near tokens ← its tokens whose score on bytes for any query token q is at least (the largest of its tokens for q − error
//!         bound for q)
//!     decode the near tokens from f16 centroids and f32 words, score them in f32, offer the candidate to the k best
//! ```
//!
//! Pass 2 may stop and need not skip, because all candidates that follow have smaller outlines. `unit` turns a product of bytes into a
//! float; each query token has its own. The error bound covers the rounding of centroids, words and query to bytes in a comparison of
//! two candidates. It is [`ERRORS`] standard errors of the difference of their scores, computed for each query from the sizes of the
//! rounding steps. The bound for a query token q is the same for the scores of two tokens for q alone.
//!
//! The rule that stops pass 2 and the error bound are statistical, not proofs. Searches of the Debian corpus (60,594 package
//! descriptions, 1,000 queries) with the default parameters give the ten best that scoring all candidates in `f32` gives, but for about
//! one document in 10,000. With 3 standard deviations instead of [`DEVIATIONS`] it is one in 1,000.
//!
//! The search parameter `beta` (unset by default) asks for another way: candidates are scored one by one in `f32`, best coarse score of
//! gather first, and scoring ends after `beta` candidates in a row that are not among the `k` best.

use super::answer::Match;
use super::context::Context;
use super::early_stop::EarlyStop;
use super::params::SearchParams;
use super::top::Top;
use crate::kernel::{self, BytePanels, ByteTables, CodedTokens};
use crate::quantize::ByteQuery;
use crate::{Result, ranking};
use half::f16;
use std::cmp::Reverse;
use std::ops::Range;

/// Candidates of a batch, whose new centroids are scored together.
const BATCH: usize = 32;
/// Standard deviations by which a candidate's surplus may exceed the mean surplus of those before it.
const DEVIATIONS: f64 = 4.0;
/// Candidates scored before their surpluses count as a sample.
const LEAST_SAMPLE: usize = 16;
/// Standard errors that the difference of two scores on bytes may be off by. The error is a sum of hundreds of rounding errors, and
/// the largest seen in the tests is below half of this.
pub(super) const ERRORS: f32 = 8.0;

/// A candidate.
#[derive(Debug, Clone, Default)]
struct Place {
    /// The number of its segment.
    segment: usize,
    /// Its tokens in the segment.
    tokens: Range<usize>,
    /// Where in `token_rows` the rows of its tokens' centroids begin, while its batch is loaded.
    rows: usize,
}

impl Place {
    fn of(on: Context<'_>, candidate: u64) -> Self {
        let (segment, document) = on.index.locate(ranking::id(candidate) as usize);
        Self { segment, tokens: on.segment(segment).tokens_of(document), rows: 0 }
    }

    /// Centroid of each token.
    fn centroids<'a>(&self, on: Context<'a>) -> &'a [u32] {
        &on.segment(self.segment).token_centroids()[self.tokens.clone()]
    }

    /// Norm of each token's residual.
    fn norms<'a>(&self, on: Context<'a>) -> &'a [f16] {
        &on.segment(self.segment).norms()[self.tokens.clone()]
    }

    /// Codes, `[tokens][subspaces]`.
    fn codes<'a>(&self, on: Context<'a>) -> &'a [u8] {
        let subspaces = on.codec().subspaces().len();
        &on.segment(self.segment).codes()[self.tokens.start * subspaces..self.tokens.end * subspaces]
    }
}

/// Scratch of the refine step.
#[derive(Default)]
pub(super) struct Refine {
    /// The query in bytes, for the words.
    for_words: ByteQuery,
    /// `⟨query token, centroid⟩` on bytes, `[row][columns]`, a row for each centroid used by this query.
    centroid_scores: Vec<f32>,
    /// Row of each centroid, valid where the stamp is the query's.
    rows: Vec<(u32, u32)>,
    stamp: u32,
    /// Rows of `centroid_scores` in use.
    used: u32,
    /// Centroids of the present batch that the query did not use before.
    new: Vec<u32>,
    /// The candidates.
    places: Vec<Place>,
    token_rows: Vec<u32>,
    /// Ranking keys of the candidates' outlines.
    order: Vec<u64>,
    best: Vec<f32>,
    /// Variances of the products of all query tokens with a centroid and with the words of a token of norm 1.
    variances: (f32, f32),
    /// Largest norm of a residual of the candidates scored so far.
    largest_norm: f32,
    /// Scores of one candidate's tokens on bytes, `[tokens][columns]`.
    token_scores: Vec<f32>,
    /// Least score on bytes of a near token, `[columns]`.
    bounds: Vec<f32>,
    /// The tokens of one candidate that are scored in `f32`, by their number in the document; some of them in `f32`, and their
    /// products with the query.
    near: Vec<usize>,
    tokens: Vec<f32>,
    products: Vec<f32>,
    /// The candidates scored on bytes, and the k best of these scores.
    scores: Vec<(f32, usize)>,
    best_scores: Top,
}

impl Refine {
    /// Offers the best of `candidates` (ranking keys of coarse scores, best first) to `top`, with scores that lack the centring
    /// shift. Returns the number of candidates considered: all, unless `beta` ended it early. `cancelled` is called before each
    /// candidate.
    pub(super) fn run(
        &mut self,
        on: Context<'_>,
        candidates: &[u64],
        params: &SearchParams,
        top: &mut Top,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<usize> {
        if params.beta.is_some() {
            return self.run_in_order(on, candidates, params, top, cancelled);
        }
        self.begin(on);
        for batch in candidates.chunks(BATCH) {
            cancelled()?;
            self.load(on, batch);
        }
        self.score_likely(on, params.k, cancelled)?;
        let bound = self.kth_best_score() - self.error_bound();
        for number in 0..self.scores.len() {
            let (score, place) = self.scores[number];
            if score >= bound {
                self.find_near(on, place);
                let candidate = self.places[place].clone();
                top.offer(self.score(on, &candidate), ranking::id(candidates[place]));
            }
        }
        Ok(candidates.len())
    }

    /// Pass 2: scores candidates on bytes, best outline first, until none of the rest is likely to be among the `k` best.
    fn score_likely(&mut self, on: Context<'_>, k: usize, cancelled: &dyn Fn() -> Result<()>) -> Result<()> {
        self.best_scores.begin(k);
        self.scores.clear();
        let mut order = std::mem::take(&mut self.order);
        order.sort_unstable_by_key(|&key| Reverse(key));
        let (mut sum, mut squares) = (0.0_f64, 0.0_f64);
        for (number, &candidate) in order.iter().enumerate() {
            cancelled()?;
            let (outline, place) = (ranking::similarity(candidate), ranking::id(candidate) as usize);
            if number >= LEAST_SAMPLE {
                let mean = sum / number as f64;
                let deviation = (squares / number as f64 - mean * mean).max(0.0).sqrt();
                let likely = f64::from(outline) + mean + DEVIATIONS * deviation;
                if likely < f64::from(self.kth_best_score() - self.error_bound()) {
                    break;
                }
            }
            let next = order.get(number + 1).map(|&next| ranking::id(next) as usize);
            let score = self.score_bytes(on, place, next);
            let surplus = f64::from(score - outline);
            (sum, squares) = (sum + surplus, squares + surplus * surplus);
            self.best_scores.offer(score, place as u32);
            self.scores.push((score, place));
        }
        self.order = order;
        Ok(())
    }

    /// The k-th best of the scores of pass 2 so far; −∞ while there are fewer.
    fn kth_best_score(&self) -> f32 {
        self.best_scores.worst().unwrap_or(f32::NEG_INFINITY)
    }

    /// One pass in `f32`, which `beta` may end early.
    fn run_in_order(
        &mut self,
        on: Context<'_>,
        candidates: &[u64],
        params: &SearchParams,
        top: &mut Top,
        cancelled: &dyn Fn() -> Result<()>,
    ) -> Result<usize> {
        let mut stop = EarlyStop::new(params.beta);
        for (considered, &candidate) in (1..).zip(candidates) {
            cancelled()?;
            let place = Place::of(on, candidate);
            self.near.clear();
            self.near.extend(0..place.tokens.len());
            let document = ranking::id(candidate);
            if !self.near.is_empty() && stop.after(top.offer(self.score(on, &place), document), top.is_full())
            {
                return Ok(considered);
            }
        }
        Ok(candidates.len())
    }

    /// Prepares the passes of a query.
    fn begin(&mut self, on: Context<'_>) {
        self.for_words.set(&on.query.tokens, on.codec().byte_codebooks().layout());
        let sum = |query: &ByteQuery| query.variances.iter().sum();
        self.variances = (sum(&on.query.for_centroids), sum(&self.for_words));
        self.largest_norm = 0.0;
        self.centroid_scores.clear();
        self.places.clear();
        self.order.clear();
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

    /// Upper bound on the error of a score *difference* between two candidates scored on bytes since [`Self::begin`].
    fn error_bound(&self) -> f32 {
        let (of_centroids, of_words) = self.variances;
        ERRORS * (2.0 * (of_centroids + of_words * self.largest_norm * self.largest_norm)).sqrt()
    }

    /// Adds candidates: looks up their tokens' centroids, scores those that the query did not use before, and computes each
    /// candidate's outline.
    fn load(&mut self, on: Context<'_>, candidates: &[u64]) {
        let first = self.places.len();
        self.places.extend(candidates.iter().map(|&candidate| Place::of(on, candidate)));
        self.new.clear();
        self.token_rows.clear();
        for i in first..self.places.len() {
            if let Some(next) = self.places.get(i + 1) {
                kernel::prefetch(next.centroids(on));
            }
            self.places[i].rows = self.token_rows.len();
            for &centroid in self.places[i].centroids(on) {
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
        let (rows, to) = (on.codec().byte_centroids().rows(), &mut self.centroid_scores[known..]);
        on.kernels.byte_products(rows, &self.new, panels(&on.query.for_centroids), to);
        for place in first..self.places.len() {
            let Place { tokens, rows, .. } = &self.places[place];
            if tokens.is_empty() {
                continue;
            }
            self.best.clear();
            self.best.resize(on.query.columns(), f32::NEG_INFINITY);
            on.kernels.row_max(
                &self.centroid_scores,
                &self.token_rows[*rows..*rows + tokens.len()],
                &mut self.best,
            );
            let score = self.best[..on.query.rows()].iter().sum();
            self.order.push(ranking::key(score, place as u32));
        }
    }

    /// MaxSim on bytes of a candidate that has tokens. `next` is the one that will be scored after it.
    fn score_bytes(&mut self, on: Context<'_>, place: usize, next: Option<usize>) -> f32 {
        if let Some(next) = next {
            kernel::prefetch(self.places[next].codes(on));
            kernel::prefetch(self.places[next].norms(on));
        }
        self.score_tokens(on, place);
        self.best[..on.query.rows()].iter().sum()
    }

    /// Sets `token_scores` to the scores on bytes of a candidate's tokens, and `best` to the largest for each query token.
    fn score_tokens(&mut self, on: Context<'_>, place: usize) {
        let (place, rows) = (&self.places[place], &self.rows);
        let centroids = place.centroids(on).iter();
        self.token_rows.clear();
        self.token_rows.extend(centroids.map(|&centroid| rows[centroid as usize].1));
        let norms = place.norms(on);
        // Norms are not negative, and so in the order of their bits.
        let largest =
            norms.iter().map(|norm| norm.to_bits()).max().map_or(0.0, |bits| f16::from_bits(bits).to_f32());
        self.largest_norm = self.largest_norm.max(largest);
        let coded = CodedTokens { codes: place.codes(on), norms, centroid_rows: &self.token_rows };
        let tables = ByteTables {
            words: on.codec().byte_codebooks().words(),
            quads: on.codec().byte_codebooks().quads(),
            query: panels(&self.for_words),
            centroid_scores: &self.centroid_scores,
        };
        self.token_scores.resize(norms.len() * on.query.columns(), 0.0);
        self.best.resize(on.query.columns(), 0.0);
        on.kernels.adc_scores(coded, tables, &mut self.token_scores, &mut self.best);
    }

    /// Sets `near` to the tokens of a candidate of which one may be the nearest to some query token.
    fn find_near(&mut self, on: Context<'_>, place: usize) {
        self.score_tokens(on, place);
        let (rows, columns) = (on.query.rows(), on.query.columns());
        let squared = self.largest_norm * self.largest_norm;
        let variances = on.query.for_centroids.variances.iter().zip(&self.for_words.variances);
        self.bounds.clear();
        self.bounds.extend(self.best.iter().zip(variances).map(|(best, (of_centroids, of_words))| {
            best - ERRORS * (2.0 * (of_centroids + of_words * squared)).sqrt()
        }));
        // Columns that are padding have no token.
        self.bounds.truncate(rows);
        self.bounds.resize(columns, f32::INFINITY);
        let near = |scores: &[f32]| {
            scores.iter().zip(&self.bounds).fold(false, |any, (score, bound)| any | (score >= bound))
        };
        self.near.clear();
        let tokens = (0..).zip(self.token_scores.chunks_exact(columns));
        self.near.extend(tokens.filter(|(_, scores)| near(scores)).map(|(token, _)| token));
    }

    /// MaxSim of a candidate's tokens in `near`, at least one, in `f32`.
    fn score(&mut self, on: Context<'_>, place: &Place) -> f32 {
        let mut best = std::mem::take(&mut self.best);
        best.clear();
        best.resize(on.query.columns(), f32::NEG_INFINITY);
        self.score_near(on, place, |_, products| {
            for (best, &product) in best.iter_mut().zip(products) {
                *best = if product > *best { product } else { *best };
            }
        });
        self.best = best;
        self.best[..on.query.rows()].iter().sum()
    }

    /// Decodes a candidate's tokens in `near` and passes the number of each, and its products with the query, `[columns]`, to `each`.
    fn score_near(&mut self, on: Context<'_>, place: &Place, mut each: impl FnMut(usize, &[f32])) {
        const BLOCK: usize = 64;
        let (columns, dim) = (on.query.columns(), on.index.dim());
        let (codebooks, subspaces) = (on.codec().codebooks(), on.codec().subspaces().len());
        let (centroids, codes, norms) = (place.centroids(on), place.codes(on), place.norms(on));
        let centroid = |token: usize| {
            let at = centroids[token] as usize * dim;
            &on.codec().centroids()[at..at + dim]
        };
        self.near.iter().for_each(|&token| kernel::prefetch(centroid(token)));
        for near in self.near.chunks(BLOCK) {
            self.tokens.resize(near.len() * dim, 0.0);
            self.products.resize(near.len() * columns, 0.0);
            for (&token, vector) in near.iter().zip(self.tokens.chunks_exact_mut(dim)) {
                codebooks.decode(&codes[token * subspaces..(token + 1) * subspaces], vector);
                on.kernels.restore(vector, norms[token].to_f32(), centroid(token));
            }
            on.kernels.products(&self.tokens, dim, on.query.panels(), &mut self.products);
            near.iter().zip(self.products.chunks_exact(columns)).for_each(|(&token, p)| each(token, p));
        }
    }

    /// For each document (the ids of `documents`) and query token the first of the document's tokens with the largest similarity, without
    /// the centring shift; nothing for a document without tokens. The tokens that may be the nearest are found on bytes, as in pass 3.
    pub(super) fn matches(&mut self, on: Context<'_>, documents: &[u64]) -> Vec<Vec<Match>> {
        self.begin(on);
        let nothing = Match { token: 0, similarity: f32::NEG_INFINITY };
        let mut explained = Vec::with_capacity(documents.len());
        for batch in documents.chunks(BATCH) {
            self.load(on, batch);
            for number in explained.len()..self.places.len() {
                let place = self.places[number].clone();
                if place.tokens.is_empty() {
                    explained.push(Vec::new());
                    continue;
                }
                self.find_near(on, number);
                let mut best = vec![nothing; on.query.rows()];
                self.score_near(on, &place, |token, products| {
                    for (best, &similarity) in best.iter_mut().zip(products) {
                        if similarity > best.similarity {
                            *best = Match { token: token as u32, similarity };
                        }
                    }
                });
                explained.push(best);
            }
        }
        explained
    }
}

/// A query in bytes as the kernels read it.
pub(super) fn panels(query: &ByteQuery) -> BytePanels<'_> {
    BytePanels { bytes: &query.bytes, sums: &query.sums, units: &query.units }
}
