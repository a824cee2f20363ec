//! Codecs and segments that are open in this process. Versions of one index share most of them, so each file is mapped once.

use super::check::Check;
use super::codec::Codec;
use super::segment::Segment;
use super::validate::{self, Role};
use crate::format::Container;
use crate::storage::FileIdentity;
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// What a file holds: a codec, a segment, or both.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) file: Arc<Container>,
    pub(super) codec: Option<Arc<Codec>>,
    pub(super) segment: Option<Arc<Segment>>,
}

/// The open parts of a file; a part is closed with the last version that uses it.
#[derive(Default)]
struct Open {
    file: Weak<Container>,
    codec: Weak<Codec>,
    segment: Weak<Segment>,
}

/// A file by its path, device and inode, and its digest. A file that was replaced by rename has another inode. So a version that is opened
/// from the new file reads and verifies that one, even if the old one holds the same bytes and is still open.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    path: PathBuf,
    device: u64,
    inode: u64,
    digest: [u8; 32],
}

impl Key {
    fn of(file: &Container) -> Self {
        let FileIdentity { device, inode, .. } = file.file().opened_as();
        Self { path: file.path().to_path_buf(), device, inode, digest: *file.digest() }
    }
}

/// All open parts.
static OPEN: LazyLock<Mutex<HashMap<Key, Open>>> = LazyLock::new(Mutex::default);

impl Parts {
    /// Checks every byte and value, if `check` says so, unless that was done before.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Io`].
    pub(super) fn verify(&self, check: Check) -> Result<()> {
        match check {
            Check::Quick => Ok(()),
            Check::Full => self.file.verify_once(&|_, _| true, &|| self.check_values()).map(drop),
        }
    }

    /// Opens the file at `path` and compares its digest. Checks only its counts and sizes.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the file is another one than `digest` says, or is damaged; [`Error::Io`].
    pub(super) fn open(path: &Path, digest: &str) -> Result<Self> {
        let file = Container::open(path)?;
        if file.digest_hex() != digest {
            return Err(Error::corrupt(path, "the file", format!("digest {digest}"), file.digest_hex()));
        }
        Self::of(file)
    }

    /// Opens the parts in `file`, which is not a manifest, and checks their counts and sizes. Parts that are open are taken as they are.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub(super) fn of(file: Container) -> Result<Self> {
        let key = Key::of(&file);
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, parts| parts.file.strong_count() > 0);
        let known = open.entry(key).or_default();
        // A file that is not what it was stays so for those who have it open, until they have verified it. Who opens it now may find that it
        // was restored.
        if known.file.upgrade().is_some_and(|file| file.check_intact().is_err()) {
            *known = Open::default();
        }
        // One part may be in use and the other not: the parts of one file share its mapping.
        let file = known.file.upgrade().unwrap_or_else(|| Arc::new(file));
        let meta = validate::meta(&file)?;
        validate::sizes(&file, &meta)?;
        let role = validate::role(&file);
        let codec = (role != Role::Segment)
            .then(|| known.codec.upgrade().unwrap_or_else(|| Arc::new(Codec::over(file.clone(), meta))));
        let segment = (role != Role::Codec)
            .then(|| known.segment.upgrade().unwrap_or_else(|| Arc::new(Segment::over(file.clone(), meta))));
        *known = Open {
            file: Arc::downgrade(&file),
            codec: codec.as_ref().map(Arc::downgrade).unwrap_or_default(),
            segment: segment.as_ref().map(Arc::downgrade).unwrap_or_default(),
        };
        Ok(Self { file, codec, segment })
    }

    /// Checks every value of the parts.
    pub(super) fn check_values(&self) -> Result<()> {
        validate::provenance(&self.file)?;
        self.codec.as_deref().map_or(Ok(()), validate::codec_values)?;
        self.segment.as_deref().map_or(Ok(()), validate::segment_values)
    }
}
