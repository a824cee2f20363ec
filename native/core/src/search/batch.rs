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

use super::params::SearchParams;
use super::query::Queries;
use super::searcher::Searcher;
use super::{NO_DOCUMENT, NO_SCORE};
use crate::Result;
use crate::index::Index;
use rayon::prelude::*;
use std::sync::Arc;

/// The best documents of each query: scores and document ids, `[queries][params.k]`, best first. Places without a document
/// hold [`NO_SCORE`] and [`NO_DOCUMENT`]. Runs in the current rayon pool.
///
/// # Errors
/// [`crate::Error::Query`], [`crate::Error::Parameter`], [`crate::Error::Cancelled`] when `cancelled` returns `true`.
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
