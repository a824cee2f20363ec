//! Searchers of worker threads: synchronous, with scratch memory of their own.

use crate::errors::{closed, exception, fence_over, to_napi};
use crate::registry::{cancelled, find_index};
use crate::search::SearchParams;
use crate::tokens::read_tokens_into;
use maxsimd_core::Error;
use maxsimd_core::error::QueryFault;
use maxsimd_core::index::Index;
use maxsimd_core::search::Searcher;
use napi::bindgen_prelude::{Float32ArraySlice, Int32ArraySlice, Uint8ArraySlice, Uint32ArraySlice};
use napi_derive::napi;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// The query was answered.
const ANSWERED: i32 = 0;
/// The query was answered, and every document that may be returned was scored.
const EXHAUSTED: i32 = 1;
/// The query holds a value that is NaN or infinite.
const NON_FINITE: i32 = 2;

/// The searchers of one thread. All of them share one set of scratch memory, because only one searches at a time: a version that comes
/// with a change is searched without taking new memory.
#[derive(Default)]
struct Searchers {
    /// The index of each open searcher.
    indexes: HashMap<u32, Arc<Index>>,
    last: u32,
    searcher: Option<Searcher>,
    /// The query as `f32`.
    tokens: Vec<f32>,
}

impl Searchers {
    /// The searcher with an id, and room for a query; `None` if it is not open.
    fn get(&mut self, searcher_id: u32) -> Option<(&mut Searcher, &mut Vec<f32>)> {
        let index = self.indexes.get(&searcher_id)?;
        let searcher = self.searcher.get_or_insert_with(|| Searcher::new(index.clone()));
        if !Arc::ptr_eq(searcher.index(), index) {
            searcher.set_index(index.clone());
        }
        Some((searcher, &mut self.tokens))
    }

    /// Closes a searcher. With the last one the scratch memory is freed.
    fn close(&mut self, searcher_id: u32) {
        let Some(closed) = self.indexes.remove(&searcher_id) else { return };
        match (self.indexes.values().next(), &mut self.searcher) {
            (None, searcher) => (*searcher, self.tokens) = (None, Vec::new()),
            (Some(other), Some(searcher)) if Arc::ptr_eq(searcher.index(), &closed) => {
                searcher.set_index(other.clone());
            }
            _ => {}
        }
    }
}

thread_local! {
    /// The searchers of this thread, by id; they end with the thread. They are not objects of JavaScript, because Node frees
    /// native objects from the event loop, which a worker thread that waits for tasks with `Atomics.wait` never reaches.
    static SEARCHERS: RefCell<Searchers> = RefCell::default();
}

/// Creates a searcher of the open index with `index_id` and returns its id, which is valid in this thread. The index stays
/// mapped until the searcher is closed.
#[napi]
pub fn open_searcher(index_id: u32) -> napi::Result<u32> {
    let index = find_index(index_id)?;
    SEARCHERS.with_borrow_mut(|searchers| {
        searchers.last += 1;
        searchers.indexes.insert(searchers.last, index);
        Ok(searchers.last)
    })
}

/// Runs `work` with a searcher of this thread; `None` if it is not open.
pub(crate) fn with_searcher<T>(searcher_id: u32, work: impl FnOnce(&mut Searcher) -> T) -> Option<T> {
    SEARCHERS.with_borrow_mut(|searchers| searchers.get(searcher_id).map(|(searcher, _)| work(searcher)))
}

/// The index of a searcher of this thread.
pub(crate) fn index_of(searcher_id: u32) -> napi::Result<Arc<Index>> {
    let index = SEARCHERS.with_borrow(|searchers| searchers.indexes.get(&searcher_id).cloned());
    index.ok_or_else(|| closed("searcher", searcher_id))
}

/// Releases the searcher's index. The scratch memory is freed with the last searcher of the thread.
#[napi]
pub fn close_searcher(searcher_id: u32) {
    SEARCHERS.with_borrow_mut(|searchers| searchers.close(searcher_id));
}

