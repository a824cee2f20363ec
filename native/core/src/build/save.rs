//! Saving a version as one index file.

use super::segment::{Around, merge};
use crate::Result;
use crate::index::Index;
use crate::monitor::Unwatched;
use crate::storage::AtomicFile;
use std::path::Path;

/// Bytes written at once, so that at most so many are in memory in addition to the mapped file.
const STEP: usize = 8 << 20;

/// Writes `index` to the file at `path`, which at every moment holds the old file or the whole new one. An index file is copied; a version of
/// several segments becomes one index file, without its deleted documents.
///
/// # Errors
/// [`crate::Error::Io`]; [`crate::Error::Corrupt`] or [`crate::Error::Changed`] if a file of the index was written to.
pub fn save(index: &Index, path: &Path) -> Result<()> {
    if index.manifest().is_some() {
        let all: Vec<usize> = (0..index.segments().len()).collect();
        return merge(index, &all, Around::Codec, path, &Unwatched).map(|_| ());
    }
    let mut copy = AtomicFile::create(path)?;
    for part in index.file().file().bytes().chunks(STEP) {
        copy.write_all(part)?;
    }
    index.check_intact()?;
    copy.commit()
}
