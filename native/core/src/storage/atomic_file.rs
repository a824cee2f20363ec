//! A file that appears whole or not at all.
//!
//! ```text
//! create   remove the temporary files that killed writers of this target left
//!          repeat:
//!              create `.maxsimd-<target>-<8 random letters>.tmp` in the target's directory, and lock it
//!          until the locked file still has a name
//! write    append to the temporary file, or overwrite bytes of it
//! commit   sync the file; rename it over the target; sync the directory
//! drop     without a commit: remove the temporary file
//! ```
//!
//! Until the rename the target is unchanged, whatever happens to the process. The lock distinguishes a running writer from a
//! killed one, because the system releases the locks of a process that ends. `create` repeats because another process that
//! removes leftovers can lock and remove the file before its creator has locked it.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::leftovers;
use crate::{Error, Result};

/// Size of the write buffer in bytes.
const BUFFER: usize = 256 << 10;

/// A file being written. [`AtomicFile::commit`] renames it over its target; dropping it removes it.
///
/// A target that is a symbolic link is replaced, not followed.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    directory: PathBuf,
    writer: BufWriter<NamedTempFile>,
    position: u64,
}

impl AtomicFile {
    /// Creates a temporary file that [`Self::commit`] renames to `target`.
    ///
    /// # Errors
    /// [`Error::Io`] if the directory does not exist or cannot be written to, or the target has no file name.
    pub fn create(target: impl AsRef<Path>) -> Result<Self> {
        let target = target.as_ref();
        let io = |action, e| Error::io(target, action, e);
        let (directory, prefix) = leftovers::directory_and_prefix(target)?;
        // A leftover that cannot be removed does not hinder the new file.
        let _ = leftovers::remove_leftovers(target);
        let file = loop {
            let file = tempfile::Builder::new()
                .prefix(&prefix)
                .rand_bytes(leftovers::RANDOM_LENGTH)
                .suffix(leftovers::SUFFIX)
                // The process's umask applies, as to any file that a program creates.
                .permissions(Permissions::from_mode(0o666))
                .tempfile_in(&directory)
                .map_err(|e| io("create", e))?;
            file.as_file().lock().map_err(|e| io("lock", e))?;
            // See the module: another process may have removed the file before it was locked.
            if file.as_file().metadata().map_err(|e| io("read the size", e))?.nlink() > 0 {
                break file;
            }
        };
        let writer = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { target: target.to_path_buf(), directory, writer, position: 0 })
    }

    /// The path of the temporary file.
    #[cfg(test)]
    pub(super) fn temporary_path(&self) -> &Path {
        self.writer.get_ref().path()
    }

    /// Number of bytes written so far, which is the offset of the next write.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    /// [`Error::Io`], after which the file must be dropped.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(|e| Error::io(&self.target, "write", e))?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Overwrites bytes that were written before, from `offset` on. The position does not change.
    ///
    /// # Errors
    /// [`Error::Io`], also if the bytes reach beyond [`Self::position`].
    pub fn patch(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let fits = offset.checked_add(bytes.len() as u64).is_some_and(|end| end <= self.position);
        if !fits {
            let cause = io::Error::new(
                io::ErrorKind::InvalidInput,
                "the bytes to overwrite lie beyond the end of what was written",
            );
            return Err(Error::io(&self.target, "patch", cause));
        }
        let io = |e| Error::io(&self.target, "patch", e);
        // Seeking flushes the buffer first.
        self.writer.seek(SeekFrom::Start(offset)).map_err(io)?;
        self.writer.write_all(bytes).map_err(io)?;
        self.writer.seek(SeekFrom::Start(self.position)).map_err(io)?;
        Ok(())
    }

    /// Makes the file the target: flush, sync the file, rename, sync the directory.
    ///
    /// # Errors
    /// [`Error::Io`]. The target is then unchanged, unless syncing the directory failed: the new file is then in place, but a
    /// power failure may undo the rename.
    pub fn commit(self) -> Result<()> {
        let io = |action, e| Error::io(&self.target, action, e);
        let file = self.writer.into_inner().map_err(|e| io("write", e.into_error()))?;
        file.as_file().sync_all().map_err(|e| io("sync", e))?;
        file.persist(&self.target).map_err(|e| io("rename", e.error))?;
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|e| Error::io(&self.directory, "sync", e))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_target_changes_only_at_the_commit() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("index");
        fs::write(&target, b"old").unwrap();
        let mut file = AtomicFile::create(&target).unwrap();
        file.write_all(b"0123456789").unwrap();
        file.patch(2, b"ab").unwrap();
        file.write_all(&vec![b'x'; BUFFER]).unwrap();
        file.patch(0, b"AB").unwrap();
        file.write_all(b"end").unwrap();
        assert_eq!(file.position(), 10 + BUFFER as u64 + 3);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        file.commit().unwrap();
        let expected = [b"ABab456789", &vec![b'x'; BUFFER][..], b"end"].concat();
        assert_eq!(fs::read(&target).unwrap(), expected);
        assert_eq!(names(directory.path()), ["index"]);
    }

    #[test]
    fn a_file_dropped_without_a_commit_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("index");
        fs::write(&target, b"old").unwrap();
        let mut file = AtomicFile::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(names(directory.path()).len(), 2);
        drop(file);
        assert_eq!(names(directory.path()), ["index"]);
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }

    #[test]
    fn a_patch_beyond_the_end_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(directory.path().join("index")).unwrap();
        file.write_all(b"0123").unwrap();
        file.patch(4, b"").unwrap();
        for (offset, bytes) in [(3, &b"ab"[..]), (5, b""), (u64::MAX, b"a")] {
            let error = file.patch(offset, bytes).unwrap_err();
            assert!(matches!(error, Error::Io { action: "patch", .. }), "{error}");
        }
    }

    #[test]
    fn a_target_that_cannot_be_created_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        for target in ["missing/index", "..", ""] {
            let error = AtomicFile::create(directory.path().join(target).join("..").join(target)).err();
            let error = if target.is_empty() { AtomicFile::create("").err() } else { error };
            assert!(matches!(error, Some(Error::Io { .. })), "{target}: {error:?}");
        }
    }

    #[test]
    fn the_mode_equals_that_of_any_new_file() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("index");
        AtomicFile::create(&target).unwrap().commit().unwrap();
        let usual = directory.path().join("usual");
        File::create(&usual).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(target), mode(usual));
    }

    #[test]
    fn removing_leftovers_all_the_time_disturbs_no_writer() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("index");
        let written = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !written.load(Ordering::Relaxed) {
                        leftovers::remove_leftovers(&target).unwrap();
                    }
                });
            }
            let attempts: Vec<Result<()>> = (0..300)
                .map(|_| {
                    let mut file = AtomicFile::create(&target)?;
                    file.write_all(b"whole")?;
                    // As `commit`, but without waiting for the disk 300 times.
                    let file =
                        file.writer.into_inner().map_err(|e| Error::io(&target, "write", e.into_error()))?;
                    file.persist(&target).map_err(|e| Error::io(&target, "rename", e.error))?;
                    Ok(())
                })
                .collect();
            written.store(true, Ordering::Relaxed);
            for attempt in attempts {
                attempt.unwrap();
            }
        });
        assert_eq!(fs::read(&target).unwrap(), b"whole");
    }
}
