//! The file `<container>.verified`, which records that a container was verified.
//!
//! It identifies the verified state of the file by digest, size, inode and times. Any other state must be verified again.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::container::Container;
use super::layout::FORMAT_VERSION;
use crate::Result;
use crate::storage::{AtomicFile, FileIdentity};

/// Longer files are not read. A stamp has some 400 bytes.
const MAX_LENGTH: u64 = 4096;

/// The state of a file that was verified. A stamp is valid only for a file with which every field agrees.
///
/// The change time detects a write after which the modification time was set back. Renaming or linking the file changes it
/// too, which costs one more verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerificationStamp {
    format_version: u32,
    /// The version of the program that verified the file; another version may check more.
    checked_by: String,
    digest: String,
    size: u64,
    device: u64,
    inode: u64,
    /// Nanoseconds, as text because JSON numbers are exact only up to 2^53.
    mtime_ns: String,
    ctime_ns: String,
}

impl VerificationStamp {
    /// The stamp of a container's file in a state.
    pub(super) fn of(container: &Container, identity: &FileIdentity) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            checked_by: env!("CARGO_PKG_VERSION").into(),
            digest: container.digest_hex(),
            size: identity.size,
            device: identity.device,
            inode: identity.inode,
            mtime_ns: identity.mtime_ns.to_string(),
            ctime_ns: identity.ctime_ns.to_string(),
        }
    }

    /// Whether the stamp saved for `container` equals this one. A stamp that cannot be read does not.
    pub(super) fn is_remembered(&self, container: &Path) -> bool {
        let mut text = Vec::new();
        let read =
            File::open(stamp_path(container)).and_then(|file| file.take(MAX_LENGTH).read_to_end(&mut text));
        read.is_ok() && serde_json::from_slice(&text).is_ok_and(|stamp: Self| stamp == *self)
    }

    /// Saves the stamp. Failures are ignored: without a stamp the next opening verifies again.
    pub(super) fn remember(&self, container: &Path) {
        let write = || -> Result<()> {
            let text = serde_json::to_vec(self).unwrap_or_default();
            let mut file = AtomicFile::create(stamp_path(container))?;
            file.write_all(&text)?;
            file.commit()
        };
        let _ = write();
    }
}

/// `<file>.verified`
pub(super) fn stamp_path(container: &Path) -> PathBuf {
    let mut path = OsString::from(container);
    path.push(".verified");
    PathBuf::from(path)
}
