//! F5: files of every released format, of a later format, of the other byte order, and of another kind.
//!
//! ```text
//! each golden file                                wanted: accepted
//! its version set to 0, 2, 2^31 and 2^32 − 1      wanted: Error::Format that names both versions
//! its first 32 bytes in the other byte order      wanted: Error::Format that names both byte orders and both versions
//! other bytes in place of the magic               wanted: Error::Format that names both
//! ```

use super::fence::fence;
use crate::container_bytes::seal;
use crate::outcome::{Counts, Outcome};
use crate::subject::work_folder;
use maxsimd_core::format::FORMAT_VERSION;
use maxsimd_core::index::{Check, Index};
use maxsimd_core::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Opens the golden files in `golden` and in the folders in it.
///
/// # Errors
/// [`Error::Io`] of the test itself.
pub fn formats(golden: &Path) -> Result<Outcome> {
    let work = work_folder()?;
    let mut counts = Counts::default();
    let mut files = Vec::new();
    copy(golden, work.path(), &mut files)?;
    for path in &files {
        let name = path.display();
        // A codec or a segment alone is opened by the manifest that names it.
        if path.parent().is_some_and(|folder| folder.ends_with("parts")) {
            continue;
        }
        match fence(|| Index::open(path, Check::Full).map(drop)) {
            Ok(Ok(())) => counts.add("golden_files"),
            Ok(Err(error)) => counts.fail("golden_refused", || error.to_string()),
            Err(panic) => counts.fail("crashes", || format!("{name}: {panic}")),
        }
        let bytes = fs::read(path).map_err(|e| Error::io(path, "read", e))?;
        for (mut other, what, expected, got) in foreign(&bytes) {
            seal(&mut other);
            let place = work.path().join("foreign.maxsim");
            fs::write(&place, &other).map_err(|e| Error::io(&place, "write", e))?;
            match fence(|| Index::open(&place, Check::Full).map(drop)) {
                Ok(Err(Error::Format { what: w, expected: e, got: g, .. }))
                    if w == what && e.contains(&expected) && g.contains(&got) =>
                {
                    counts.add("typed");
                }
                Ok(Err(error)) => counts.fail("other_errors", || format!("{what} {got}: {error}")),
                Ok(Ok(())) => counts.fail("accepted", || format!("{name} with {what} {got}")),
                Err(panic) => counts.fail("crashes", || format!("{name}: {panic}")),
            }
        }
    }
    let enough = !files.is_empty();
    let limit = "every golden file is accepted; every other format is a typed error that names both";
    let zero = ["golden_files", "golden_refused", "typed", "accepted", "other_errors", "crashes"];
    Ok(counts.outcome(
        "F5",
        "golden files, later versions, the other byte order, files of another kind",
        &zero,
        limit,
        enough,
    ))
}

/// Variants of a file, with what the error about each names: the property, the expected value and that found.
fn foreign(bytes: &[u8]) -> Vec<(Vec<u8>, &'static str, String, String)> {
    let version = FORMAT_VERSION.to_string();
    let mut variants: Vec<_> = [0, FORMAT_VERSION + 1, 1 << 31, u32::MAX]
        .map(|later| {
            let mut bytes = bytes.to_vec();
            bytes[8..12].copy_from_slice(&later.to_le_bytes());
            (bytes, "format version", version.clone(), later.to_string())
        })
        .into();
    let mut swapped = bytes.to_vec();
    for (start, width) in [(8, 4), (12, 4), (16, 4), (20, 4), (24, 8)] {
        swapped[start..start + width].reverse();
    }
    let order = |order: &str| format!("{order}, version {version}");
    variants.push((swapped, "endianness", order("little-endian"), order("big-endian")));
    let mut magic = bytes.to_vec();
    magic[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    variants.push((magic, "magic", "MAXSIMD".into(), "PNG".into()));
    variants
}

/// Copies a folder, and notes the index files.
fn copy(from: &Path, to: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let io = |e| Error::io(from, "read", e);
    for entry in fs::read_dir(from).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            fs::create_dir_all(&target).map_err(io)?;
            copy(&path, &target, files)?;
        } else {
            fs::copy(&path, &target).map_err(io)?;
            if path.extension().is_some_and(|extension| extension == "maxsim") {
                files.push(target);
            }
        }
    }
    files.sort();
    Ok(())
}
