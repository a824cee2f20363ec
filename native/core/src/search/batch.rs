//! Searching many queries in parallel.
//!
//! ```text
//! split the queries into chunks, about four for each thread
//! for each chunk, in parallel:
//!     searcher ← the thread's own, over the shared index
//!     for each query of the chunk: write its hits into its own places of the output
//! ```
//!
//! Each query is answered on one thread, so the answers do not depend on the number of threads. Chunks are few because the
//! scratch memory of a searcher grows with the index (see [`Searcher`]).

use super::answer::Answers;
use super::params::SearchParams;
use super::query::Queries;
use super::searcher::Searcher;
use super::{NO_DOCUMENT, NO_SCORE};
use crate::Result;
use crate::index::{Index, Selection};
use rayon::prelude::*;
use std::sync::Arc;

/// The best documents of `selection` (of all, without one) for each query. Runs in the current rayon pool.
///
/// # Errors
/// [`crate::Error::Query`], [`crate::Error::Parameter`], [`crate::Error::Cancelled`] when `cancelled` returns `true`.
pub fn search_batch(
    index: &Arc<Index>,
    queries: &Queries<'_>,
    params: &SearchParams,
    selection: Option<&Selection>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Answers> {
    params.check()?;
    queries.check(index.dim())?;
    let k = params.k;
    let mut scores = vec![NO_SCORE; queries.len() * k];
    let mut documents = vec![NO_DOCUMENT; queries.len() * k];
    let mut exhausted = vec![0; queries.len()];
    let chunk = queries.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    let places = scores.par_chunks_mut(k * chunk).zip(documents.par_chunks_mut(k * chunk));
    places.zip(exhausted.par_chunks_mut(chunk)).enumerate().try_for_each_init(
        || Searcher::new(index.clone()),
        |searcher, (number, ((scores, documents), exhausted))| {
            let places = scores.chunks_mut(k).zip(documents.chunks_mut(k));
            for (q, ((scores, documents), exhausted)) in places.zip(exhausted).enumerate() {
                let query = queries.query(number * chunk + q, index.dim());
                let answer = searcher.search(query, params, selection, cancelled)?;
                *exhausted = u8::from(answer.exhausted);
                for (place, hit) in answer.hits.iter().enumerate() {
                    (scores[place], documents[place]) = (hit.score, hit.document);
                }
            }
            Ok(())
        },
    )?;
    Ok(Answers { scores, documents, exhausted })
}
