//! Whole batches off the event loop: through an index, or by exact MaxSim.

use crate::arrays::read_tokens;
use crate::cancel_flags::polled;
use crate::fence::fence;
use crate::params::NativeSearchParams;
use crate::{pool, registry};
use maxsimd_core::corpus::CorpusFiles;
use maxsimd_core::input::Reader;
use maxsimd_core::monitor::Unwatched;
use maxsimd_core::search::{Queries, SearchParams, exact_max_sim, search_batch};
use napi::bindgen_prelude::{AsyncTask, BigUint64Array, Float32Array, Uint8Array, Uint32Array};
use napi::{Env, Task};
use napi_derive::napi;

/// Scores and document ids, `[queries][k]`.
#[napi(object)]
pub struct NativeBatchResult {
    /// MaxSim scores; −∞ in unfilled places.
    pub scores: Float32Array,
    /// Document ids; 4294967295 in unfilled places.
    pub doc_ids: Uint32Array,
}

/// What is searched.
enum Target {
    Index { id: u32, params: SearchParams },
    Vectors { vectors: String, doclens: String, k: usize },
}

/// Answers a batch.
pub struct BatchTask {
    target: Target,
    tokens: Uint8Array,
    half: bool,
    /// Number of equally long queries, or the bounds of each.
    shape: Result<u32, BigUint64Array>,
    threads: u32,
    cancel_flag: u32,
}

impl BatchTask {
    fn queries<'a>(&self, tokens: &'a [f32], dim: usize) -> maxsimd_core::Result<Queries<'a>> {
        match &self.shape {
            Ok(n) => Queries::uniform(tokens, *n as usize, dim),
            Err(offsets) => Queries::ragged(tokens, offsets, dim),
        }
    }

    fn run(
        &self,
        tokens: &[f32],
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> napi::Result<(Vec<f32>, Vec<u32>)> {
        match &self.target {
            Target::Index { id, params } => {
                let index = registry::find(*id)?;
                pool::run(self.threads, || {
                    search_batch(&index, &self.queries(tokens, index.dim())?, params, cancelled)
                })
            }
            Target::Vectors { vectors, doclens, k } => pool::run(self.threads, || {
                let reader = Reader { folder: &std::env::temp_dir(), monitor: &Unwatched };
                let files = CorpusFiles::open(&reader, vectors, None, Some(doclens))?;
                let corpus = files.corpus(&Unwatched)?;
                let queries = self.queries(tokens, corpus.vectors.dim)?;
                exact_max_sim(corpus.vectors, &corpus.doc_offsets, &queries, *k, cancelled)
            }),
        }
    }
}

impl Task for BatchTask {
    type Output = (Vec<f32>, Vec<u32>);
    type JsValue = NativeBatchResult;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        fence(|| {
            let mut tokens = Vec::new();
            read_tokens(&self.tokens, self.half, &mut tokens).map_err(crate::errors::to_napi)?;
            self.run(&tokens, &polled(self.cancel_flag))
        })
    }

    fn resolve(&mut self, _: Env, (scores, doc_ids): Self::Output) -> napi::Result<NativeBatchResult> {
        Ok(NativeBatchResult { scores: Float32Array::new(scores), doc_ids: Uint32Array::new(doc_ids) })
    }
}

/// Answers many queries from an open index.
#[napi(ts_return_type = "Promise<NativeBatchResult>")]
#[allow(clippy::too_many_arguments, reason = "one private caller in TypeScript, which names each")]
pub fn batch_search(
    index_id: u32,
    tokens: Uint8Array,
    half: bool,
    queries: u32,
    offsets: Option<BigUint64Array>,
    params: NativeSearchParams,
    threads: u32,
    cancel_flag: u32,
) -> AsyncTask<BatchTask> {
    let target = Target::Index { id: index_id, params: params.into() };
    AsyncTask::new(BatchTask {
        target,
        tokens,
        half,
        shape: offsets.map_or(Ok(queries), Err),
        threads,
        cancel_flag,
    })
}

/// Answers many queries by exact MaxSim over the vectors in a file.
#[napi(ts_return_type = "Promise<NativeBatchResult>")]
#[allow(clippy::too_many_arguments, reason = "one private caller in TypeScript, which names each")]
pub fn exact_search(
    vectors: String,
    doclens: String,
    tokens: Uint8Array,
    half: bool,
    offsets: BigUint64Array,
    k: u32,
    threads: u32,
    cancel_flag: u32,
) -> AsyncTask<BatchTask> {
    let target = Target::Vectors { vectors, doclens, k: k as usize };
    AsyncTask::new(BatchTask { target, tokens, half, shape: Err(offsets), threads, cancel_flag })
}
