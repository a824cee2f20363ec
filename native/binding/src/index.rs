//! Opening, describing and copying indexes. The registry closes them.

use crate::errors::{fence, fence_core, fence_core_over, to_napi};
use crate::job::{Job, job, job_over};
use crate::numbers::{MAX_SAFE, whole};
use crate::progress::{OnProgress, Watcher};
use crate::registry::{find_index, insert_index};
use maxsimd_core::build::save;
use maxsimd_core::index::{Check, Index, Kind};
use maxsimd_core::monitor::{Monitor, Stage};
use napi::bindgen_prelude::{AsyncTask, Float32Array};
use napi_derive::napi;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Maps and checks the index file at `path`; resolves to the id of the open index.
#[napi(ts_return_type = "Promise<number>")]
pub fn open_index(path: String, full: bool) -> AsyncTask<Job<u32>> {
    let check = if full { Check::Full } else { Check::Quick };
    job(None, move || Index::open(&path, check).map(insert_index))
}

/// Checks every byte and value of an open index again, but for the bytes of files that were verified less than `recent_ms` ago.
#[napi(ts_return_type = "Promise<void>")]
pub fn verify_index(
    index_id: u32,
    recent_ms: f64,
    cancel_flag: u32,
    #[napi(
        ts_arg_type = "((stage: string, done: number, total: number, overall: number) => void) | undefined"
    )]
    on_progress: Option<OnProgress>,
) -> napi::Result<AsyncTask<Job<()>>> {
    let index = find_index(index_id)?;
    let recent = fence_core(|| whole("recentMs", Some(recent_ms), 0, MAX_SAFE))?.unwrap_or_default();
    let watcher = Watcher::new(on_progress, cancel_flag);
    // All of the work is one stage.
    watcher.expect(std::array::from_fn(|stage| if Stage::ALL[stage] == Stage::Check { 1.0 } else { 0.0 }));
    Ok(job_over(index, None, move |index| {
        index.verify(Duration::from_millis(recent), &|done, total| {
            watcher.progress(Stage::Check, done, total);
            !watcher.cancelled()
        })
    }))
}

/// Writes the index to the file `path`, which at every moment holds the old file or the whole new one. An index file is copied; a version
/// of several segments becomes one index file, without its deleted documents.
#[napi(ts_return_type = "Promise<void>")]
pub fn save_index(index_id: u32, path: String) -> napi::Result<AsyncTask<Job<()>>> {
    let index = find_index(index_id)?;
    Ok(job_over(index, None, move |index| save(index, Path::new(&path))))
}

/// The size of one part of an index.
#[napi(object, object_from_js = false)]
pub struct SpaceUsage {
    /// Name of the part.
    pub component: String,
    /// Size in bytes.
    pub bytes: f64,
}

/// Describes an index.
#[napi(object, object_from_js = false)]
pub struct IndexInfo {
    /// Path of the file.
    pub path: String,
    /// Number of documents, including documents without tokens.
    pub documents: f64,
    /// Number of deleted documents that the files still hold.
    pub deleted: f64,
    /// Number of segments.
    pub segments: u32,
    /// Number of token vectors, with those of deleted documents.
    pub tokens: f64,
    /// Number of values in a token vector.
    pub dim: u32,
    /// Number of coarse centroids; 0 if the index is small enough to be scanned exactly.
    pub centroids: f64,
    /// Number of residual codebooks; 0 if vectors are stored whole.
    pub pq_subspaces: u32,
    /// Size of the version's files in bytes.
    pub bytes: f64,
    /// Digest of the content, 64 hexadecimal digits.
    pub digest: String,
    /// Version of the file format.
    pub format_version: u32,
    /// Version of the software that wrote the file.
    pub writer_version: String,
    /// The parts in the order of the files; their sizes add up to `bytes`.
    pub space_usage: Vec<SpaceUsage>,
    /// The attributes of the documents, by name.
    #[napi(
        ts_type = "Record<string, 'keyword' | 'keywords' | 'integer' | 'float' | 'boolean' | 'timestamp'>"
    )]
    pub attributes: serde_json::Value,
    /// Resolved parameters and digests of the inputs.
    #[napi(ts_type = "Record<string, unknown>")]
    pub build_params: serde_json::Value,
}

/// Describes an open index.
#[napi]
pub fn index_info(index_id: u32) -> napi::Result<IndexInfo> {
    let index = find_index(index_id)?;
    fence_core_over(&index, || {
        let (meta, file) = (index.codec().meta(), index.file());
        let usage = index.space_usage().into_iter();
        Ok(IndexInfo {
            path: file.path().to_string_lossy().into_owned(),
            documents: index.documents() as f64,
            deleted: index.deleted() as f64,
            segments: index.segments().len() as u32,
            tokens: index.tokens() as f64,
            dim: meta.dim,
            centroids: meta.centroids as f64,
            pq_subspaces: meta.subspaces,
            bytes: index.bytes() as f64,
            digest: file.digest_hex(),
            format_version: maxsimd_core::format::FORMAT_VERSION,
            writer_version: file.writer_version().to_owned(),
            space_usage: usage
                .map(|part| SpaceUsage { component: part.component.to_owned(), bytes: part.bytes as f64 })
                .collect(),
            attributes: serde_json::to_value(index.schema()).unwrap_or_default(),
            build_params: serde_json::from_str(index.provenance()).unwrap_or_default(),
        })
    })
}

