//! Searches off the event loop: many queries through an index, or by exact MaxSim.

use crate::errors::to_napi;
use crate::job::{Job, job, job_over};
use crate::numbers::{MAX_COUNT, count, whole};
use crate::registry::{cancelled, find_index};
use crate::tokens::read_tokens;
use maxsimd_core::corpus::CorpusFiles;
use maxsimd_core::input::Reader;
use maxsimd_core::monitor::Unwatched;
use maxsimd_core::search::{self, Answers, Queries, exact_max_sim, search_batch};
use napi::bindgen_prelude::{AsyncTask, BigUint64Array, Either, Float32Array, Null, Uint8Array, Uint32Array};
use napi_derive::napi;

/// Search parameters. An absent parameter takes its default. Names and meaning are the reference's.
#[napi(object, object_to_js = false)]
pub struct SearchParams {
    /// Number of documents to return, 1 to 10,000. Default 10.
    pub k: Option<f64>,
    /// Gather: number of coarse centroids per query token; at least 1. Default 20.
    pub k_centroids: Option<f64>,
    /// Refine: maximum number of candidates to score on the codes; at least 1. Default 500. At least `k` are scored.
    pub k_docs_to_score: Option<f64>,
    /// Gather: beam width of the graph search; at least 1. Default `round(1.5 * kCentroids)`; never less than `kCentroids`.
    pub ef_search: Option<f64>,
    /// Select: keep candidates whose coarse score is at least `s_k - |s_k| * alpha`, where `s_k` is the k-th best coarse score; at
    /// least 0; null keeps all. Default 0.45.
    pub alpha: Option<Either<f64, Null>>,
    /// Refine: stop after this many consecutive candidates that do not enter the best k; at least 1; null: never. Default null.
    pub beta: Option<Either<f64, Null>>,
    /// Gather: relax the rule of the graph search to `similarity >= worst - |worst| * lambda`; at least 0; null: the plain rule.
    /// Default null.
    pub lambda: Option<Either<f64, Null>>,
    /// Only documents that match this filter, in JSON, are returned. Default: all.
    pub filter: Option<String>,
}

impl SearchParams {
    /// The parameters of the core, with defaults filled in and ranges checked.
    pub(crate) fn resolve(&self) -> maxsimd_core::Result<search::SearchParams> {
        let given = |value: Option<Either<f64, Null>>| value.and_then(Option::from);
        let default = search::SearchParams::default();
        let params = search::SearchParams {
            k: count("k", self.k, 0)?.unwrap_or(default.k),
            k_centroids: count("kCentroids", self.k_centroids, 0)?.unwrap_or(default.k_centroids),
            k_docs_to_score: count("kDocsToScore", self.k_docs_to_score, 0)?
                .unwrap_or(default.k_docs_to_score),
            ef_search: count("efSearch", self.ef_search, 0)?,
            alpha: if self.alpha.is_none() {
                default.alpha
            } else {
                given(self.alpha).map(|a: f64| a as f32)
            },
            beta: count("beta", given(self.beta), 0)?,
            lambda: given(self.lambda).map(|lambda: f64| lambda as f32),
        };
        params.check()?;
        Ok(params)
    }
}

/// Documents of one or more queries, `k` places per query, best first.
#[napi(object, object_from_js = false)]
pub struct SearchResult {
    /// MaxSim scores; −Infinity in unfilled places.
    pub scores: Float32Array,
    /// Positions of the documents; 4294967295 in unfilled places.
    pub doc_ids: Uint32Array,
    /// For each query 1 if every document that may be returned was scored, so that none can be missing; otherwise 0.
    pub exhausted: Uint8Array,
}

impl From<Answers> for SearchResult {
    fn from(answers: Answers) -> Self {
        let Answers { scores, documents, exhausted } = answers;
        let (scores, doc_ids) = (Float32Array::new(scores), Uint32Array::new(documents));
        Self { scores, doc_ids, exhausted: Uint8Array::new(exhausted) }
    }
}

/// Answers many queries from an open index. `queries` is their number if all are equally long, or the bounds of each.
#[napi(ts_return_type = "Promise<SearchResult>")]
pub fn batch_search(
    index_id: u32,
    tokens: Uint8Array,
    half: bool,
    queries: Either<f64, BigUint64Array>,
    params: SearchParams,
    threads: Option<f64>,
    cancel_flag: u32,
) -> napi::Result<AsyncTask<Job<SearchResult>>> {
    let index = find_index(index_id)?;
    let (filter, params) = (params.filter.clone(), params.resolve().map_err(to_napi)?);
    let cancelled = cancelled(cancel_flag);
    Ok(job_over(index, threads, move |index| {
        let selection = index.select(filter.as_deref())?;
        let tokens = read_tokens(&tokens, half)?;
        let queries = match &queries {
            Either::A(n) => {
                let n = whole("nQueries", Some(*n), 1, MAX_COUNT)?.unwrap_or_default();
                Queries::uniform(&tokens, n as usize, index.dim())?
            }
            Either::B(offsets) => Queries::ragged(&tokens, offsets, index.dim())?,
        };
        Ok(search_batch(index, &queries, &params, selection.as_deref(), &cancelled)?.into())
    }))
}

/// Answers many queries by exact MaxSim over the vectors in a file.
#[napi(ts_return_type = "Promise<SearchResult>")]
#[allow(clippy::too_many_arguments, reason = "one private caller in TypeScript, which names each")]
pub fn exact_search(
    vectors: String,
    doclens: String,
    tokens: Uint8Array,
    half: bool,
    offsets: BigUint64Array,
    k: f64,
    threads: Option<f64>,
    cancel_flag: u32,
) -> AsyncTask<Job<SearchResult>> {
    let cancelled = cancelled(cancel_flag);
    job(threads, move || {
        let k = count("k", Some(k), 1)?.unwrap_or_default();
        let tokens = read_tokens(&tokens, half)?;
        let reader = Reader { folder: &std::env::temp_dir(), monitor: &Unwatched };
        let files = CorpusFiles::open(&reader, &vectors, None, Some(&doclens))?;
        let corpus = files.corpus(&Unwatched)?;
        let queries = Queries::ragged(&tokens, &offsets, corpus.vectors.dim)?;
        Ok(exact_max_sim(corpus.vectors, &corpus.doc_offsets, &queries, k, &cancelled)?.into())
    })
}
