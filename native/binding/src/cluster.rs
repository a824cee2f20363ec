//! Token-aware clustering without a build.

use crate::errors::fence_core;
use crate::input::CorpusInput;
use crate::job::{Job, job};
use crate::numbers::{MAX_SAFE, count, whole};
use crate::progress::{OnProgress, Watcher};
use maxsimd_core::cluster::{TacParams, TokenTypes, auto_params, cluster};
use napi::bindgen_prelude::{AsyncTask, Float32Array, Uint32Array};
use napi_derive::napi;

/// Parameters of a clustering. An absent parameter is resolved from the data.
#[napi(object, object_to_js = false)]
pub struct TacParameters {
    /// Number of centroids over all token types. Default `2^round(log2(tokens / 128))`, raised to what the types need.
    pub n_centroids: Option<f64>,
    /// Rounds of k-means per token type. Default 10.
    pub n_iter: Option<f64>,
    /// Maximum number of tokens of a type that train. Default: all, up to a million and more for large types.
    pub max_sample_size: Option<f64>,
    /// Token types with fewer tokens get one centroid.
    pub micro_threshold: Option<f64>,
    /// Token types with fewer tokens get two centroids.
    pub small_threshold: Option<f64>,
    /// Seed of the first centroids, 0 to 2^53 - 1. Default 42.
    pub seed: Option<f64>,
}

/// The share of one token type.
#[napi(object, object_from_js = false)]
pub struct TypeShare {
    /// Vocabulary id.
    pub token_id: u32,
    /// Number of tokens.
    pub count: f64,
    /// Mean squared distance of its tokens to their mean.
    pub spread: f64,
    /// Mean squared distance of its tokens to their centroids.
    pub error: f64,
    /// Its first centroid; they are consecutive.
    pub first_centroid: f64,
    /// Number of its centroids.
    pub centroids: f64,
}

/// A finished clustering.
#[napi(object, object_from_js = false)]
pub struct Clustering {
    /// Number of values in a row.
    pub dim: u32,
    /// Centroids by ascending token id, `[k][dim]`.
    pub centroids: Float32Array,
    /// Centroid of each token.
    pub assignments: Uint32Array,
    /// The share of each token type; a single one with id 0 if one global k-means ran.
    pub types: Vec<TypeShare>,
    /// Whether one global k-means ran, because the budget was below the least one.
    pub global: bool,
    /// Least budget of token-aware clustering.
    pub min_budget: f64,
    /// Element type of the file of vectors, if its values were rounded to f16: bf16, f32 or f64.
    pub rounded_from: Option<String>,
}

/// Clusters the tokens of `input`.
#[napi(ts_return_type = "Promise<Clustering>")]
pub fn train_tac(
    input: CorpusInput,
    parameters: TacParameters,
    threads: Option<f64>,
    cancel_flag: u32,
    #[napi(
        ts_arg_type = "((stage: string, done: number, total: number, overall: number) => void) | undefined"
    )]
    on_progress: Option<OnProgress>,
) -> AsyncTask<Job<Clustering>> {
    job(threads, move || {
        let watcher = Watcher::new(on_progress, cancel_flag);
        let params = TacParams {
            total_centroids: count("nCentroids", parameters.n_centroids, 1)?,
            n_iter: count("nIter", parameters.n_iter, 1)?,
            micro: count("microThreshold", parameters.micro_threshold, 1)?,
            small: count("smallThreshold", parameters.small_threshold, 1)?,
            max_sample_size: count("maxSampleSize", parameters.max_sample_size, 1)?,
            seed: whole("seed", parameters.seed, 0, MAX_SAFE)?,
        };
        input.read(&std::env::temp_dir(), &watcher, |corpus, _| {
            let ids = corpus.token_ids.as_deref().unwrap_or_default();
            let clustering = cluster(corpus.vectors, &TokenTypes::group(ids), &params, &watcher)?;
            let errors = clustering.errors(corpus.vectors, ids);
            let shares = clustering.types.iter().zip(errors);
            let types = shares.map(|(share, error)| TypeShare {
                token_id: share.token_id,
                count: share.count as f64,
                spread: share.spread,
                error,
                first_centroid: share.first_centroid as f64,
                centroids: share.centroids as f64,
            });
            Ok(Clustering {
                dim: corpus.vectors.dim as u32,
                types: types.collect(),
                centroids: Float32Array::new(clustering.centroids),
                assignments: Uint32Array::new(clustering.assignments),
                global: clustering.global,
                min_budget: clustering.auto.min_budget as f64,
                rounded_from: corpus.rounded_from.map(|dtype| dtype.to_string()),
            })
        })
    })
}

/// Parameters that a build resolves.
#[napi(object, object_from_js = false)]
pub struct AutoBuildParams {
    /// Number of coarse centroids.
    pub total_centroids: f64,
    /// Token types with fewer tokens get one centroid.
    pub tac_micro_threshold: f64,
    /// Token types with fewer tokens get two centroids.
    pub tac_small_threshold: f64,
    /// Maximum number of centroids that the tokens can fill.
    pub sat_cap: f64,
    /// Least budget of token-aware clustering.
    pub min_budget: f64,
    /// The budget before it was raised or capped.
    pub formula: f64,
    /// Whether an explicit budget above `satCap` was lowered to it.
    pub capped: bool,
}

/// The parameters that a build resolves for tokens with these vocabulary ids. Given parameters are kept.
#[napi]
pub fn auto_build_params(
    token_ids: Uint32Array,
    total_centroids: Option<f64>,
    micro_threshold: Option<f64>,
    small_threshold: Option<f64>,
) -> napi::Result<AutoBuildParams> {
    fence_core(|| {
        let total = count("totalCentroids", total_centroids, 1)?;
        let micro = count("tacMicroThreshold", micro_threshold, 1)?;
        let small = count("tacSmallThreshold", small_threshold, 1)?;
        let auto = auto_params(&TokenTypes::group(&token_ids).counts(), total, micro, small);
        Ok(AutoBuildParams {
            total_centroids: auto.total_centroids as f64,
            tac_micro_threshold: auto.thresholds.micro as f64,
            tac_small_threshold: auto.thresholds.small as f64,
            sat_cap: auto.sat_cap as f64,
            min_budget: auto.min_budget as f64,
            formula: auto.formula as f64,
            capped: auto.capped,
        })
    })
}
