//! Building an index off the event loop.

use crate::fence::{fence, fence_core};
use crate::pool;
use crate::progress::{OnProgress, Watcher};
use half::f16;
use maxsimd_core::build::{self, BuildParams, GivenClusters, GivenCodebooks};
use maxsimd_core::cluster::TacParams;
use maxsimd_core::corpus::{Corpus, CorpusFiles, InputNames, TokenVectors};
use maxsimd_core::graph::GraphParams;
use maxsimd_core::input::Reader;
use maxsimd_core::monitor::{Monitor, Stage, Unwatched};
use maxsimd_core::quantize::PqParams;
use napi::bindgen_prelude::{AsyncTask, Int32Array, Uint16Array, Uint32Array};
use napi::{Env, Task};
use napi_derive::napi;
use serde_json::json;
use std::borrow::Cow;
use std::path::Path;

/// Build options; what is absent is resolved from the data. The TypeScript side has checked that counts are whole.
#[napi(object)]
#[derive(Clone, Default)]
pub struct NativeBuildOptions {
    /// See `BuildOptions` in TypeScript, as all the others.
    pub total_centroids: Option<u32>,
    #[allow(missing_docs)]
    pub tac_n_iter: Option<u32>,
    #[allow(missing_docs)]
    pub tac_micro_threshold: Option<u32>,
    #[allow(missing_docs)]
    pub tac_small_threshold: Option<u32>,
    #[allow(missing_docs)]
    pub max_sample_size: Option<u32>,
    #[allow(missing_docs)]
    pub pq_sample_size: Option<u32>,
    #[allow(missing_docs)]
    pub pq_n_iter: Option<u32>,
    #[allow(missing_docs)]
    pub normalize: Option<bool>,
    #[allow(missing_docs)]
    pub scale_norms: Option<bool>,
    #[allow(missing_docs)]
    pub pq_seed: Option<f64>,
    #[allow(missing_docs)]
    pub pq_subspaces: Option<u32>,
    #[allow(missing_docs)]
    pub hnsw_m: Option<u32>,
    #[allow(missing_docs)]
    pub ef_construction: Option<u32>,
    #[allow(missing_docs)]
    pub center_dataset: Option<bool>,
    #[allow(missing_docs)]
    pub exact_below: Option<u32>,
    #[allow(missing_docs)]
    pub max_memory: Option<f64>,
    #[allow(missing_docs)]
    pub codebooks: Option<String>,
}

impl NativeBuildOptions {
    fn resolve(&self) -> maxsimd_core::Result<BuildParams> {
        let size = |value: Option<u32>| value.map(|value| value as usize);
        let (pq, graph) = (PqParams::default(), GraphParams::default());
        let seed = self.pq_seed.map_or(pq.seed, |seed| seed as u64);
        Ok(BuildParams {
            tac: TacParams {
                total_centroids: size(self.total_centroids),
                n_iter: size(self.tac_n_iter),
                micro: size(self.tac_micro_threshold),
                small: size(self.tac_small_threshold),
                max_sample_size: size(self.max_sample_size),
                seed: Some(seed),
            },
            pq: PqParams {
                sample_size: size(self.pq_sample_size).unwrap_or(pq.sample_size),
                n_iter: size(self.pq_n_iter).unwrap_or(pq.n_iter),
                subspaces: size(self.pq_subspaces).unwrap_or(pq.subspaces),
                normalize: self.normalize.unwrap_or(pq.normalize),
                scale_norms: self.scale_norms.unwrap_or(pq.scale_norms),
                seed,
            },
            graph: GraphParams {
                m: size(self.hnsw_m).unwrap_or(graph.m),
                ef_construction: size(self.ef_construction).unwrap_or(graph.ef_construction),
                seed,
            },
            center: self.center_dataset.unwrap_or(true),
            exact_below: size(self.exact_below).unwrap_or(build::DEFAULT_EXACT_BELOW),
            max_memory: self.max_memory.map(|bytes| bytes as u64),
            codebooks: self.codebooks.as_deref().map(read_codebooks).transpose()?,
        })
    }
}

fn read_codebooks(path: &str) -> maxsimd_core::Result<GivenCodebooks> {
    let matrix = Reader { folder: &std::env::temp_dir(), monitor: &Unwatched }.codebooks(path)?;
    Ok(GivenCodebooks { rows: matrix.to_vec(), dim: matrix.cols(), name: matrix.name().to_owned() })
}

/// Where the input is.
enum Input {
    Files { vectors: String, token_ids: Option<String>, doclens: String, clusters: Option<(String, String)> },
    Arrays { vectors: Uint16Array, dim: u32, token_ids: Option<Uint32Array>, doclens: Int32Array },
}

/// Builds an index.
pub struct BuildTask {
    input: Input,
    output: String,
    options: NativeBuildOptions,
    threads: u32,
    told: Option<OnProgress>,
    cancel_flag: u32,
}

impl Task for BuildTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        let watcher = Watcher::new(self.told.take(), self.cancel_flag);
        let params = fence_core(|| self.options.resolve())?;
        let output = Path::new(&self.output);
        let folder = output.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let work = |corpus: &Corpus<'_>, given: Option<&GivenClusters<'_>>| {
            watcher.expect(build::estimate_corpus(corpus, &params).seconds);
            match given {
                None => build::build(corpus, &params, output, &watcher),
                Some(given) => build::build_from_tac(corpus, given, &params, output, &watcher),
            }
        };
        fence(|| pool::run(self.threads, || self.input.read(folder, &watcher, work)))
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// Estimates a build.
pub struct EstimateTask {
    input: Input,
    options: NativeBuildOptions,
    threads: u32,
}

