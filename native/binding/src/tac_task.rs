//! Token-aware clustering by itself, off the event loop.

use crate::fence::fence;
use crate::pool;
use crate::progress::{OnProgress, Watcher};
use half::f16;
use maxsimd_core::cluster::{Clustering, TacParams, TokenTypes, auto_params, cluster};
use maxsimd_core::corpus::{Corpus, InputNames, TokenVectors};
use maxsimd_core::monitor::Monitor;
use maxsimd_core::npy::{open_f16_matrix, read_token_ids};
use napi::bindgen_prelude::{AsyncTask, Float32Array, Uint16Array, Uint32Array};
use napi::{Env, Task};
use napi_derive::napi;
use serde_json::json;
use std::borrow::Cow;

/// Clustering options; what is absent is resolved from the data.
#[napi(object)]
#[derive(Clone)]
pub struct NativeTacOptions {
    /// Budget of centroids.
    pub n_centroids: Option<u32>,
    /// Rounds of k-means.
    pub n_iter: Option<u32>,
    /// Most training rows a type.
    pub max_sample_size: Option<u32>,
    /// Types with fewer rows get one centroid.
    pub micro_threshold: Option<u32>,
    /// Types with fewer rows, but at least the micro threshold, get two.
    pub small_threshold: Option<u32>,
    /// Seed.
    pub seed: Option<f64>,
}

/// A finished clustering.
#[napi(object)]
pub struct NativeClustering {
    /// Values in a row.
    pub dim: u32,
    /// `[k][dim]`.
    pub centroids: Float32Array,
    /// Centroid of each token.
    pub assignments: Uint32Array,
    /// `[{tokenId, count, spread, firstCentroid, centroids}]`, JSON.
    pub types: String,
    /// One global k-means ran, because the budget was below the least one.
    pub global: bool,
    /// Least budget of token-aware clustering.
    pub min_budget: u32,
}

enum Input {
    Files { vectors: String, token_ids: String },
    Arrays { vectors: Uint16Array, dim: u32, token_ids: Uint32Array },
}

/// Clusters.
pub struct TacTask {
    input: Input,
    options: NativeTacOptions,
    threads: u32,
    told: Option<OnProgress>,
    cancel_flag: u32,
}

impl TacTask {
    fn run(&self, monitor: &dyn Monitor) -> maxsimd_core::Result<(usize, Clustering)> {
        let size = |value: Option<u32>| value.map(|value| value as usize);
        let params = TacParams {
            total_centroids: size(self.options.n_centroids),
            n_iter: size(self.options.n_iter),
            micro: size(self.options.micro_threshold),
            small: size(self.options.small_threshold),
            max_sample_size: size(self.options.max_sample_size),
            seed: self.options.seed.map(|seed| seed as u64),
        };
        match &self.input {
            Input::Files { vectors, token_ids } => {
                let names = InputNames {
                    vectors: vectors.clone(),
                    token_ids: token_ids.clone(),
                    ..Default::default()
                };
                let matrix = open_f16_matrix(vectors)?;
                let values = matrix.as_slice::<f16>()?;
                let ids = read_token_ids(token_ids)?;
                run(TokenVectors { values: &values, dim: matrix.cols() }, &ids, &names, &params, monitor)
            }
            Input::Arrays { vectors, dim, token_ids } => {
                let values: &[f16] = bytemuck::cast_slice(vectors.as_ref());
                let vectors = TokenVectors { values, dim: *dim as usize };
                run(vectors, token_ids, &InputNames::default(), &params, monitor)
            }
        }
    }
}

fn run(
    vectors: TokenVectors<'_>,
    ids: &[u32],
    names: &InputNames,
    params: &TacParams,
    monitor: &dyn Monitor,
) -> maxsimd_core::Result<(usize, Clustering)> {
    // The tokens as one document: the checks are a corpus's.
    let lengths = [u32::try_from(ids.len()).unwrap_or(u32::MAX)];
    let corpus = Corpus::new(vectors, Some(Cow::Borrowed(ids)), &lengths, names, monitor)?;
    Ok((vectors.dim, cluster(corpus.vectors, &TokenTypes::group(ids), params, monitor)?))
}

impl Task for TacTask {
    type Output = (usize, Clustering);
    type JsValue = NativeClustering;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let watcher = Watcher::new(self.told.take(), self.cancel_flag);
        fence(|| pool::run(self.threads, || self.run(&watcher)))
    }

    fn resolve(&mut self, _: Env, (dim, clustering): Self::Output) -> napi::Result<NativeClustering> {
        let types: Vec<_> = clustering
            .types
            .iter()
            .map(|share| {
                json!({
                    "tokenId": share.token_id,
                    "count": share.count,
                    "spread": share.spread,
                    "firstCentroid": share.first_centroid,
                    "centroids": share.centroids,
                })
            })
            .collect();
        Ok(NativeClustering {
            dim: dim as u32,
            centroids: Float32Array::new(clustering.centroids),
            assignments: Uint32Array::new(clustering.assignments),
            types: serde_json::Value::from(types).to_string(),
            global: clustering.global,
            min_budget: clustering.auto.min_budget as u32,
        })
    }
}

/// Clusters the tokens in `.npy` files.
#[napi(ts_return_type = "Promise<NativeClustering>")]
pub fn train_tac_from_files(
    vectors: String,
    token_ids: String,
    options: NativeTacOptions,
    threads: u32,
    cancel_flag: u32,
    told: Option<OnProgress>,
) -> AsyncTask<TacTask> {
    AsyncTask::new(TacTask {
        input: Input::Files { vectors, token_ids },
        options,
        threads,
        told,
        cancel_flag,
    })
}

/// Clusters the tokens in arrays, which must not change before the promise settles.
#[napi(ts_return_type = "Promise<NativeClustering>")]
pub fn train_tac_from_arrays(
    vectors: Uint16Array,
    dim: u32,
    token_ids: Uint32Array,
    options: NativeTacOptions,
    threads: u32,
    cancel_flag: u32,
    told: Option<OnProgress>,
) -> AsyncTask<TacTask> {
    AsyncTask::new(TacTask {
        input: Input::Arrays { vectors, dim, token_ids },
        options,
        threads,
        told,
        cancel_flag,
    })
}

/// Parameters a build would resolve for these token ids, JSON.
#[napi]
pub fn auto_build_params(
    token_ids: Uint32Array,
    total_centroids: Option<u32>,
    micro_threshold: Option<u32>,
    small_threshold: Option<u32>,
) -> napi::Result<String> {
    fence(|| {
        let size = |value: Option<u32>| value.map(|value| value as usize);
        let counts = TokenTypes::group(&token_ids).counts();
        let auto = auto_params(&counts, size(total_centroids), size(micro_threshold), size(small_threshold));
        Ok(json!({
            "totalCentroids": auto.total_centroids,
            "tacMicroThreshold": auto.thresholds.micro,
            "tacSmallThreshold": auto.thresholds.small,
            "satCap": auto.sat_cap,
            "minBudget": auto.min_budget,
            "formula": auto.formula,
            "capped": auto.capped,
        })
        .to_string())
    })
}
