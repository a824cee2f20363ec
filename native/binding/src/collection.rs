//! Collections: documents are added to and removed from an index, version by version.

use crate::input::CorpusInput;
use crate::job::{Job, background_job, job};
use crate::numbers::count;
use crate::progress::Watcher;
use maxsimd_core::collection::{self, Collection, Delete};
use maxsimd_core::{Error, Result};
use napi::bindgen_prelude::{AsyncTask, Either};
use napi_derive::napi;
use std::path::Path;

/// What a change did.
#[napi(object, object_from_js = false)]
pub struct Change {
    /// Label of the version that it made, which is current now; that of the version before, if nothing was to be changed.
    pub version: String,
    /// Number of documents added.
    pub added: f64,
    /// Number of documents deleted or replaced.
    pub deleted: f64,
}

impl From<collection::Change> for Change {
    fn from(change: collection::Change) -> Self {
        Self { version: change.version, added: change.added as f64, deleted: change.deleted as f64 }
    }
}

/// A version of a collection.
#[napi(object, object_from_js = false)]
pub struct CollectionVersion {
    /// Its label.
    pub version: String,
    /// Whether it is current.
    pub current: bool,
    /// Number of documents; absent for an index file that was built.
    pub documents: Option<f64>,
    /// Number of deleted documents that its files still hold.
    pub deleted: f64,
    /// Number of segments.
    pub segments: u32,
    /// Label of the version from which it was made; absent for an index file that was built.
    pub parent: Option<String>,
    /// When it was made, RFC 3339; absent for an index file that was built.
    pub made: Option<String>,
    /// What made it.
    pub change: String,
}

/// What a removal of versions removed.
#[napi(object, object_from_js = false)]
pub struct Removed {
    /// Labels of the versions.
    pub versions: Vec<String>,
    /// Number of files of codecs and segments.
    pub parts: u32,
    /// Bytes of all files.
    pub bytes: f64,
}

/// Label of the current version of the collection in `folder`.
#[napi(ts_return_type = "Promise<string>")]
pub fn collection_current(folder: String) -> AsyncTask<Job<String>> {
    job(None, move || Collection::open(folder)?.current())
}

/// Stores in `folder` that a version is current, durably.
#[napi(ts_return_type = "Promise<void>")]
pub fn collection_store_current(folder: String, version: String) -> AsyncTask<Job<()>> {
    job(None, move || collection::store_current(Path::new(&folder), &version))
}

/// Adds documents to a collection, or replaces those whose ids exist, as one change.
#[napi(ts_return_type = "Promise<Change>")]
pub fn collection_upsert(
    folder: String,
    input: CorpusInput,
    base: Option<String>,
    threads: Option<f64>,
    cancel_flag: u32,
) -> AsyncTask<Job<Change>> {
    background_job(threads, move || {
        let collection = Collection::open(&folder)?;
        let watcher = Watcher::new(None, cancel_flag);
        input.read(Path::new(&folder), &watcher, |corpus, _| {
            Ok(collection.upsert(corpus, base.as_deref(), &watcher)?.into())
        })
    })
}

/// Deletes the documents with these ids, or that match this filter in JSON, as one change.
#[napi(ts_return_type = "Promise<Change>")]
pub fn collection_delete(
    folder: String,
    what: Either<Vec<String>, String>,
    base: Option<String>,
) -> AsyncTask<Job<Change>> {
    job(None, move || {
        let what = match &what {
            Either::A(ids) => Delete::Ids(ids),
            Either::B(filter) => Delete::Filter(filter),
        };
        Ok(Collection::open(folder)?.delete(what, base.as_deref())?.into())
    })
}

/// Merges segments of a collection; with `all` every segment into one. Resolves to null if there was nothing to do.
#[napi(ts_return_type = "Promise<Change | null>")]
pub fn collection_compact(
    folder: String,
    all: bool,
    threads: Option<f64>,
    cancel_flag: u32,
) -> AsyncTask<Job<Option<Change>>> {
    background_job(threads, move || {
        let watcher = Watcher::new(None, cancel_flag);
        Ok(Collection::open(folder)?.compact(all, &watcher)?.map(Change::from))
    })
}

/// The versions of a collection, oldest first.
#[napi(ts_return_type = "Promise<CollectionVersion[]>")]
pub fn collection_versions(folder: String) -> AsyncTask<Job<Vec<CollectionVersion>>> {
    job(None, move || {
        let version = |version: collection::VersionInfo| {
            let (label, current) = (version.label, version.current);
            let Some(manifest) = version.manifest else {
                return CollectionVersion {
                    version: label,
                    current,
                    documents: None,
                    deleted: 0.0,
                    segments: 1,
                    parent: None,
                    made: None,
                    change: "build".into(),
                };
            };
            let sum = |of: fn(&maxsimd_core::index::manifest::SegmentEntry) -> u64| {
                manifest.segments.iter().map(of).sum::<u64>() as f64
            };
            CollectionVersion {
                version: label,
                current,
                documents: Some(sum(|segment| segment.documents - segment.deleted)),
                deleted: sum(|segment| segment.deleted),
                segments: manifest.segments.len() as u32,
                parent: Some(manifest.parent),
                made: Some(manifest.made),
                change: manifest.change,
            }
        };
        Ok(Collection::open(folder)?.versions()?.into_iter().map(version).collect())
    })
}

/// Makes a version current.
#[napi(ts_return_type = "Promise<void>")]
pub fn collection_rollback(folder: String, version: String) -> AsyncTask<Job<()>> {
    job(None, move || Collection::open(folder)?.rollback(&version))
}

/// Removes versions but the current one, the `keep` newest and those in `in_use`; with `built` also index files that were built and that no
/// version needs.
#[napi(ts_return_type = "Promise<Removed>")]
pub fn collection_remove_versions(
    folder: String,
    keep: f64,
    in_use: Vec<String>,
    built: bool,
) -> AsyncTask<Job<Removed>> {
    job(None, move || -> Result<Removed> {
        let keep = count("keep", Some(keep), 0)?.unwrap_or_default();
        let removed = Collection::open(folder)?.remove_versions(keep, &in_use, built)?;
        let parts = u32::try_from(removed.parts).map_err(|_| Error::Parameter {
            name: "keep",
            expected: "fewer than 2^32 files to remove".into(),
            got: removed.parts.to_string(),
        })?;
        Ok(Removed { versions: removed.versions, parts, bytes: removed.bytes as f64 })
    })
}
