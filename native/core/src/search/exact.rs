//! Exact MaxSim over the original vectors. It searches an exact index, and is the reference for the recall of others.
//!
//! ```text
//! for each document:
//!     best[i] ← −∞ for each query token i
//!     for each block of 64 of its token vectors:
//!         scores ← products of all query tokens with the block
//!         best[i] ← the larger of best[i] and the scores of query token i
//!     score ← sum of best
//! ```
//!
//! Cost: query tokens · document tokens · dim multiply-adds.

use super::answer::Answers;
use super::query::{Queries, Query};
use super::top::Top;
use super::{NO_DOCUMENT, NO_SCORE};
use crate::corpus::TokenVectors;
use crate::kernel::{self, Kernels};
use crate::{Error, Result};
use rayon::prelude::*;

/// Token vectors scored together: with 32 query tokens 64 × 32 scores are 8 KiB.
const BLOCK_ROWS: usize = 64;

/// Scratch buffers of exact scoring.
#[derive(Default)]
pub(super) struct Exact {
    widened: Vec<f32>,
    scores: Vec<f32>,
    best: Vec<f32>,
}

impl Exact {
    /// Largest inner product of each query column with any of the rows `first .. last`, `[columns]`.
    fn best(
        &mut self,
        kernels: &Kernels,
        vectors: TokenVectors<'_>,
        query: &Query,
        first: usize,
        last: usize,
    ) -> &[f32] {
        let (dim, columns) = (vectors.dim, query.columns());
        self.best.clear();
        self.best.resize(columns, f32::NEG_INFINITY);
        for start in (first..last).step_by(BLOCK_ROWS) {
            let end = last.min(start + BLOCK_ROWS);
            self.widened.resize((end - start) * dim, 0.0);
            self.scores.resize((end - start) * columns, 0.0);
            kernels.widen(vectors.rows(start, end), &mut self.widened);
            kernels.products(&self.widened, dim, query.panels(), &mut self.scores);
            for row in self.scores.chunks_exact(columns) {
                for (best, &score) in self.best.iter_mut().zip(row) {
                    *best = if score > *best { score } else { *best };
                }
            }
        }
        &self.best
    }

    /// MaxSim of the document with the rows `first .. last`; `None` if it has no tokens.
    pub(super) fn score(
        &mut self,
        kernels: &Kernels,
        vectors: TokenVectors<'_>,
        query: &Query,
        first: usize,
        last: usize,
    ) -> Option<f32> {
        let rows = query.rows();
        (first < last).then(|| self.best(kernels, vectors, query, first, last)[..rows].iter().sum())
    }
}

/// The `k` best documents of each query by exact MaxSim over `vectors`: scores and document ids, `[queries][k]`, best first.
/// Places without a document hold [`NO_SCORE`] and [`NO_DOCUMENT`]. Document `d` has the rows
/// `doc_offsets[d] .. doc_offsets[d + 1]`. Runs in the current rayon pool.
///
/// # Errors
/// [`Error::Query`], [`Error::Cancelled`] when `cancelled` returns `true`.
pub fn exact_max_sim(
    vectors: TokenVectors<'_>,
    doc_offsets: &[u64],
    queries: &Queries<'_>,
    k: usize,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Answers> {
    let kernels = kernel::active();
    queries.check(vectors.dim)?;
    let mut scores = vec![NO_SCORE; queries.len() * k];
    let mut documents = vec![NO_DOCUMENT; queries.len() * k];
    scores.par_chunks_mut(k).zip(documents.par_chunks_mut(k)).enumerate().try_for_each_init(
        || (Exact::default(), Query::default(), Top::default()),
        |(exact, query, top), (number, (scores, documents))| {
            query.set(queries.query(number, vectors.dim), vectors.dim);
            top.begin(k);
            for (document, bounds) in doc_offsets.windows(2).enumerate() {
                if document % 256 == 0 && cancelled() {
                    return Err(Error::Cancelled);
                }
                let (first, last) = (bounds[0] as usize, bounds[1] as usize);
                if let Some(score) = exact.score(kernels, vectors, query, first, last) {
                    top.offer(score, document as u32);
                }
            }
            let mut place = 0;
            top.drain(
                |a, b| a.cmp(&b),
                |score, document| {
                    (scores[place], documents[place]) = (score, document);
                    place += 1;
                },
            );
            Ok(())
        },
    )?;
    Ok(Answers { scores, documents, exhausted: vec![1; queries.len()] })
}
