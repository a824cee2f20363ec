//! Opening, describing, copying and closing indexes.

use crate::cancel_flags::polled;
use crate::fence::{fence, fence_core};
use crate::registry;
use maxsimd_core::index::{Check, Index, Kind};
use maxsimd_core::storage::AtomicFile;
use napi::bindgen_prelude::{AsyncTask, Float32Array};
use napi::{Env, Task};
use napi_derive::napi;
use serde_json::{Value, json};

/// Opens an index off the event loop.
pub struct OpenTask {
    path: String,
    check: Check,
}

impl Task for OpenTask {
    type Output = u32;
    type JsValue = u32;

    fn compute(&mut self) -> napi::Result<u32> {
        fence_core(|| Index::open(&self.path, self.check)).map(registry::enter)
    }

    fn resolve(&mut self, _: Env, id: u32) -> napi::Result<u32> {
        Ok(id)
    }
}

/// Maps and checks the segment at `path`; resolves to the index's id.
#[napi(ts_return_type = "Promise<number>")]
pub fn open_index(path: String, full: bool) -> AsyncTask<OpenTask> {
    AsyncTask::new(OpenTask { path, check: if full { Check::Full } else { Check::Quick } })
}

/// Checks every byte and value of an open index again.
pub struct VerifyTask {
    index_id: u32,
    cancel_flag: u32,
}

impl Task for VerifyTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        let index = registry::find(self.index_id)?;
        let cancelled = polled(self.cancel_flag);
        fence_core(|| index.verify(&|_, _| !cancelled()))
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// Checks every byte and value of an open index again.
#[napi(ts_return_type = "Promise<void>")]
pub fn verify_index(index_id: u32, cancel_flag: u32) -> AsyncTask<VerifyTask> {
    AsyncTask::new(VerifyTask { index_id, cancel_flag })
}

/// Copies an open index's segment.
pub struct SaveTask {
    index_id: u32,
    path: String,
}

impl Task for SaveTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        let index = registry::find(self.index_id)?;
        fence_core(|| {
            let mut copy = AtomicFile::create(&self.path)?;
            // In parts, so that no more than one is in memory beside the map.
            for part in index.segment().file().bytes().chunks(8 << 20) {
                copy.write_all(part)?;
            }
            copy.commit()
        })
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// Writes the index's segment to `path`, which holds the old file or the whole new one at every moment.
#[napi(ts_return_type = "Promise<void>")]
pub fn save_index(index_id: u32, path: String) -> AsyncTask<SaveTask> {
    AsyncTask::new(SaveTask { index_id, path })
}

/// Describes an open index, as JSON.
#[napi]
pub fn index_info(index_id: u32) -> napi::Result<String> {
    fence(|| {
        let index = registry::find(index_id)?;
        let (meta, segment) = (index.meta(), index.segment());
        let usage: Vec<Value> = index
            .space_usage()
            .into_iter()
            .map(|part| json!({ "component": part.component, "bytes": part.bytes }))
            .collect();
        let provenance: Value = serde_json::from_str(index.provenance()).unwrap_or(Value::Null);
        Ok(json!({
            "path": segment.path().to_string_lossy(),
            "documents": meta.documents,
            "tokens": meta.tokens,
            "dim": meta.dim,
            "centroids": meta.centroids,
            "pqSubspaces": meta.subspaces,
            "bytes": segment.len(),
            "digest": segment.digest_hex(),
            "formatVersion": maxsimd_core::format::FORMAT_VERSION,
            "writerVersion": segment.writer_version(),
            "spaceUsage": usage,
            "buildParams": provenance,
        })
        .to_string())
    })
}

/// A document's token vectors as the index knows them, `[tokens][dim]`.
#[napi]
pub fn document_embeddings(index_id: u32, document: u32) -> napi::Result<Float32Array> {
    let index = registry::find(index_id)?;
    fence_core(|| index.document_embeddings(document as usize)).map(Float32Array::new)
}

/// The residual codebooks of an open index, `[256][dim]`; empty in one that keeps whole vectors.
#[napi]
pub fn index_codebooks(index_id: u32) -> napi::Result<Float32Array> {
    let index = registry::find(index_id)?;
    fence_core(|| Ok(if index.kind() == Kind::Exact { Vec::new() } else { index.codebooks().rows() }))
        .map(Float32Array::new)
}

/// Token types of an open index, as JSON: `[token id, tokens, spread, centroids]` each.
#[napi]
pub fn index_types(index_id: u32) -> napi::Result<String> {
    fence(|| {
        let index = registry::find(index_id)?;
        let types: Vec<Value> = (0..index.type_ids().len())
            .map(|t| {
                let bounds = &index.type_centroids()[t..t + 2];
                json!([
                    index.type_ids()[t],
                    index.type_counts()[t],
                    index.type_spreads()[t],
                    bounds[1] - bounds[0]
                ])
            })
            .collect();
        Ok(Value::from(types).to_string())
    })
}

/// Takes the index out of service; whether it was open. It is unmapped when its last searcher lets go.
#[napi]
pub fn close_index(index_id: u32) -> bool {
    registry::remove(index_id)
}
