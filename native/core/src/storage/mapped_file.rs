//! A file mapped read-only.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[cfg(unix)]
use memmap2::UncheckedAdvice;
use memmap2::{Advice, Mmap, MmapOptions};

use crate::{Error, Result};

/// How a mapped file is about to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No particular order: the kernel's default read-ahead.
    Normal,
    /// From front to back: read far ahead, drop what lies behind.
    Sequential,
    /// Scattered: no read-ahead.
    Random,
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdentity {
    /// The device the file lies on.
    pub device: u64,
    /// Its inode.
    pub inode: u64,
    /// Its length in bytes.
    pub size: u64,
    /// Last modification of the content, nanoseconds since 1970. Settable by anybody who owns the file.
    pub mtime_ns: i128,
    /// Last change of content or inode, nanoseconds since 1970. Not settable.
    pub ctime_ns: i128,
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
        }
    }
}

/// A regular file, mapped read-only in its whole length as it was when opened.
///
/// Replacing the file by renaming another over it leaves the map as it is. Truncating it in place makes
/// reads beyond the new end raise SIGBUS.
#[derive(Debug)]
pub struct MappedFile {
    path: PathBuf,
    file: File,
    /// `None` for an empty file: there is nothing to map.
    map: Option<Mmap>,
}

impl MappedFile {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened or mapped or is not a regular file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        // Looked at before opening: opening a named pipe would wait for a writer.
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
            // SAFETY: the map is read-only and private to this value, which hands out slices no longer
            // than itself. What no program can rule out is another process that writes to the file in
            // place; maxsimd's own writers never do (see `AtomicFile`), bytes are only ever read as
            // integers and floats, for which every pattern is valid, and offsets are checked before use.
            let map = unsafe { MmapOptions::new().len(length).map(&file) };
            Some(map.map_err(|e| Error::io(path, "map", e))?)
        };
        Ok(Self { path: path.to_path_buf(), file, map })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes when opened.
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether the file was empty when opened.
    pub fn is_empty(&self) -> bool {
        self.map.is_none()
    }

    /// The content. Starts at a page boundary.
    pub fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }

    /// Asks the file system what the file, not the path, looks like now.
    ///
    /// # Errors
    /// [`Error::Io`] if the system refuses.
    pub fn identity(&self) -> Result<FileIdentity> {
        let metadata = self.file.metadata().map_err(|e| Error::io(&self.path, "read the size", e))?;
        Ok(FileIdentity::of(&metadata))
    }

    /// Tells the kernel how the file will be read. A hint: failures are ignored.
    pub fn advise(&self, access: Access) {
        let advice = match access {
            Access::Normal => Advice::Normal,
            Access::Sequential => Advice::Sequential,
            Access::Random => Advice::Random,
        };
        if let Some(map) = &self.map {
            let _ = map.advise(advice);
        }
    }

    /// As [`Self::advise`] for a range of bytes; pages that are partly in the range are meant whole.
    pub fn advise_range(&self, access: Access, range: Range<usize>) {
        let advice = match access {
            Access::Normal => Advice::Normal,
            Access::Sequential => Advice::Sequential,
            Access::Random => Advice::Random,
        };
        self.advise_bytes(advice, range);
    }

    /// Starts reading a range of bytes from the disk without waiting for it. A hint.
    pub fn will_need(&self, range: Range<usize>) {
        self.advise_bytes(Advice::WillNeed, range);
    }

    /// Gives the pages that were read back to the kernel: they stay in its cache, and no longer count as this process's
    /// memory. A hint.
    pub fn release(&self) {
        #[cfg(unix)]
        if let Some(map) = &self.map {
            // SAFETY: the map is of a file, shared and read-only, so no page holds anything that the file does not: one that
            // is read again is the same. Borrows of the bytes stay good.
            let _ = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
        }
    }

    fn advise_bytes(&self, advice: Advice, range: Range<usize>) {
        let end = range.end.min(self.len());
        if let Some(map) = &self.map
            && range.start < end
        {
            let _ = map.advise_range(advice, range.start, end - range.start);
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
    fn the_map_is_the_file_and_outlives_its_replacement() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, b"old").unwrap();
        let mapped = MappedFile::open(&path).unwrap();
        mapped.advise(Access::Random);
        mapped.advise_range(Access::Sequential, 1..2);
        mapped.will_need(2..usize::MAX);
        mapped.release();
        fs::write(directory.path().join("b"), b"newer").unwrap();
        fs::rename(directory.path().join("b"), &path).unwrap();
        assert_eq!((mapped.bytes(), mapped.len()), (&b"old"[..], 3));
        assert_ne!(mapped.identity().unwrap(), MappedFile::open(&path).unwrap().identity().unwrap());
    }

    #[test]
    fn an_empty_file_is_no_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, b"").unwrap();
        let mapped = MappedFile::open(&path).unwrap();
        mapped.advise(Access::Sequential);
        mapped.will_need(0..1);
        assert!(mapped.is_empty());
        assert_eq!(mapped.bytes(), b"");
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let missing = MappedFile::open(directory.path().join("a")).unwrap_err();
        assert!(matches!(missing, Error::Io { action: "open", .. }), "{missing}");
        let folder = MappedFile::open(directory.path()).unwrap_err();
        assert!(folder.to_string().contains("not a regular file"), "{folder}");
    }
}
