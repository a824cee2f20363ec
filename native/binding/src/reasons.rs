//! Why documents have their scores, and why others are not in an answer.

use crate::errors::{closed, fence_over, to_napi};
use crate::job::{Job, job_over};
use crate::registry::{cancelled, find_index};
use crate::search::SearchParams;
use crate::searcher::{index_of, with_searcher};
use crate::tokens::read_tokens;
use maxsimd_core::search::{self, Lost, Match, NO_DOCUMENT, NO_SCORE, Searcher};
use napi::bindgen_prelude::{AsyncTask, Float32Array, Uint8Array, Uint8ArraySlice, Uint32Array};
use napi_derive::napi;

/// The best matches of a query's tokens in some documents.
#[napi(object, object_from_js = false)]
pub struct Explanation {
    /// For each document and query token the number of the document's token that matches best, `[documents][rows]`; 4294967295 in a
    /// document without tokens.
    pub tokens: Uint32Array,
    /// Their similarities. Those of a document add up to its score. −Infinity in a document without tokens.
    pub similarities: Float32Array,
}

/// Of a document without tokens.
const NO_MATCH: Match = Match { token: NO_DOCUMENT, similarity: NO_SCORE };

impl Explanation {
    fn of(documents: Vec<Vec<Match>>, rows: usize) -> Self {
        let nothing = vec![NO_MATCH; rows];
        let matches =
            || documents.iter().flat_map(|document| if document.is_empty() { &nothing } else { document });
        Self {
            tokens: Uint32Array::new(matches().map(|best| best.token).collect()),
            similarities: Float32Array::new(matches().map(|best| best.similarity).collect()),
        }
    }
}

/// Explains the scores of documents, by position, for one query.
#[napi(ts_return_type = "Promise<Explanation>")]
pub fn explain(
    index_id: u32,
    tokens: Uint8Array,
    half: bool,
    positions: Uint32Array,
) -> napi::Result<AsyncTask<Job<Explanation>>> {
    let index = find_index(index_id)?;
    Ok(job_over(index, None, move |index| {
        let tokens = read_tokens(&tokens, half)?;
        let rows = tokens.len() / index.dim();
        Ok(Explanation::of(Searcher::new(index.clone()).explain(&tokens, &positions)?, rows))
    }))
}

/// As `explain`, with a searcher of this thread.
#[napi]
pub fn explain_raw(
    searcher_id: u32,
    data: Uint8ArraySlice<'_>,
    half: bool,
    positions: &[u32],
) -> napi::Result<Explanation> {
    let index = index_of(searcher_id)?;
    fence_over(&index, || {
        with_searcher(searcher_id, |searcher| {
            let tokens = read_tokens(&data, half).map_err(to_napi)?;
            let rows = tokens.len() / searcher.index().dim();
            searcher.explain(&tokens, positions).map(|found| Explanation::of(found, rows)).map_err(to_napi)
        })
        .unwrap_or_else(|| Err(closed("searcher", searcher_id)))
    })
}

/// Why a document is not in an answer.
#[napi(object, object_from_js = false)]
pub struct WhyNot {
    /// Where it was lost.
    #[napi(
        ts_type = "'found' | 'unknown' | 'deleted' | 'no tokens' | 'filtered' | 'not gathered' | 'below alpha' | 'beyond cap' | 'stopped early' | 'out-ranked'"
    )]
    pub lost: String,
    /// Its rank at this step, from 1: in the answer if it was found, by coarse score if it is beyond the cap, otherwise by score.
    pub rank: Option<f64>,
    /// Its score at this step: the coarse score if it is below alpha.
    pub score: Option<f64>,
    /// The score, or the number of documents, that it missed.
    pub needed: Option<f64>,
    /// Parameters that differ from the given ones, with which the search returns the document. The search was run with them. Absent if no
    /// parameters bring it.
    pub change: Option<ChangedParams>,
}

/// Search parameters that are to be changed.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct ChangedParams {
    /// Another `k`.
    pub k: Option<u32>,
    /// Another `kCentroids`.
    pub k_centroids: Option<u32>,
    /// Another `kDocsToScore`.
    pub k_docs_to_score: Option<u32>,
    /// Another `efSearch`.
    pub ef_search: Option<u32>,
    /// Another `alpha`; −1 for null, which keeps all candidates.
    pub alpha: Option<f64>,
    /// Whether `beta` is to be null.
    pub no_beta: Option<bool>,
}

impl ChangedParams {
    fn between(before: &search::SearchParams, after: &search::SearchParams) -> Self {
        let other = |b: usize, a: usize| (a != b).then_some(a as u32);
        Self {
            k: other(before.k, after.k),
            k_centroids: other(before.k_centroids, after.k_centroids),
            k_docs_to_score: other(before.k_docs_to_score, after.k_docs_to_score),
            ef_search: after.ef_search.filter(|_| after.ef_search != before.ef_search).map(|ef| ef as u32),
            alpha: (before.alpha != after.alpha).then(|| after.alpha.map_or(-1.0, f64::from)),
            no_beta: (before.beta != after.beta).then_some(true),
        }
    }
}

/// Says why the document with an id is not in the answer to one query, and which parameters bring it. Ends with CANCELLED when the
/// flag with `cancel_id` is raised.
#[napi(ts_return_type = "Promise<WhyNot>")]
pub fn why_not(
    index_id: u32,
    tokens: Uint8Array,
    half: bool,
    params: SearchParams,
    id: String,
    cancel_id: u32,
) -> napi::Result<AsyncTask<Job<WhyNot>>> {
    let index = find_index(index_id)?;
    let cancelled = cancelled(cancel_id);
    let (filter, params) = (params.filter.clone(), params.resolve().map_err(to_napi)?);
    Ok(job_over(index, None, move |index| {
        let why =
            |lost: &str| WhyNot { lost: lost.into(), rank: None, score: None, needed: None, change: None };
        let tokens = read_tokens(&tokens, half)?;
        let selection = index.select(filter.as_deref())?;
        let Some(position) = index.find(&id) else {
            return Ok(why(if index.is_deleted(&id) { "deleted" } else { "unknown" }));
        };
        let found = Searcher::new(index.clone()).why_not(
            &tokens,
            &params,
            selection.as_deref(),
            position as u32,
            &cancelled,
        )?;
        let mut answer = match found.lost {
            Lost::Found { rank } => WhyNot { rank: Some(rank as f64), ..why("found") },
            Lost::NoTokens => why("no tokens"),
            Lost::Filtered => why("filtered"),
            Lost::NotGathered => why("not gathered"),
            Lost::BelowAlpha { score, least } => {
                WhyNot { score: Some(score.into()), needed: Some(least.into()), ..why("below alpha") }
            }
            Lost::BeyondCap { rank, most } => {
                WhyNot { rank: Some(rank as f64), needed: Some(most as f64), ..why("beyond cap") }
            }
            Lost::StoppedEarly => why("stopped early"),
            Lost::OutRanked { rank, score, kth } => WhyNot {
                rank: Some(rank as f64),
                score: Some(score.into()),
                needed: Some(kth.into()),
                ..why("out-ranked")
            },
        };
        answer.change = found.change.map(|after| ChangedParams::between(&params, &after));
        Ok(answer)
    }))
}
