//! Building an index, and estimating what a build takes.

use crate::input::CorpusInput;
use crate::job::{Job, job};
use crate::numbers::{MAX_SAFE, count, whole};
use crate::progress::{OnProgress, Watcher};
use maxsimd_core::build::{self, BuildParams, GivenClusters, GivenCodebooks};
use maxsimd_core::cluster::TacParams;
use maxsimd_core::corpus::Corpus;
use maxsimd_core::graph::GraphParams;
use maxsimd_core::input::Reader;
use maxsimd_core::monitor::{Stage, Unwatched};
use maxsimd_core::quantize::PqParams;
use maxsimd_core::{Error, Result};
use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use std::path::Path;

/// Parameters of a build. An absent parameter takes its default. Names and meaning are the reference's.
#[napi(object, object_to_js = false)]
pub struct BuildParameters {
    /// Number of coarse centroids. Default `2^round(log2(tokens / 128))`, raised to what the token types need.
    pub total_centroids: Option<f64>,
    /// Rounds of k-means per token type. Default 10.
    pub tac_n_iter: Option<f64>,
    /// Token types with fewer tokens get one centroid. Default `2^round(log2(tokens^0.25))`, 32 to 128.
    pub tac_micro_threshold: Option<f64>,
    /// Token types with fewer tokens get two centroids. Default twice `tacMicroThreshold`.
    pub tac_small_threshold: Option<f64>,
    /// Maximum number of tokens of a type that train its centroids. Default: all, up to a million and more for large types.
    pub max_sample_size: Option<f64>,
    /// Number of tokens that train the residual codebooks. Default 10,000,000.
    pub pq_sample_size: Option<f64>,
    /// Rounds of k-means of the residual codebooks. Default 10.
    pub pq_n_iter: Option<f64>,
    /// Whether residuals are scaled to norm 1 before they are coded. Default true.
    pub normalize: Option<bool>,
    /// Whether the norms of coded residuals are scaled so that scores are right on average. Default true; without effect when
    /// `normalize` is false. Only the comparison with the reference sets it to false.
    pub scale_norms: Option<bool>,
    /// Seed of all random choices, 0 to 2^53 - 1. Default 42.
    pub pq_seed: Option<f64>,
    /// How finely tokens are coded: "standard", which is the default, with 32 bytes of code per token, or "high" with 64. With "high" the
    /// ranking is nearer to that of exact MaxSim (recall@10 on the Debian corpus 0.966 instead of 0.922, on Cranfield 0.987 instead of
    /// 0.961, both with the default search parameters). The file is 1.4 to 1.7 times as large, and a query takes at most 1.4 times as long.
    #[napi(ts_type = "'standard' | 'high'")]
    pub quality: Option<String>,
    /// Number of residual codebooks, 1 to 256, instead of `quality`; a token's code has as many bytes. Default 32; never more than
    /// dim.
    pub pq_subspaces: Option<f64>,
    /// Links of a graph node; the base level has twice as many. Default 32.
    pub hnsw_m: Option<f64>,
    /// Beam width while the graph is built. Default 1500.
    pub ef_construction: Option<f64>,
    /// Whether the mean of all tokens is subtracted from each token; scores include its share again. Default true.
    pub center_dataset: Option<bool>,
    /// A corpus of fewer tokens is stored whole and scanned exactly. Default 4096.
    pub exact_below: Option<f64>,
    /// With fewer centroids than this no graph is built, and a search scans the centroids, from 8,192 of them on in groups. `hnswM`
    /// and `efConstruction`, and `lambda` in a search, have an effect only with a graph. Default 262,144.
    pub scan_below: Option<f64>,
    /// Maximum anonymous memory in bytes; mapped input pages do not count. The build uses fewer threads to stay below it, and
    /// fails with MEMORY, which says the least that suffices, if it cannot. Default: no limit.
    pub max_memory: Option<f64>,
    /// A file of residual codebooks to use instead of training them: f32 [256, dim], or [256 + dim, dim] with the rotation for
    /// which they were trained. Row `w` holds word `w` of every subspace, as `getCodebooks` returns them. Indexes with the same codebooks have the same quantisation errors.
    pub codebooks: Option<String>,
}

