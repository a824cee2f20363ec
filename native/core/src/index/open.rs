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
use std::time::Duration;

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
        let parts = Parts::of(file)?;
        let (Some(codec), Some(segment)) = (parts.codec.clone(), parts.segment.clone()) else {
            return Err(Error::format(path.as_ref(), "content", "an index", "a part of one"));
        };
        parts.verify(check)?;
        let index = Self::of(parts.file, codec, vec![(segment, RoaringBitmap::new())], None);
        index.check_intact().map(|()| index)
    }

    /// Checks every byte and every value again, whether or not the files were verified before, and remembers success as opening does. A file
    /// that changed and holds the right bytes is trusted again. Bytes of files that this process verified less than `recent` ago are not read
    /// again: versions of one collection share files. `progress` takes the number of bytes done and the total, and returns whether to go on.
    ///
    /// # Errors
    /// As [`Index::open`]; [`crate::Error::Changed`] if a file changes meanwhile; [`crate::Error::Cancelled`].
    pub fn verify(&self, recent: Duration, progress: &dyn Fn(u64, u64) -> bool) -> Result<()> {
        let due = |file: &&Arc<Container>| file.verified_before().is_none_or(|before| before >= recent);
        let files: Vec<&Arc<Container>> = self.files().iter().filter(due).collect();
        let total = files.iter().map(|file| file.file_length()).sum();
        let mut done = 0;
        for file in &files {
            file.reverify(&|bytes, _| progress(done + bytes, total))?;
            done += file.file_length();
        }
        self.files().iter().try_for_each(|file| validate::provenance(file))?;
        validate::codec_values(self.codec())?;
        self.segments().iter().try_for_each(|placed| validate::segment_values(&placed.segment))?;
        self.check_intact()?;
        files.iter().for_each(|file| file.remember());
        progress(total, total);
        Ok(())
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
        Parts::open(&path, &part.digest)
    };
    let missing = |what: &str, got: &str| Error::corrupt(file.path(), "the manifest", what, got);
    let parts = open(&manifest.codec)?;
    let codec = parts.codec.clone().ok_or_else(|| missing("a codec", &manifest.codec.file))?;
    parts.verify(check)?;
    let mut segments: Vec<(Arc<Segment>, RoaringBitmap)> = Vec::with_capacity(manifest.segments.len());
    for (entry, deleted) in manifest.segments.iter().zip(deleted) {
        let parts = open(&entry.part)?;
        let segment = parts.segment.clone().ok_or_else(|| missing("a segment", &entry.part.file))?;
        // Before its values are checked: the room that this takes follows from the number of centroids, of which the codec's file has all.
        fits(&segment, &codec, &manifest, file.path())?;
        let counts = (segment.documents() as u64, segment.meta().tokens);
        if counts != (entry.documents, entry.tokens) {
            let count = |(documents, tokens)| format!("{documents} documents and {tokens} tokens");
            return Err(missing(&count((entry.documents, entry.tokens)), &count(counts)));
        }
        parts.verify(check)?;
        let types = segment.table().map(|table| table.schema()).unwrap_or_default();
        if let Some((name, _)) = types.0.iter().find(|(name, kind)| manifest.schema.get(name) != Some(**kind))
        {
            return Err(missing("the types of its segments' attributes", &format!("another type of {name}")));
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
