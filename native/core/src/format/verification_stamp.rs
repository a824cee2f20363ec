//! The note beside a segment that says it was verified.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::layout::FORMAT_VERSION;
use super::segment::Segment;
use crate::Result;
use crate::storage::AtomicFile;

/// Longest file that is read as a stamp, more than any stamp needs.
const MAX_LENGTH: u64 = 4096;

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Checks {
    /// That the bytes are those written.
    Bytes,
    /// That they make sense, too.
    BytesAndMeaning,
}

/// The state of a file that was verified. Of another state it says nothing: a stamp is believed only if
/// every field is the same.
///
/// The change time makes the difference where somebody writes to the file and sets its modification time
/// back. Renaming or linking the file changes it too; the price is one more verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerificationStamp {
    format_version: u32,
    /// The version of the program that checked: a later one may look more closely.
    checked_by: String,
    checks: Checks,
    digest: String,
    size: u64,
    device: u64,
    inode: u64,
    /// Nanoseconds as text: JSON numbers end at 2^53.
    mtime_ns: String,
    ctime_ns: String,
}

impl VerificationStamp {
    /// The stamp of a segment as its file is now.
    pub(super) fn of(segment: &Segment, checks: Checks) -> Result<Self> {
        let identity = segment.file().identity()?;
        Ok(Self {
            format_version: FORMAT_VERSION,
            checked_by: env!("CARGO_PKG_VERSION").into(),
            checks,
            digest: segment.digest_hex(),
            size: identity.size,
            device: identity.device,
            inode: identity.inode,
            mtime_ns: identity.mtime_ns.to_string(),
            ctime_ns: identity.ctime_ns.to_string(),
        })
    }

    /// Whether the note beside `segment` says the same. Anything unreadable is no.
    pub(super) fn is_remembered(&self, segment: &Path) -> bool {
        let mut text = Vec::new();
        let read =
            File::open(stamp_path(segment)).and_then(|file| file.take(MAX_LENGTH).read_to_end(&mut text));
        read.is_ok() && serde_json::from_slice(&text).is_ok_and(|stamp: Self| stamp == *self)
    }

    /// Writes the note. Best effort: without it the next opening verifies again.
    pub(super) fn remember(&self, segment: &Path) {
        let write = || -> Result<()> {
            let text = serde_json::to_vec(self).unwrap_or_default();
            let mut file = AtomicFile::create(stamp_path(segment))?;
            file.write_all(&text)?;
            file.commit()
        };
        let _ = write();
    }
}

/// `<file>.verified`
pub(super) fn stamp_path(segment: &Path) -> PathBuf {
    let mut path = OsString::from(segment);
    path.push(".verified");
    PathBuf::from(path)
}