impl BuildParameters {
    fn resolve(&self) -> Result<BuildParams> {
        let (pq, graph) = (PqParams::default(), GraphParams::default());
        let seed = whole("pqSeed", self.pq_seed, 0, MAX_SAFE)?.unwrap_or(pq.seed);
        Ok(BuildParams {
            tac: TacParams {
                total_centroids: count("totalCentroids", self.total_centroids, 1)?,
                n_iter: count("tacNIter", self.tac_n_iter, 1)?,
                micro: count("tacMicroThreshold", self.tac_micro_threshold, 1)?,
                small: count("tacSmallThreshold", self.tac_small_threshold, 1)?,
                max_sample_size: count("maxSampleSize", self.max_sample_size, 1)?,
                seed: Some(seed),
            },
            pq: PqParams {
                sample_size: count("pqSampleSize", self.pq_sample_size, 1)?.unwrap_or(pq.sample_size),
                n_iter: count("pqNIter", self.pq_n_iter, 1)?.unwrap_or(pq.n_iter),
                subspaces: self.subspaces()?.unwrap_or(pq.subspaces),
                normalize: self.normalize.unwrap_or(pq.normalize),
                scale_norms: self.scale_norms.unwrap_or(pq.scale_norms),
                seed,
            },
            graph: GraphParams {
                m: count("hnswM", self.hnsw_m, 1)?.unwrap_or(graph.m),
                ef_construction: count("efConstruction", self.ef_construction, 1)?
                    .unwrap_or(graph.ef_construction),
                seed,
            },
            center: self.center_dataset.unwrap_or(true),
            exact_below: count("exactBelow", self.exact_below, 0)?.unwrap_or(build::DEFAULT_EXACT_BELOW),
            scan_below: count("scanBelow", self.scan_below, 0)?.unwrap_or(build::DEFAULT_SCAN_BELOW),
            grouped_from: build::DEFAULT_GROUPED_FROM,
            max_memory: whole("maxMemory", self.max_memory, 1, MAX_SAFE)?,
            codebooks: self.codebooks.as_deref().map(read_codebooks).transpose()?,
        })
    }
}

impl BuildParameters {
    fn subspaces(&self) -> Result<Option<usize>> {
        let refuse = |expected: &str, got: String| {
            Err(Error::Parameter { name: "quality", expected: expected.into(), got })
        };
        match (self.quality.as_deref(), count("pqSubspaces", self.pq_subspaces, 1)?) {
            (None, subspaces) => Ok(subspaces),
            (Some("standard"), None) => Ok(Some(32)),
            (Some("high"), None) => Ok(Some(64)),
            (Some(_), Some(subspaces)) => {
                refuse("quality or pqSubspaces, not both", format!("both, pqSubspaces {subspaces}"))
            }
            (Some(other), None) => refuse("\"standard\" or \"high\"", format!("\"{other}\"")),
        }
    }
}

fn read_codebooks(name: &str) -> Result<GivenCodebooks> {
    let matrix = Reader { folder: &std::env::temp_dir(), monitor: &Unwatched }.codebooks(name)?;
    Ok(GivenCodebooks { rows: matrix.to_vec(), dim: matrix.cols(), name: matrix.name().to_owned() })
}

/// Builds the index of `input` and writes it to the file `output`.
#[napi(ts_return_type = "Promise<void>")]
pub fn build_index(
    input: CorpusInput,
    output: String,
    parameters: BuildParameters,
    threads: Option<f64>,
    cancel_flag: u32,
    #[napi(
        ts_arg_type = "((stage: string, done: number, total: number, overall: number) => void) | undefined"
    )]
    on_progress: Option<OnProgress>,
) -> AsyncTask<Job<()>> {
    job(threads, move || {
        let watcher = Watcher::new(on_progress, cancel_flag);
        let params = parameters.resolve()?;
        let output = Path::new(&output);
        let folder = output.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        input.read(folder, &watcher, |corpus: &Corpus<'_>, given: Option<&GivenClusters<'_>>| {
            watcher.expect(build::estimate_corpus(corpus, &params).seconds);
            match given {
                None => build::build(corpus, &params, output, &watcher),
                Some(given) => build::build_from_tac(corpus, given, &params, output, &watcher),
            }
        })
    })
}

/// The resources that a build takes.
#[napi(object, object_from_js = false)]
pub struct BuildEstimate {
    /// Duration in seconds.
    pub seconds: f64,
    /// Maximum anonymous memory in bytes.
    pub memory_bytes: f64,
    /// Upper bound of the size of the index file in bytes.
    pub disk_bytes: f64,
    /// Bytes of the temporary copies of inputs that must be converted or inflated.
    pub temporary_bytes: f64,
    /// Number of coarse centroids; 0 if the corpus is stored whole.
    pub centroids: f64,
    /// The stages, in the order of the build.
    pub stages: Vec<StageEstimate>,
}

/// The duration of one stage of a build.
#[napi(object, object_from_js = false)]
pub struct StageEstimate {
    /// Name of the stage.
    pub stage: String,
    /// Duration in seconds.
    pub seconds: f64,
}

/// Estimates what `buildIndex` of the input takes, without building.
#[napi(ts_return_type = "Promise<BuildEstimate>")]
pub fn estimate_build(
    input: CorpusInput,
    parameters: BuildParameters,
    threads: Option<f64>,
) -> AsyncTask<Job<BuildEstimate>> {
    job(threads, move || {
        let params = parameters.resolve()?;
        input.read(&std::env::temp_dir(), &Unwatched, |corpus, _| {
            params.check(corpus.vectors.dim)?;
            let estimate = build::estimate_corpus(corpus, &params);
            let stages = Stage::ALL.iter().zip(estimate.seconds);
            Ok(BuildEstimate {
                seconds: estimate.seconds.iter().sum(),
                memory_bytes: estimate.memory as f64,
                disk_bytes: estimate.disk as f64,
                temporary_bytes: corpus.copied_bytes as f64,
                centroids: estimate.centroids as f64,
                stages: stages
                    .map(|(stage, seconds)| StageEstimate { stage: stage.name().to_owned(), seconds })
                    .collect(),
            })
        })
    })
}
