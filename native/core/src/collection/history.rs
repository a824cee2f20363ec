//! The versions of a collection: listing them, going back to one, and removing old ones.

use super::folder::{Collection, store_current};
use crate::format::Container;
use crate::index::manifest::{Manifest, PARTS, PartFile};
use crate::storage::remove_abandoned;
use crate::{Error, Result};
use std::collections::HashSet;
use std::fs;

/// A version of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionInfo {
    /// Its label.
    pub label: String,
    /// Whether it is current.
    pub current: bool,
    /// What it consists of; `None` for an index file, which holds codec and segment itself.
    pub manifest: Option<Manifest>,
    /// Length in bytes of its own file.
    pub bytes: u64,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Labels of the versions.
    pub versions: Vec<String>,
    /// Number of files of codecs and segments that no version names any more.
    pub parts: usize,
    /// Bytes of all files removed.
    pub bytes: u64,
}

impl Collection {
    /// All versions, oldest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Io`].
    pub fn versions(&self) -> Result<Vec<VersionInfo>> {
        let current = self.current()?;
        let version = |label: String| {
            let file = Container::open(self.path(&label)?)?;
            let manifest = Manifest::read(&file)?.map(|(manifest, _)| manifest);
            file.check_intact()?;
            Ok(VersionInfo { current: label == current, label, manifest, bytes: file.file_length() })
        };
        self.labels()?.into_iter().map(version).collect()
    }

    /// Makes an earlier (or later) version current: one move of the pointer.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such version; [`Error::Corrupt`], [`Error::Io`].
    pub fn rollback(&self, label: &str) -> Result<()> {
        let _lock = self.lock_changes()?;
        self.version(label)?;
        store_current(self.folder(), label)
    }

    /// Removes versions that changes made, but the current one, the `keep` newest of them and those in `in_use`; then the codecs and
    /// segments that no version names. Index files that were built stay, unless nothing but removed versions needs them and
    /// `built` says so. Removes nothing while segments are merged.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a version that stays cannot be read; [`Error::Io`].
    pub fn remove_versions(&self, keep: usize, in_use: &[String], built: bool) -> Result<Removed> {
        let _changes = self.lock_changes()?;
        let Some(_merges) = self.try_lock_merges()? else { return Ok(Removed::default()) };
        let versions = self.versions()?;
        let newest =
            versions.iter().filter(|v| v.manifest.is_some()).map(|v| v.label.clone()).collect::<Vec<_>>();
        let newest = &newest[newest.len().saturating_sub(keep)..];
        let mut stays: Vec<&VersionInfo> = versions
            .iter()
            .filter(|v| {
                v.current
                    || newest.contains(&v.label)
                    || in_use.contains(&v.label)
                    || (v.manifest.is_none() && !built)
            })
            .collect();
        let named: HashSet<String> =
            stays.iter().filter_map(|v| v.manifest.as_ref()).flat_map(names).collect();
        // An index file stays if a version that stays names it.
        stays.extend(
            versions
                .iter()
                .filter(|v| v.manifest.is_none() && named.contains(&format!("{}.maxsim", v.label))),
        );
        let stays: HashSet<&str> = stays.iter().map(|v| v.label.as_str()).collect();
        let mut removed = Removed::default();
        // First the manifests, then what only they named, index files among it: what a version names is there as long as the version is.
        let mut goes: Vec<&VersionInfo> =
            versions.iter().filter(|v| !stays.contains(v.label.as_str())).collect();
        goes.sort_by_key(|v| v.manifest.is_none());
        for version in goes {
            removed.bytes += remove(&self.path(&version.label)?)?;
            removed.versions.push(version.label.clone());
        }
        let parts = self.folder().join(PARTS);
        // What a killed change was writing: a manifest, or a part.
        remove_abandoned(self.folder())?;
        remove_abandoned(&parts)?;
        let listed = match fs::read_dir(&parts) {
            Ok(entries) => entries.collect::<std::io::Result<Vec<_>>>(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(e),
        };
        for entry in listed.map_err(|e| Error::io(&parts, "list", e))? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".maxsim") && !named.contains(&format!("{PARTS}/{name}")) {
                removed.bytes += remove(&entry.path())?;
                removed.parts += 1;
            }
        }
        Ok(removed)
    }
}

/// The files that a manifest names.
fn names(manifest: &Manifest) -> Vec<String> {
    let parts = manifest.segments.iter().map(|segment| &segment.part);
    parts.chain([&manifest.codec]).map(|part: &PartFile| part.file.clone()).collect()
}

/// Removes a file and the record of its verification; returns its length.
fn remove(path: &std::path::Path) -> Result<u64> {
    let io = |e| Error::io(path, "remove", e);
    let length = fs::metadata(path).map_err(io)?.len();
    fs::remove_file(path).map_err(io)?;
    let mut stamp = path.as_os_str().to_owned();
    stamp.push(".verified");
    // Without its file the record has no effect.
    _ = fs::remove_file(stamp);
    Ok(length)
}
