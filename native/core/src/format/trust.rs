//! What is known of the file of an open container.

use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::storage::FileIdentity;

/// What is known of an open file.
#[derive(Debug)]
pub(super) struct Trust {
    /// The state of the file in which its bytes are those of the digest.
    pub(super) state: RwLock<FileIdentity>,
    /// Another state was seen.
    pub(super) changed: AtomicBool,
    /// Its bytes are others.
    pub(super) damaged: AtomicBool,
    /// When all of it was last verified.
    pub(super) verified: RwLock<Option<Instant>>,
}

impl Trust {
    pub(super) fn new(state: FileIdentity) -> Self {
        Self {
            state: RwLock::new(state),
            changed: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            verified: RwLock::new(None),
        }
    }
}
