//! A file that appears whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::leftovers;
use crate::{Error, Result};

/// Bytes gathered before a system call writes them.
const BUFFER: usize = 256 << 10;

/// Writes a file beside its target and moves it over the target in [`AtomicFile::commit`].
///
/// Until then the target is as it was, whatever happens to the process. Dropped without a commit, the file
/// is removed. While it lives it holds a lock on the temporary file, by which [`super::remove_leftovers`]
/// tells a working writer from a killed one. A target that is a symbolic link is replaced, not followed.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    directory: PathBuf,
    writer: BufWriter<NamedTempFile>,
    position: u64,
}

impl AtomicFile {
    /// Starts a file that shall become `target`, and removes what killed writers of that target left.
    ///
    /// # Errors
    /// [`Error::Io`] if the directory does not exist or cannot be written to, or the target has no file name.
    pub fn create(target: impl AsRef<Path>) -> Result<Self> {
        let target = target.as_ref();
        let io = |action, e| Error::io(target, action, e);
        let (directory, prefix) = leftovers::directory_and_prefix(target)?;
        // Tidying is not the writer's task: what cannot be removed now is in nobody's way.
        let _ = leftovers::remove_leftovers(target);
        let file = loop {
            let file = tempfile::Builder::new()
                .prefix(&prefix)
                .rand_bytes(leftovers::RANDOM_LENGTH)
                .suffix(leftovers::SUFFIX)
                // Narrowed by the process's umask, like any file that a program creates.
                .permissions(Permissions::from_mode(0o666))
                .tempfile_in(&directory)
                .map_err(|e| io("create", e))?;
            file.as_file().lock().map_err(|e| io("lock", e))?;
            // Between creating and locking a tidying process may have taken the file for a leftover.
            if file.as_file().metadata().map_err(|e| io("read the size", e))?.nlink() > 0 {
                break file;
            }
        };
        let writer = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { target: target.to_path_buf(), directory, writer, position: 0 })
    }

    /// The path the file will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The path it has until then.
    pub fn temporary_path(&self) -> &Path {
        self.writer.get_ref().path()
    }

    /// Bytes written so far, which is the offset of the next ones.
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

    /// Overwrites bytes that were written before, beginning at `offset`; the end stays where it is.
    ///
    /// # Errors
    /// [`Error::Io`], also if the bytes would reach beyond what was written.
    pub fn patch(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let fits = offset.checked_add(bytes.len() as u64).is_some_and(|end| end <= self.position);
        if !fits {
            let cause = io::Error::new(io::ErrorKind::InvalidInput, "the patch lies beyond what was written");
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
    /// [`Error::Io`]. The target is then as it was, save when syncing the directory failed: the new file is
    /// in place then, but may be gone after a power cut.
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
    fn the_target_changes_at_the_commit_and_whole() {
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
    fn dropped_without_a_commit_nothing_stays() {
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
    fn a_target_that_cannot_be_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        for target in ["missing/index", "..", ""] {
            let error = AtomicFile::create(directory.path().join(target).join("..").join(target)).err();
            let error = if target.is_empty() { AtomicFile::create("").err() } else { error };
            assert!(matches!(error, Some(Error::Io { .. })), "{target}: {error:?}");
        }
    }

    #[test]
    fn the_mode_is_that_of_any_new_file() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("index");
        AtomicFile::create(&target).unwrap().commit().unwrap();
        let usual = directory.path().join("usual");
        File::create(&usual).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(target), mode(usual));
    }

    #[test]
    fn tidying_all_the_time_disturbs_no_writer() {
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
                    // As commit, without waiting for the disk 300 times.
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
