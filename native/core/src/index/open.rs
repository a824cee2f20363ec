//! Opening an index version: reading its file and those that it names, and checking them as far as the caller asks for.

use super::check::Check;
use super::codec::Codec;
use super::manifest::{Manifest, PartFile};
use super::meta::Meta;
use super::parts::Parts;
use super::segment::Segment;
use super::validate;
use super::version::Index;
use crate::format::Container;
use crate::{Error, Result};
use roaring::RoaringBitmap;
use std::path::Path;
use std::sync::Arc;

impl Index {
    /// Maps the version in the file at `path`, which holds a codec and a segment or is a manifest, and checks it.
    ///
    /// # Errors
    /// [`crate::Error::Format`] if the file is not an index, [`crate::Error::Corrupt`] if it or a file that it names is damaged,
    /// [`crate::Error::Io`].
    pub fn open(path: impl AsRef<Path>, check: Check) -> Result<Self> {
        let file = Container::open(&path)?;
        if let Some((manifest, deleted)) = Manifest::read(&file)? {
            if check == Check::Full {
                file.verify_once(&|_, _| true, &|| Ok(()))?;
            }
            return of_manifest(file, manifest, deleted, check);
        }
        let parts = Parts::of(file, check)?;
        let (Some(codec), Some(segment)) = (parts.codec, parts.segment) else {
            return Err(Error::format(path.as_ref(), "content", "an index", "a part of one"));
        };
        let index = Self::of(parts.file, codec, vec![(segment, RoaringBitmap::new())], None);
        index.check_intact().map(|()| index)
    }

    /// Checks every byte and every value again, whether or not the files were verified before. A file that changed and holds the right bytes
    /// is trusted again. `progress` takes the number of bytes done and the total, and returns whether to go on.
    ///
    /// # Errors
    /// As [`Index::open`]; [`crate::Error::Changed`] if a file changes meanwhile; [`crate::Error::Cancelled`].
    pub fn verify(&self, progress: &dyn Fn(u64, u64) -> bool) -> Result<()> {
        let total = self.bytes();
        let mut done = 0;
        for file in self.files() {
            file.reverify(&|bytes, _| progress(done + bytes, total))?;
            done += file.file_length();
        }
        validate::codec_values(self.codec())?;
        self.segments().iter().try_for_each(|placed| validate::segment_values(&placed.segment))?;
        self.check_intact()
    }
}

fn of_manifest(
    file: Container,
    manifest: Manifest,
    deleted: Vec<RoaringBitmap>,
    check: Check,
) -> Result<Index> {
    let folder = file.path().parent().unwrap_or(Path::new("")).to_path_buf();
    let open = |part: &PartFile| {
        let path = part.path(&folder).ok_or_else(|| {
            Error::corrupt(file.path(), "the manifest", "names of files in its folder", part.file.clone())
        })?;
        Parts::open(&path, &part.digest, check)
    };
    let missing = |what: &str, got: &str| Error::corrupt(file.path(), "the manifest", what, got);
    let codec = open(&manifest.codec)?.codec.ok_or_else(|| missing("a codec", &manifest.codec.file))?;
    let mut segments: Vec<(Arc<Segment>, RoaringBitmap)> = Vec::with_capacity(manifest.segments.len());
    for (entry, deleted) in manifest.segments.iter().zip(deleted) {
        let segment = open(&entry.part)?.segment.ok_or_else(|| missing("a segment", &entry.part.file))?;
        fits(&segment, &codec, &manifest, file.path())?;
        if segment.documents() as u64 != entry.documents {
            return Err(missing(&format!("{} documents", entry.documents), &segment.documents().to_string()));
        }
        segments.push((segment, deleted));
    }
    let index = Index::of(Arc::new(file), codec, segments, Some(manifest));
    if check == Check::Full {
        // Deleted documents are counted now, so that the first search need not do it.
        index.select(None)?;
    }
    index.check_intact().map(|()| index)
}

/// Whether a segment is coded with the codec.
fn fits(segment: &Segment, codec: &Codec, manifest: &Manifest, path: &Path) -> Result<()> {
    let (of, with) = (segment.meta(), codec.meta());
    let counts = |meta: &Meta| (meta.kind, meta.dim, meta.subspaces, meta.centroids);
    let identity = segment.codec_identity().unwrap_or_else(|| manifest.codec_identity.clone());
    if counts(of) == counts(with) && identity == manifest.codec_identity {
        return Ok(());
    }
    let expected = format!("a segment of the codec {}", manifest.codec_identity);
    Err(Error::corrupt(path, "the manifest", expected, format!("one of the codec {identity}")))
}