/// Answers the queries whose rows are concatenated in `data`. The results of query `q` follow those of query `q - 1` in
/// `doc_ids` and `scores`, which have room for `k` results per query. `counts`, `outcomes` and `micros` hold one number per
/// query: its number of results, how it ended, and the microseconds it took, conversion and checks included. If the index's files are
/// not what they were, an exception says so, whatever was found.
/// Returns the number of results of all queries.
#[napi]
#[allow(
    clippy::too_many_arguments,
    reason = "the caller owns the output arrays, so that it can transfer them to another thread"
)]
pub fn search_raw(
    searcher_id: u32,
    data: Uint8ArraySlice<'_>,
    half: bool,
    row_counts: Uint32ArraySlice<'_>,
    params: SearchParams,
    cancel_flag: u32,
    mut doc_ids: Uint32ArraySlice<'_>,
    mut scores: Float32ArraySlice<'_>,
    mut counts: Uint32ArraySlice<'_>,
    mut outcomes: Int32ArraySlice<'_>,
    mut micros: Uint32ArraySlice<'_>,
) -> napi::Result<u32> {
    let search = |searchers: &mut Searchers| {
        let (searcher, tokens) = searchers.get(searcher_id).ok_or_else(|| closed("searcher", searcher_id))?;
        let selection = searcher.index().select(params.filter.as_deref()).map_err(to_napi)?;
        let params = params.resolve().map_err(to_napi)?;
        let dim = searcher.index().dim();
        let row_bytes = dim * if half { 2 } else { 4 };
        check_rows(&row_counts, data.len(), row_bytes).map_err(to_napi)?;
        // SAFETY: the arrays belong to the caller's call and no other JavaScript runs while it lasts.
        let (doc_ids, scores, counts, outcomes, micros) = unsafe {
            (doc_ids.as_mut(), scores.as_mut(), counts.as_mut(), outcomes.as_mut(), micros.as_mut())
        };
        let places = row_counts.len() * params.k;
        let per_query = counts.len().min(outcomes.len()).min(micros.len());
        if doc_ids.len().min(scores.len()) < places || per_query < row_counts.len() {
            let (expected, got) = (places.to_string(), doc_ids.len().min(scores.len()).to_string());
            return Err(exception("INTERNAL", "output arrays are too short", "docIds", &expected, &got));
        }
        let cancelled = cancelled(cancel_flag);
        let (mut byte, mut place) = (0, 0);
        for (q, &rows) in row_counts.iter().enumerate() {
            let began = Instant::now();
            let bytes = &data[byte..byte + rows as usize * row_bytes];
            byte += bytes.len();
            read_tokens_into(bytes, half, tokens).map_err(to_napi)?;
            (counts[q], outcomes[q]) = (0, ANSWERED);
            match searcher.search(tokens, &params, selection.as_deref(), &cancelled) {
                Ok(answer) => {
                    counts[q] = answer.hits.len() as u32;
                    if answer.exhausted {
                        outcomes[q] = EXHAUSTED;
                    }
                    for hit in answer.hits {
                        (doc_ids[place], scores[place]) = (hit.document, hit.score);
                        place += 1;
                    }
                }
                Err(Error::Query { what: QueryFault::NonFinite, .. }) => outcomes[q] = NON_FINITE,
                Err(error) => return Err(to_napi(error)),
            }
            micros[q] = began.elapsed().as_micros() as u32;
        }
        Ok(place as u32)
    };
    let index = index_of(searcher_id)?;
    fence_over(&index, || SEARCHERS.with_borrow_mut(search))
}

/// Checks that every query has a row and that the rows of all queries are `bytes` bytes long.
fn check_rows(row_counts: &[u32], bytes: usize, row_bytes: usize) -> maxsimd_core::Result<()> {
    let fault = |what, expected, got| Err(Error::Query { what, expected, got });
    if row_counts.is_empty() || row_counts.contains(&0) {
        return fault(
            QueryFault::Empty,
            "at least one token vector per query".into(),
            "0 token vectors".into(),
        );
    }
    let rows: u64 = row_counts.iter().map(|&rows| u64::from(rows)).sum();
    if rows.checked_mul(row_bytes as u64) != Some(bytes as u64) {
        let (expected, got) = (format!("{rows} rows of {row_bytes} bytes"), format!("{bytes} bytes"));
        return fault(QueryFault::Shape, expected, got);
    }
    Ok(())
}
