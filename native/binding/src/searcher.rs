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

/// A query of the call has a value that is NaN or infinite.
const NON_FINITE: i32 = 1;

/// A searcher over an open index, with scratch memory of its own.
#[napi]
pub struct NativeSearcher {
    searcher: Option<Searcher>,
    tokens: Vec<f32>,
}

#[napi]
impl NativeSearcher {
    /// Takes hold of the open index with `index_id`.
    #[napi(constructor)]
    pub fn new(index_id: u32) -> napi::Result<Self> {
        fence(|| {
            let searcher = Searcher::new(registry::find(index_id)?);
            Ok(Self { searcher: Some(searcher), tokens: Vec::new() })
        })
    }

    /// Answers the queries whose rows are concatenated in `data`. Results of all queries are written one after another to
    /// `doc_ids` and `scores`, which have room for `k` a query; `counts` and `failed` get one number a query.
    /// Returns the number of results in all.
    #[napi]
    #[allow(
        clippy::too_many_arguments,
        reason = "outputs are the caller's arrays, so that none belongs to this library"
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
    ) -> napi::Result<u32> {
        fence(|| {
            let Some(searcher) = &mut self.searcher else {
                return Err(exception(
                    "CLOSED",
                    "the searcher is closed",
                    "",
                    "an open searcher",
                    "a closed one",
                ));
            };
            read_tokens(&data, half, &mut self.tokens).map_err(to_napi)?;
            let params = SearchParams::from(params);
            params.check().map_err(to_napi)?;
            let dim = searcher.index().dim();
            check_rows(&row_counts, &self.tokens, dim).map_err(to_napi)?;
            // SAFETY: the arrays belong to the caller's call and no other JavaScript runs while it lasts.
            let (doc_ids, scores, counts, failed) =
                unsafe { (doc_ids.as_mut(), scores.as_mut(), counts.as_mut(), failed.as_mut()) };
            let room = row_counts.len() * params.k;
            if doc_ids.len() < room
                || scores.len() < room
                || counts.len() < row_counts.len()
                || failed.len() < row_counts.len()
            {
                let got = doc_ids.len().min(scores.len()).to_string();
                return Err(exception(
                    "INTERNAL",
                    "output arrays are too short",
                    "docIds",
                    &room.to_string(),
                    &got,
                ));
            }
            let cancelled = polled(cancel_flag);
            let (mut row, mut place) = (0, 0);
            for (q, &rows) in row_counts.iter().enumerate() {
                let tokens = &self.tokens[row * dim..(row + rows as usize) * dim];
                row += rows as usize;
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
            }
            Ok(place as u32)
        })
    }

    /// Lets go of the index.
    #[napi]
    pub fn close(&mut self) {
        self.searcher = None;
    }
}

/// Every query has a row, and together they have all rows.
fn check_rows(row_counts: &[u32], tokens: &[f32], dim: usize) -> maxsimd_core::Result<()> {
    let fault = |what, expected: String, got: String| Err(Error::Query { what, expected, got });
    if row_counts.is_empty() || row_counts.contains(&0) {
        return fault(QueryFault::Empty, "at least one token vector a query".into(), "none".into());
    }
    let rows: u64 = row_counts.iter().map(|&rows| u64::from(rows)).sum();
    if rows.checked_mul(dim as u64) != Some(tokens.len() as u64) {
        let got = format!("{} elements", tokens.len());
        return fault(QueryFault::Shape, format!("{rows} rows of {dim} elements"), got);
    }
    Ok(())
}