/// How well the codec of an index fits the tokens of one tier.
#[napi(object, object_from_js = false)]
pub struct Drift {
    /// The tier: tokens of types with one centroid, two, or more.
    #[napi(ts_type = "'micro' | 'small' | 'active'")]
    pub tier: String,
    /// Number of tokens in it.
    pub tokens: f64,
    /// Mean squared distance of the training tokens to their centroids.
    pub trained: f64,
    /// Mean squared distance of the index's tokens to their centroids.
    pub error: f64,
}

/// How well the codec still fits, tier by tier; empty for an exact index, or if the files do not say how the codec was trained.
#[napi(ts_return_type = "Promise<Drift[]>")]
pub fn index_drift(index_id: u32) -> napi::Result<AsyncTask<Job<Vec<Drift>>>> {
    let index = find_index(index_id)?;
    let drift = |of: maxsimd_core::index::Drift| Drift {
        tier: of.tier.to_owned(),
        tokens: of.tokens as f64,
        trained: of.trained,
        error: of.error,
    };
    Ok(job_over(index, None, move |index| Ok(index.drift().into_iter().map(drift).collect())))
}

/// Whether two open indexes are versions of one collection with the same codec, which is mapped once for both.
#[napi]
pub fn share_codec(index_id: u32, other_id: u32) -> napi::Result<bool> {
    let (index, other) = (find_index(index_id)?, find_index(other_id)?);
    Ok(Arc::ptr_eq(index.codec(), other.codec()))
}

/// The ids of documents, by their positions; empty text for a position that the index does not have.
#[napi]
pub fn document_ids(index_id: u32, positions: &[u32]) -> napi::Result<Vec<String>> {
    let index = find_index(index_id)?;
    let id = |&position: &u32| index.id_of(position as usize).into_owned();
    fence_core_over(&index, || Ok(positions.iter().map(id).collect()))
}

/// The fields of a document, a JSON object.
#[napi]
pub fn document_fields(index_id: u32, position: u32) -> napi::Result<String> {
    let index = find_index(index_id)?;
    let fields = fence(|| Ok(index.fields_of(position as usize).to_owned()));
    // Of one file: a large answer asks for the fields of thousands of documents.
    index.check_intact_at(position as usize).map_err(to_napi)?;
    fields
}

/// The position of the document with an id; null if there is no such document.
#[napi]
pub fn find_document(index_id: u32, id: String) -> napi::Result<Option<u32>> {
    let index = find_index(index_id)?;
    fence_core_over(&index, || Ok(index.find(&id).map(|position| position as u32)))
}

/// The number of documents that match a filter, in JSON, and have tokens.
#[napi]
pub fn count_documents(index_id: u32, filter: String) -> napi::Result<f64> {
    let index = find_index(index_id)?;
    fence_core_over(&index, || {
        Ok(index.select(Some(&filter))?.map_or(0, |selection| selection.count()) as f64)
    })
}

/// A document's token vectors as the index stores them, `[tokens][dim]`.
#[napi]
pub fn document_embeddings(index_id: u32, document: f64) -> napi::Result<Float32Array> {
    let index = find_index(index_id)?;
    fence_core_over(&index, || {
        let document = crate::numbers::count("docId", Some(document), 0)?.unwrap_or_default();
        index.document_embeddings(document).map(Float32Array::new)
    })
}

/// The residual codebooks of an open index, `[256][dim]`, and its rotation, `[dim][dim]`, if it has one; empty if it stores whole
/// vectors.
#[napi]
pub fn index_codebooks(index_id: u32) -> napi::Result<Float32Array> {
    let index = find_index(index_id)?;
    let rows = || match index.kind() {
        Kind::Exact => Vec::new(),
        Kind::Quantized => {
            [&index.codec().codebooks().rows()[..], index.codec().rotation_matrix().unwrap_or(&[])].concat()
        }
    };
    fence_core_over(&index, || Ok(Float32Array::new(rows())))
}

/// The share of one token type.
#[napi(object, object_from_js = false)]
pub struct TokenType {
    /// Vocabulary id.
    pub token_id: u32,
    /// Number of tokens.
    pub count: f64,
    /// Mean squared distance of its tokens to their mean.
    pub spread: f64,
    /// Number of its centroids.
    pub centroids: u32,
}

/// Token types of an open index; empty if the clustering was not token-aware.
#[napi]
pub fn index_types(index_id: u32) -> napi::Result<Vec<TokenType>> {
    let index = find_index(index_id)?;
    let codec = index.codec();
    let share = |t: usize| TokenType {
        token_id: codec.type_ids()[t],
        count: codec.type_counts()[t] as f64,
        spread: codec.type_spreads()[t],
        centroids: codec.type_centroids()[t + 1] - codec.type_centroids()[t],
    };
    fence_core_over(&index, || Ok((0..codec.type_ids().len()).map(share).collect()))
}