impl Task for EstimateTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> napi::Result<String> {
        let params = fence_core(|| self.options.resolve())?;
        let (estimate, temporary) = fence(|| {
            pool::run(self.threads, || {
                self.input.read(&std::env::temp_dir(), &Unwatched, |corpus, _| {
                    params.check(corpus.vectors.dim)?;
                    Ok((build::estimate_corpus(corpus, &params), corpus.copied_bytes))
                })
            })
        })?;
        let stages: Vec<_> = Stage::ALL
            .iter()
            .zip(estimate.seconds)
            .map(|(stage, seconds)| json!({ "stage": stage.name(), "seconds": seconds }))
            .collect();
        Ok(json!({
            "seconds": estimate.seconds.iter().sum::<f64>(),
            "memoryBytes": estimate.memory,
            "diskBytes": estimate.disk,
            "temporaryBytes": temporary,
            "centroids": estimate.centroids,
            "stages": stages,
        })
        .to_string())
    }

    fn resolve(&mut self, _: Env, estimate: String) -> napi::Result<String> {
        Ok(estimate)
    }
}

/// Says what a build of these files would take, as JSON.
#[napi(ts_return_type = "Promise<string>")]
pub fn estimate_build(
    vectors: String,
    token_ids: Option<String>,
    doclens: String,
    options: NativeBuildOptions,
    threads: u32,
) -> AsyncTask<EstimateTask> {
    let input = Input::Files { vectors, token_ids, doclens, clusters: None };
    AsyncTask::new(EstimateTask { input, options, threads })
}

impl Input {
    /// Opens and checks the input, and hands it to `work`. Converted inputs go to temporary files in `folder`.
    fn read<T>(
        &self,
        folder: &Path,
        monitor: &dyn Monitor,
        work: impl FnOnce(&Corpus<'_>, Option<&GivenClusters<'_>>) -> maxsimd_core::Result<T>,
    ) -> maxsimd_core::Result<T> {
        match self {
            Self::Files { vectors, token_ids, doclens, clusters } => {
                let reader = Reader { folder, monitor };
                let files = CorpusFiles::open(&reader, vectors, token_ids.as_deref(), Some(doclens))?;
                let corpus = files.corpus(monitor)?;
                let Some((centroids, assignments)) = clusters else { return work(&corpus, None) };
                let centroids = reader.centroids(centroids)?;
                let dim = corpus.vectors.dim;
                if centroids.cols() != dim {
                    return Err(centroids.fault("dim", dim.to_string(), centroids.cols().to_string()));
                }
                let assignments = reader.assignments(assignments)?;
                let given = GivenClusters {
                    centroids: &centroids,
                    assignments: &assignments,
                    centroids_name: centroids.name().to_owned(),
                    assignments_name: assignments.name().to_owned(),
                };
                work(&corpus, Some(&given))
            }
            Self::Arrays { vectors, dim, token_ids, doclens } => {
                let names = InputNames::default();
                let values: &[f16] = bytemuck::cast_slice(vectors.as_ref());
                let lengths = non_negative(doclens, &names.doclens)?;
                let token_vectors = TokenVectors { values, dim: *dim as usize };
                let ids = token_ids.as_ref().map(|ids| Cow::Borrowed(ids.as_ref()));
                let corpus = Corpus::new(token_vectors, ids, &lengths, &names, monitor)?;
                work(&corpus, None)
            }
        }
    }
}

fn non_negative(doclens: &[i32], name: &str) -> maxsimd_core::Result<Vec<u32>> {
    doclens
        .iter()
        .enumerate()
        .map(|(row, &length)| {
            u32::try_from(length).map_err(|_| maxsimd_core::Error::Input {
                input: name.to_owned(),
                what: "values",
                expected: "lengths from 0 up".into(),
                got: format!("{length} in row {row}"),
            })
        })
        .collect()
}

/// Builds from arrays in files; with `centroids` and `assignments` from clusters made earlier.
#[napi(ts_return_type = "Promise<void>")]
#[allow(clippy::too_many_arguments, reason = "one private caller in TypeScript, which names each")]
pub fn build_from_files(
    vectors: String,
    token_ids: Option<String>,
    doclens: String,
    centroids: Option<String>,
    assignments: Option<String>,
    output: String,
    options: NativeBuildOptions,
    threads: u32,
    cancel_flag: u32,
    told: Option<OnProgress>,
) -> AsyncTask<BuildTask> {
    let input = Input::Files { vectors, token_ids, doclens, clusters: centroids.zip(assignments) };
    AsyncTask::new(BuildTask { input, output, options, threads, told, cancel_flag })
}

/// Builds from arrays, which must not change before the promise settles.
#[napi(ts_return_type = "Promise<void>")]
#[allow(clippy::too_many_arguments, reason = "one private caller in TypeScript, which names each")]
pub fn build_from_arrays(
    vectors: Uint16Array,
    dim: u32,
    token_ids: Option<Uint32Array>,
    doclens: Int32Array,
    output: String,
    options: NativeBuildOptions,
    threads: u32,
    cancel_flag: u32,
    told: Option<OnProgress>,
) -> AsyncTask<BuildTask> {
    let input = Input::Arrays { vectors, dim, token_ids, doclens };
    AsyncTask::new(BuildTask { input, output, options, threads, told, cancel_flag })
}
