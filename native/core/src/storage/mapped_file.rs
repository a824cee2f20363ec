//! A file mapped into memory, read-only.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[cfg(unix)]
use memmap2::UncheckedAdvice;
use memmap2::{Advice, Mmap, MmapOptions};

use super::guard::GuardedRange;
use crate::{Error, Result};

/// Identifies a state of a file without reading its content: any change of the file changes at least one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdentity {
    /// The device the file lies on.
    pub device: u64,
    /// Its inode.
    pub inode: u64,
    /// Its length in bytes.
    pub size: u64,
    /// Last modification of the content, in nanoseconds since 1970. The file's owner can set it.
    pub mtime_ns: i128,
    /// Last change of content or inode, in nanoseconds since 1970. No user can set it.
    pub ctime_ns: i128,
    /// Number of names that it has.
    pub links: u64,
}

impl FileIdentity {
    fn of(metadata: &Metadata) -> Self {
        let nanoseconds = |s: i64, ns: i64| i128::from(s) * 1_000_000_000 + i128::from(ns);
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            links: metadata.nlink(),
        }
    }

    /// Whether the file got or lost a name since `before`, and neither its size nor the time of its last write is another. Then that is what
    /// changed its ctime, unless somebody wrote to it, set its modification time back, and added or removed a name.
    pub fn only_links_differ(&self, before: &Self) -> bool {
        self.links != before.links && *self == Self { ctime_ns: self.ctime_ns, links: self.links, ..*before }
    }
}

/// A regular file, mapped read-only over the whole length that it had when it was opened.
///
/// Renaming another file over it does not change the map. After the file is truncated in place, reads beyond the new end
/// raise SIGBUS, unless the file is [guarded](Self::guarded).
#[derive(Debug)]
pub struct MappedFile {
    path: PathBuf,
    file: File,
    opened_as: FileIdentity,
    /// Before the map, because fields are dropped in this order.
    guard: Option<GuardedRange>,
    /// `None` for an empty file, because a map cannot be empty.
    map: Option<Mmap>,
}

impl MappedFile {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened or mapped or is not a regular file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        // Checked before opening, because opening a named pipe would wait for a writer.
        let before = std::fs::metadata(path).map_err(|e| Error::io(path, "open", e))?;
        require_regular(path, &before)?;
        Self::of(path, File::open(path).map_err(|e| Error::io(path, "open", e))?)
    }

    /// Maps an open file; `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be mapped or is not a regular file.
    pub fn of(path: impl AsRef<Path>, file: File) -> Result<Self> {
        let path = path.as_ref();
        let metadata = file.metadata().map_err(|e| Error::io(path, "read the size", e))?;
        require_regular(path, &metadata)?;
        let length = usize::try_from(metadata.len())
            .map_err(|e| Error::io(path, "map", io::Error::new(io::ErrorKind::FileTooLarge, e)))?;
        let map = if length == 0 {
            None
        } else {
            // SAFETY: the map is read-only and private to this value, and slices of it borrow this value. Another process
            // could still write to the file in place. maxsimd's own writers never do (see `AtomicFile`), and readers of an index ask
            // afterwards whether one did (see `format::intact`); bytes are only
            // read as integers and floats, for which every bit pattern is valid; and offsets are checked before use.
            let map = unsafe { MmapOptions::new().len(length).map(&file) };
            Some(map.map_err(|e| Error::io(path, "map", e))?)
        };
        let opened_as = FileIdentity::of(&metadata);
        Ok(Self { path: path.to_path_buf(), file, opened_as, guard: None, map })
    }

    /// As [`Self::open`]. Pages that cannot be read later, because the file was cut short or the disk fails, read as zeros then, and
    /// [`Self::is_damaged`] says so. Whoever reads the file asks it afterwards.
    ///
    /// # Errors
    /// As [`Self::open`]; [`Error::Io`] if the process cannot guard another file.
    pub fn guarded(path: impl AsRef<Path>) -> Result<Self> {
        let mut file = Self::open(path)?;
        if let Some(map) = &file.map {
            // SAFETY: the map is read-only and belongs to this value, which lends its bytes only for as long as it lives, and drops the guard
            // before the map.
            let guard = unsafe { GuardedRange::new(map.as_ptr(), map.len()) };
            file.guard = Some(guard.map_err(|e| Error::io(&file.path, "guard", e))?);
        }
        Ok(file)
    }

    /// Whether pages of a guarded file could not be read, so that zeros were read instead. Stays true.
    pub fn is_damaged(&self) -> bool {
        self.guard.as_ref().is_some_and(GuardedRange::is_damaged)
    }

    /// The state of the file before it was mapped.
    pub fn opened_as(&self) -> FileIdentity {
        self.opened_as
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes when the file was opened.
    pub(crate) fn len(&self) -> usize {
        self.bytes().len()
    }

    /// The content. It begins at a page boundary.
    pub fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }

    /// The present state of the open file, even if its path names another file by now.
    ///
    /// # Errors
    /// [`Error::Io`] if the system call fails.
    pub fn identity(&self) -> Result<FileIdentity> {
        let metadata = self.file.metadata().map_err(|e| Error::io(&self.path, "read the size", e))?;
        Ok(FileIdentity::of(&metadata))
    }

    /// Asks the kernel to start reading `range` from the disk, without waiting. Failures are ignored. The range may reach
    /// beyond the end of the file.
    pub fn will_need(&self, range: Range<usize>) {
        let end = range.end.min(self.len());
        if let Some(map) = &self.map
            && range.start < end
        {
            let _ = map.advise_range(Advice::WillNeed, range.start, end - range.start);
        }
    }

    /// Releases the resident pages of `range`: they stay in the kernel's cache, but no longer count as this process's memory. Failures
    /// are ignored. The range may reach beyond the end of the file.
    pub fn release(&self, range: Range<usize>) {
        let end = range.end.min(self.len());
        #[cfg(unix)]
        if let Some(map) = &self.map
            && range.start < end
        {
            // SAFETY: the map is shared and read-only, so every page holds the file's content and nothing else. A page that is
            // read again has the same content, and borrows of the bytes stay valid. (Pages of zeros that the guard put in are zeros again.)
            let _ = unsafe {
                map.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, end - range.start)
            };
        }
    }
}

fn require_regular(path: &Path, metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let cause = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
    Err(Error::io(path, "map", cause))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_map_keeps_the_file_when_another_replaces_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, b"old").unwrap();
        let mapped = MappedFile::open(&path).unwrap();
        mapped.will_need(2..usize::MAX);
        mapped.release(0..usize::MAX);
        fs::write(directory.path().join("b"), b"newer").unwrap();
        fs::rename(directory.path().join("b"), &path).unwrap();
        assert_eq!((mapped.bytes(), mapped.len()), (&b"old"[..], 3));
        assert_ne!(mapped.identity().unwrap(), MappedFile::open(&path).unwrap().identity().unwrap());
    }

    #[test]
    fn an_empty_file_has_no_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, b"").unwrap();
        let mapped = MappedFile::open(&path).unwrap();
        mapped.will_need(0..1);
        assert_eq!((mapped.bytes(), mapped.len()), (&b""[..], 0));
    }

    #[test]
    fn missing_files_and_directories_are_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let missing = MappedFile::open(directory.path().join("a")).unwrap_err();
        assert!(matches!(missing, Error::Io { action: "open", .. }), "{missing}");
        let folder = MappedFile::open(directory.path()).unwrap_err();
        assert!(folder.to_string().contains("not a regular file"), "{folder}");
    }
}
