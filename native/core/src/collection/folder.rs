//! The folder of a collection: labels, the pointer to the current version, and locks.

use crate::format::Container;
use crate::index::manifest::PARTS;
use crate::index::{Check, Index};
use crate::storage::AtomicFile;
use crate::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Name of the file with the label of the current version.
const CURRENT: &str = "current";
/// Name of the file that is locked while the collection is changed. It holds the number of the last change.
const CHANGES: &str = "change.lock";
const SUFFIX: &str = ".maxsim";
/// Longest label, as the server's names of versions.
const MAX_LABEL: usize = 63;

/// The versions of an index in a folder.
#[derive(Debug, Clone)]
pub struct Collection {
    folder: PathBuf,
}

impl Collection {
    /// The collection in `folder`, which has a current version.
    ///
    /// # Errors
    /// [`Error::Input`] if no version is current; [`Error::Io`].
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let collection = Self { folder: folder.into() };
        collection.current()?;
        Ok(collection)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Label of the current version.
    ///
    /// # Errors
    /// [`Error::Input`] if there is none; [`Error::Io`].
    pub fn current(&self) -> Result<String> {
        let path = self.folder.join(CURRENT);
        match fs::read_to_string(&path) {
            Ok(text) if is_label(text.trim()) => Ok(text.trim().to_owned()),
            Ok(text) => Err(self.fault("current version", "the label of a version", format!("{text:?}"))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(self.fault(
                "current version",
                "a file `current` with the label of a version",
                "no such file",
            )),
            Err(e) => Err(Error::io(path, "read", e)),
        }
    }

    fn fault(&self, what: &'static str, expected: &str, got: impl Into<String>) -> Error {
        Error::input(self.folder.display().to_string(), what, expected, got)
    }

    /// Path of a version's file.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a text that is not a label.
    pub fn path(&self, label: &str) -> Result<PathBuf> {
        if !is_label(label) {
            let expected =
                "1 to 63 of the characters a-z, 0-9, '.', '_' and '-', the first a letter or digit".into();
            return Err(Error::Parameter { name: "version", expected, got: format!("{label:?}") });
        }
        Ok(self.folder.join(format!("{label}{SUFFIX}")))
    }

    /// Opens a version; every byte of its files is checked once.
    ///
    /// # Errors
    /// As [`Index::open`]; [`Error::Parameter`] if there is no such version.
    pub fn version(&self, label: &str) -> Result<Index> {
        let path = self.path(label)?;
        if !path.is_file() {
            let expected = format!("one of the versions {}", self.labels()?.join(", "));
            return Err(Error::Parameter { name: "version", expected, got: format!("{label:?}") });
        }
        Index::open(path, Check::Full)
    }

    /// Labels of all versions: files that were built first, then each with those that changes made of it, oldest first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn labels(&self) -> Result<Vec<String>> {
        let io = |e| Error::io(&self.folder, "list", e);
        let mut labels = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(io)? {
            let name = entry.map_err(io)?.file_name();
            let label =
                name.to_str().and_then(|name| name.strip_suffix(SUFFIX)).filter(|label| is_label(label));
            labels.extend(label.map(str::to_owned));
        }
        labels.sort_by_key(|label| {
            let (name, number) = split(label);
            (name.to_owned(), number)
        });
        Ok(labels)
    }

    /// A label that no version has had, for a change of version `label`. Changes of all names are numbered together. The lock of changes is
    /// held; its file keeps the last number, because the version that had it may be removed.
    pub(super) fn next_label(&self, label: &str) -> Result<String> {
        let (path, mut file) = self.lock_file(CHANGES)?;
        let kept = fs::read_to_string(&path).map_err(|e| Error::io(&path, "read", e))?;
        let kept: u64 = kept.trim().parse().unwrap_or(0);
        let labels = self.labels()?;
        let used = labels.iter().map(|label| split(label).1).max().unwrap_or(0);
        let number = kept.max(used) + 1;
        let next = format!("{}.{number}", split(label).0);
        if next.len() > MAX_LABEL {
            return Err(self.fault(
                "label",
                "at most 63 characters for the next version",
                next.len().to_string(),
            ));
        }
        // Numbers only grow, so the new one covers the old.
        let written = file.write_all(format!("{number}\n").as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|e| Error::io(&path, "write", e))?;
        Ok(next)
    }

    /// The folder of codecs and segments; made if it is missing. Its name is durable with that of the manifest which is written after it.
    pub(super) fn parts(&self) -> Result<PathBuf> {
        let parts = self.folder.join(PARTS);
        fs::create_dir_all(&parts).map_err(|e| Error::io(&parts, "create", e))?;
        Ok(parts)
    }

    /// Writes a part with `write`, which returns its digest, and gives it its name. Returns name and digest.
    pub(super) fn write_part(&self, write: impl FnOnce(&Path) -> Result<String>) -> Result<(String, String)> {
        let parts = self.parts()?;
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let unnamed = parts.join(format!("new-{}-{number}{SUFFIX}", std::process::id()));
        let digest = write(&unnamed)?;
        let name = format!("{digest}{SUFFIX}");
        let path = parts.join(&name);
        fs::rename(&unnamed, &path).map_err(|e| Error::io(&path, "rename", e))?;
        File::open(&parts).and_then(|folder| folder.sync_all()).map_err(|e| Error::io(&parts, "sync", e))?;
        Ok((format!("{PARTS}/{name}"), digest))
    }

    /// The file of a version that is an index file itself, as manifests name it.
    pub(super) fn whole_file(file: &Container) -> String {
        file.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Waits until no other change is going on, and keeps others waiting until the lock is dropped.
    pub(super) fn lock_changes(&self) -> Result<File> {
        let (path, file) = self.lock_file(CHANGES)?;
        file.lock().map_err(|e| Error::io(&path, "lock", e))?;
        Ok(file)
    }

    /// As [`Self::lock_changes`], for merging segments; `None` if another merge is going on.
    pub(super) fn try_lock_merges(&self) -> Result<Option<File>> {
        let (path, file) = self.lock_file("merge.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(e)) => Err(Error::io(&path, "lock", e)),
        }
    }

    fn lock_file(&self, name: &str) -> Result<(PathBuf, File)> {
        let path = self.folder.join(name);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        file.map_err(|e| Error::io(&path, "open", e)).map(|file| (path, file))
    }
}

/// Stores in `folder` that the version with this label is current, durably. Whether there is such a version is not checked.
///
/// # Errors
/// [`Error::Io`]. The pointer is then as it was, unless only syncing the folder failed: it is then changed, but a power failure may undo
/// that.
pub fn store_current(folder: &Path, label: &str) -> Result<()> {
    let mut file = AtomicFile::create(folder.join(CURRENT))?;
    file.write_all(format!("{label}\n").as_bytes())?;
    file.commit()
}

/// Whether a text can be a label.
fn is_label(text: &str) -> bool {
    let letter = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.len() <= MAX_LABEL
        && bytes.first().is_some_and(|&first| letter(first))
        && bytes.iter().all(|&c| letter(c) || b"._-".contains(&c))
}

/// A label's name, and the number of the change that made it; 0 for one that was built.
pub(super) fn split(label: &str) -> (&str, u64) {
    match label.rsplit_once('.') {
        Some((name, number)) if !name.is_empty() && number.bytes().all(|c| c.is_ascii_digit()) => {
            number.parse().map_or((label, 0), |number| (name, number))
        }
        _ => (label, 0),
    }
}
