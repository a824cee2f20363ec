//! Token-aware clustering by itself, off the event loop.

use crate::fence::fence;
use crate::pool;
use crate::progress::{OnProgress, Watcher};
use half::f16;
use maxsimd_core::cluster::{Clustering, TacParams, TokenTypes, auto_params, cluster};
use maxsimd_core::corpus::{Corpus, CorpusFiles, InputNames, TokenVectors};
use maxsimd_core::input::{DType, Reader};
use maxsimd_core::monitor::Monitor;
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
    /// `[{tokenId, count, spread, error, firstCentroid, centroids}]`, JSON.
    pub types: String,
    /// One global k-means ran, because the budget was below the least one.
    pub global: bool,
    /// Least budget of token-aware clustering.
    pub min_budget: u32,
    /// The type that the file of vectors holds, if values were rounded to f16.
    pub rounded_from: Option<String>,
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

/// A finished clustering, before JavaScript has it.
pub struct Trained {
    dim: usize,
    clustering: Clustering,
    errors: Vec<f64>,
    rounded_from: Option<DType>,
}

impl TacTask {
    fn run(&self, monitor: &dyn Monitor) -> maxsimd_core::Result<Trained> {
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
                let reader = Reader { folder: &std::env::temp_dir(), monitor };
                let files = CorpusFiles::open(&reader, vectors, Some(token_ids), None)?;
                train(&files.corpus(monitor)?, &params, monitor)
            }
            Input::Arrays { vectors, dim, token_ids } => {
                let values: &[f16] = bytemuck::cast_slice(vectors.as_ref());
                let vectors = TokenVectors { values, dim: *dim as usize };
                // The tokens as one document: the checks are a corpus's.
                let lengths = [u32::try_from(token_ids.len()).unwrap_or(u32::MAX)];
                let ids = Some(Cow::Borrowed(token_ids.as_ref()));
                train(
                    &Corpus::new(vectors, ids, &lengths, &InputNames::default(), monitor)?,
                    &params,
                    monitor,
                )
            }
        }
    }
}

fn train(corpus: &Corpus<'_>, params: &TacParams, monitor: &dyn Monitor) -> maxsimd_core::Result<Trained> {
    let (vectors, ids) = (corpus.vectors, corpus.token_ids.as_deref().unwrap_or_default());
    let clustering = cluster(vectors, &TokenTypes::group(ids), params, monitor)?;
    let errors = clustering.errors(vectors, ids);
    Ok(Trained { dim: vectors.dim, clustering, errors, rounded_from: corpus.rounded_from })
}

impl Task for TacTask {
    type Output = Trained;
    type JsValue = NativeClustering;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let watcher = Watcher::new(self.told.take(), self.cancel_flag);
        fence(|| pool::run(self.threads, || self.run(&watcher)))
    }

    fn resolve(&mut self, _: Env, trained: Trained) -> napi::Result<NativeClustering> {
        let Trained { dim, clustering, errors, rounded_from } = trained;
        let shares = clustering.types.iter().zip(errors);
        let types: Vec<_> = shares
            .map(|(share, error)| {
                json!({
                    "tokenId": share.token_id,
                    "count": share.count,
                    "spread": share.spread,
                    "error": error,
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
            rounded_from: rounded_from.map(|dtype| dtype.to_string()),
        })
    }
}

/// Clusters the tokens in files.
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
