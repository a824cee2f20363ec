//! One worker thread's searcher.

use crate::arrays::read_tokens;
use crate::cancel_flags::polled;
use crate::errors::{exception, to_napi};
use crate::fence::fence;
use crate::params::NativeSearchParams;
use crate::registry;
use maxsimd_core::Error;
use maxsimd_core::error::QueryFault;
use maxsimd_core::search::{SearchParams, Searcher};
use napi::bindgen_prelude::{Float32ArraySlice, Int32ArraySlice, Uint8ArraySlice, Uint32ArraySlice};
use napi_derive::napi;
use std::time::Instant;

/// A query of the call has a value that is NaN or infinite.
const NON_FINITE: i32 = 1;

/// A searcher over an open index, with a scratch buffer of its own for the query.
#[napi]
pub struct NativeSearcher {
    open: Option<Open>,
}

/// Everything that `close` frees.
struct Open {
    searcher: Searcher,
    /// The query as `f32`.
    tokens: Vec<f32>,
}

#[napi]
impl NativeSearcher {
    /// A searcher that is closed. Node frees these objects from the event loop, which a worker thread that waits for tasks
    /// with `Atomics.wait` never reaches: the TypeScript side uses closed ones again.
    #[allow(clippy::new_without_default, reason = "only JavaScript makes it")]
    #[napi(constructor)]
    pub fn new() -> Self {
        Self { open: None }
    }

    /// Takes hold of the open index with `index_id`.
    #[napi]
    pub fn open(&mut self, index_id: u32) -> napi::Result<()> {
        fence(|| {
            let searcher = Searcher::new(registry::find(index_id)?);
            self.open = Some(Open { searcher, tokens: Vec::new() });
            Ok(())
        })
    }

    /// Answers the queries whose rows are concatenated in `data`. The results of query `q` follow those of query `q - 1` in
    /// `doc_ids` and `scores`, which have room for `k` results per query. `counts`, `failed` and `micros` hold one number per
    /// query: its number of results, whether it was refused, and the microseconds it took, conversion and checks included.
    /// Returns the number of results of all queries.
    #[napi]
    #[allow(
        clippy::too_many_arguments,
        reason = "the caller owns the output arrays, so that it can transfer them to another thread"
    )]
    pub fn search(
        &mut self,
        data: Uint8ArraySlice<'_>,
        half: bool,
        row_counts: Uint32ArraySlice<'_>,
        params: NativeSearchParams,
        cancel_flag: u32,
        mut doc_ids: Uint32ArraySlice<'_>,
        mut scores: Float32ArraySlice<'_>,
        mut counts: Uint32ArraySlice<'_>,
        mut failed: Int32ArraySlice<'_>,
        mut micros: Uint32ArraySlice<'_>,
    ) -> napi::Result<u32> {
        fence(|| {
            let Some(Open { searcher, tokens }) = &mut self.open else {
                return Err(exception(
                    "CLOSED",
                    "the searcher is closed",
                    "",
                    "an open searcher",
                    "a closed one",
                ));
            };
            let params = SearchParams::from(params);
            params.check().map_err(to_napi)?;
            let dim = searcher.index().dim();
            let row_bytes = dim * if half { 2 } else { 4 };
            check_rows(&row_counts, data.len(), row_bytes).map_err(to_napi)?;
            // SAFETY: the arrays belong to the caller's call and no other JavaScript runs while it lasts.
            let (doc_ids, scores, counts, failed, micros) = unsafe {
                (doc_ids.as_mut(), scores.as_mut(), counts.as_mut(), failed.as_mut(), micros.as_mut())
            };
            let places = row_counts.len() * params.k;
            let per_query = counts.len().min(failed.len()).min(micros.len());
            if doc_ids.len().min(scores.len()) < places || per_query < row_counts.len() {
                let got = doc_ids.len().min(scores.len()).to_string();
                return Err(exception(
                    "INTERNAL",
                    "output arrays are too short",
                    "docIds",
                    &places.to_string(),
                    &got,
                ));
            }
            let cancelled = polled(cancel_flag);
            let (mut byte, mut place) = (0, 0);
            for (q, &rows) in row_counts.iter().enumerate() {
                let began = Instant::now();
                let bytes = &data[byte..byte + rows as usize * row_bytes];
                byte += bytes.len();
                read_tokens(bytes, half, tokens).map_err(to_napi)?;
                (counts[q], failed[q]) = (0, 0);
                match searcher.search(tokens, &params, &cancelled) {
                    Ok(hits) => {
                        counts[q] = hits.len() as u32;
                        for hit in hits {
                            (doc_ids[place], scores[place]) = (hit.document, hit.score);
                            place += 1;
                        }
                    }
                    Err(Error::Query { what: QueryFault::NonFinite, .. }) => failed[q] = NON_FINITE,
                    Err(error) => return Err(to_napi(error)),
                }
                micros[q] = began.elapsed().as_micros() as u32;
            }
            Ok(place as u32)
        })
    }

    /// Lets go of the index and frees the scratch buffers.
    #[napi]
    pub fn close(&mut self) {
        self.open = None;
    }
}

/// Checks that every query has a row and that the rows of all queries are `bytes` bytes long.
fn check_rows(row_counts: &[u32], bytes: usize, row_bytes: usize) -> maxsimd_core::Result<()> {
    let fault = |what, expected: String, got: String| Err(Error::Query { what, expected, got });
    if row_counts.is_empty() || row_counts.contains(&0) {
        return fault(
            QueryFault::Empty,
            "at least one token vector per query".into(),
            "0 token vectors".into(),
        );
    }
    let rows: u64 = row_counts.iter().map(|&rows| u64::from(rows)).sum();
    if rows.checked_mul(row_bytes as u64) != Some(bytes as u64) {
        return fault(
            QueryFault::Shape,
            format!("{rows} rows of {row_bytes} bytes"),
            format!("{bytes} bytes"),
        );
    }
    Ok(())
}
