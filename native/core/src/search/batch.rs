//! Many queries at once.

use super::params::SearchParams;
use super::query::check_query;
use super::searcher::Searcher;
use super::{NO_DOCUMENT, NO_SCORE};
use crate::error::QueryFault;
use crate::index::Index;
use crate::{Error, Result};
use rayon::prelude::*;
use std::sync::Arc;

/// Queries in one matrix, the rows of each after those of the one before.
#[derive(Clone)]
pub struct Queries<'a> {
    tokens: &'a [f32],
    offsets: Vec<u64>,
}

impl<'a> Queries<'a> {
    /// `n` queries of equal length.
    ///
    /// # Errors
    /// [`Error::Query`] if the rows of `tokens`, `[rows][dim]`, cannot be shared equally.
    pub fn uniform(tokens: &'a [f32], n: usize, dim: usize) -> Result<Self> {
        let rows = tokens.len() / dim.max(1);
        if n == 0 || rows * dim != tokens.len() || !rows.is_multiple_of(n) || rows == 0 {
            return Err(Error::Query {
                what: QueryFault::Shape,
                expected: format!("a multiple of {n} rows of {dim} values"),
                got: format!("{} values", tokens.len()),
            });
        }
        let each = (rows / n) as u64;
        Ok(Self { tokens, offsets: (0..=n as u64).map(|q| q * each).collect() })
    }

    /// Query `q` has the rows `offsets[q] .. offsets[q + 1]` of `tokens`, `[rows][dim]`.
    ///
    /// # Errors
    /// [`Error::Query`] if the offsets do not begin with 0, rise, and end with the number of rows.
    pub fn ragged(tokens: &'a [f32], offsets: &[u64], dim: usize) -> Result<Self> {
        let rows = tokens.len() / dim.max(1);
        let sound = offsets.len() > 1
            && offsets[0] == 0
            && offsets.is_sorted()
            && offsets.last() == Some(&(rows as u64))
            && rows * dim == tokens.len();
        if !sound {
            return Err(Error::Query {
                what: QueryFault::Shape,
                expected: format!("offsets that rise from 0 to {rows}"),
                got: format!("{:?} … {:?}", offsets.first(), offsets.last()),
            });
        }
        Ok(Self { tokens, offsets: offsets.to_vec() })
    }

    /// Number of queries.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no query.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Token vectors of query `q`.
    pub fn query(&self, q: usize, dim: usize) -> &'a [f32] {
        &self.tokens[self.offsets[q] as usize * dim..self.offsets[q + 1] as usize * dim]
    }

    /// Checks every query.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub fn check(&self, dim: usize) -> Result<()> {
        (0..self.len()).try_for_each(|q| check_query(self.query(q, dim), dim))
    }
}

/// The best documents of each query: scores and document ids, `[queries][k]`, unfilled places [`NO_SCORE`] and
/// [`NO_DOCUMENT`]. Runs in the current rayon pool; the answers do not depend on the number of threads.
///
/// # Errors
/// [`Error::Query`], [`Error::Parameter`], [`Error::Cancelled`] when `cancelled` says so.
pub fn search_batch(
    index: &Arc<Index>,
    queries: &Queries<'_>,
    params: &SearchParams,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(Vec<f32>, Vec<u32>)> {
    params.check()?;
    queries.check(index.dim())?;
    let k = params.k;
    let mut scores = vec![NO_SCORE; queries.len() * k];
    let mut documents = vec![NO_DOCUMENT; queries.len() * k];
    // Few searchers and many queries each: a searcher's scratch is as long as the collection.
    let chunk = queries.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    scores.par_chunks_mut(k * chunk).zip(documents.par_chunks_mut(k * chunk)).enumerate().try_for_each_init(
        || Searcher::new(index.clone()),
        |searcher, (number, (scores, documents))| {
            for (q, (scores, documents)) in scores.chunks_mut(k).zip(documents.chunks_mut(k)).enumerate() {
                let query = queries.query(number * chunk + q, index.dim());
                for (place, hit) in searcher.search(query, params, cancelled)?.iter().enumerate() {
                    (scores[place], documents[place]) = (hit.score, hit.document);
                }
            }
            Ok(())
        },
    )?;
    Ok((scores, documents))
}
