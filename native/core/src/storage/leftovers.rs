//! Removing the temporary files of writers that were killed.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Start of the name of every temporary file. The leading dot hides it from directory listings.
const PREFIX: &str = ".maxsimd-";
/// End of the name of every temporary file.
pub(super) const SUFFIX: &str = ".tmp";
/// Number of random letters between the target's name and the suffix.
pub(super) const RANDOM_LENGTH: usize = 8;

/// Returns the directory of `target` and the start of the names of its temporary files.
pub(super) fn directory_and_prefix(target: &Path) -> Result<(PathBuf, OsString)> {
    let Some(name) = target.file_name() else {
        let cause = io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name");
        return Err(Error::io(target, "create", cause));
    };
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut prefix = OsString::from(PREFIX);
    prefix.push(name);
    prefix.push("-");
    Ok((directory.to_path_buf(), prefix))
}

/// Removes the temporary files that killed writers of `target` left in its directory, and returns their number. Files of
/// running writers, in this process or another, stay.
///
/// # Errors
/// [`Error::Io`] if the directory cannot be read or a leftover cannot be removed.
pub(super) fn remove_leftovers(target: &Path) -> Result<usize> {
    let (directory, prefix) = directory_and_prefix(target)?;
    remove_where(&directory, |name| is_temporary(name, prefix.as_encoded_bytes()))
}

/// Removes the temporary files that killed writers left in `folder`, whatever their targets, and returns their number. A folder that does
/// not exist has no such files.
///
/// # Errors
/// As [`remove_leftovers`].
pub fn remove_abandoned(folder: &Path) -> Result<usize> {
    if !folder.exists() {
        return Ok(0);
    }
    remove_where(folder, |name| {
        let name = name.as_encoded_bytes();
        let random = name.len().checked_sub(SUFFIX.len() + RANDOM_LENGTH);
        random.is_some_and(|at| name.starts_with(PREFIX.as_bytes()) && is_temporary_end(&name[at..]))
    })
}

fn remove_where(directory: &Path, is_leftover: impl Fn(&OsStr) -> bool) -> Result<usize> {
    let listing = |e| Error::io(directory, "list", e);
    let mut removed = 0;
    for entry in fs::read_dir(directory).map_err(listing)? {
        let entry = entry.map_err(listing)?;
        let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        if regular && is_leftover(&entry.file_name()) {
            removed += usize::from(remove_if_abandoned(&entry.path())?);
        }
    }
    Ok(removed)
}

/// Whether `name` is `prefix`, eight letters or digits, and the suffix. The match is exact, because the files of the target
/// `a-b` also begin with the prefix of `a`.
fn is_temporary(name: &OsStr, prefix: &[u8]) -> bool {
    name.as_encoded_bytes().strip_prefix(prefix).is_some_and(is_temporary_end)
}

/// Whether `end` is eight letters or digits, and the suffix.
fn is_temporary_end(end: &[u8]) -> bool {
    end.strip_suffix(SUFFIX.as_bytes())
        .is_some_and(|random| random.len() == RANDOM_LENGTH && random.iter().all(u8::is_ascii_alphanumeric))
}

/// Removes the file at `path` if no process holds its lock, and returns whether it did.
///
/// The system releases the lock of a killed process, so a lock that can be acquired proves that nobody writes. The file is
/// removed while the lock is held: a writer that has just created it, and waits for the lock, then finds that its file has
/// no name any more and creates another.
fn remove_if_abandoned(path: &Path) -> Result<bool> {
    // The writer may commit or drop the file at any time.
    let vanished = |e: &io::Error| e.kind() == io::ErrorKind::NotFound;
    let file = match File::open(path) {
        Err(e) if vanished(&e) => return Ok(false),
        file => file.map_err(|e| Error::io(path, "open", e))?,
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(e)) => return Err(Error::io(path, "lock", e)),
        Ok(()) => {}
    }
    match fs::remove_file(path) {
        Err(e) if vanished(&e) => Ok(false),
        result => result.map(|()| true).map_err(|e| Error::io(path, "remove", e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::AtomicFile;

    #[test]
    fn files_of_killed_writers_are_removed_and_all_others_stay() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let live = AtomicFile::create(path("a")).unwrap();
        let others = [
            "a",
            ".maxsimd-a-b-12345678.tmp",
            ".maxsimd-a-b-345678.tmp",
            ".maxsimd-a-1234.tmp",
            ".maxsimd-a-12345678",
            "b.tmp",
        ];
        for name in others.into_iter().chain([".maxsimd-a-12345678.tmp", ".maxsimd-a-abcdefgh.tmp"]) {
            fs::write(path(name), b"half").unwrap();
        }
        fs::create_dir(path(".maxsimd-a-directry.tmp")).unwrap();
        assert_eq!(remove_leftovers(&path("a")).unwrap(), 2);
        assert_eq!(remove_leftovers(&path("a")).unwrap(), 0);
        for name in others {
            assert!(path(name).exists(), "{name}");
        }
        assert!(live.temporary_path().exists());
        live.commit().unwrap();
        assert_eq!(fs::read(path("a")).unwrap(), b"");
    }

    #[test]
    fn a_new_writer_removes_leftovers_first() {
        let directory = tempfile::tempdir().unwrap();
        let left = directory.path().join(".maxsimd-a-12345678.tmp");
        fs::write(&left, b"half").unwrap();
        drop(AtomicFile::create(directory.path().join("a")).unwrap());
        assert!(!left.exists());
    }
}
