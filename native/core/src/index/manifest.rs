//! The manifest of a version: which codec and segments it has, and which of their documents are deleted.
//!
//! A manifest is a container of two sections: JSON, and the bitmaps of deleted documents. It names other files of its folder: whole index
//! files, as `papers.maxsim`, and files in `parts/`, which hold a codec or a segment and are named by their digests.

use super::sections as id;
use crate::documents::Schema;
use crate::format::{Container, ContainerWriter};
use crate::{Error, Result};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Folder of codecs and segments next to the manifests.
pub const PARTS: &str = "parts";

/// A version as its manifest says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The file that holds the codec.
    pub codec: PartFile,
    /// Identifies the codec, whatever file it is in: 64 hexadecimal digits.
    pub codec_identity: String,
    /// The segments, in the order of their documents' positions.
    pub segments: Vec<SegmentEntry>,
    /// The attributes of all documents.
    pub schema: Schema,
    /// Label of the version from which this one was made.
    pub parent: String,
    /// When it was made: RFC 3339.
    pub made: String,
    /// What made it, in words.
    pub change: String,
}

/// A file that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFile {
    /// Its path from the manifest's folder.
    pub file: String,
    /// Its digest: 64 hexadecimal digits.
    pub digest: String,
}

impl PartFile {
    /// The path of the file of a manifest in `folder`; `None` if the name leads elsewhere than a manifest's files may be.
    pub fn path(&self, folder: &Path) -> Option<PathBuf> {
        let mut parts = self.file.split('/');
        let (first, second) = (parts.next()?, parts.next());
        let name = match second {
            Some(name) if first == PARTS => name,
            Some(_) => return None,
            None => first,
        };
        let plain = name.ends_with(".maxsim") && !name.starts_with('.') && !name.contains(['\\', '\0']);
        (plain && parts.next().is_none()).then(|| folder.join(&self.file))
    }
}

/// A segment in a manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentEntry {
    /// Its file.
    #[serde(flatten)]
    pub part: PartFile,
    /// Number of its documents.
    pub documents: u64,
    /// Number of its tokens.
    pub tokens: u64,
    /// Number of its documents that are deleted.
    pub deleted: u64,
    /// The bytes of their bitmap in the section of bitmaps.
    bitmap: Range<u64>,
}

impl SegmentEntry {
    /// A segment without deleted documents.
    pub fn new(part: PartFile, documents: u64, tokens: u64) -> Self {
        Self { part, documents, tokens, deleted: 0, bitmap: 0..0 }
    }
}

impl Manifest {
    /// Reads the manifest in a container; `None` if it holds something else.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn read(file: &Container) -> Result<Option<(Self, Vec<RoaringBitmap>)>> {
        let Some(json) = file.section(id::MANIFEST) else { return Ok(None) };
        let corrupt =
            |what: &str, expected: &str, got: String| Error::corrupt(file.path(), what, expected, got);
        let manifest: Self = serde_json::from_slice(json)
            .map_err(|e| corrupt("the manifest", "JSON of a manifest", e.to_string()))?;
        if manifest.segments.is_empty() {
            return Err(corrupt("the manifest", "at least one segment", "0".into()));
        }
        // Searches number documents from 0 in 32 bits, and keep the largest number for no document.
        let documents =
            manifest.segments.iter().try_fold(0_u64, |sum, entry| sum.checked_add(entry.documents));
        if documents.is_none_or(|documents| documents >= u64::from(u32::MAX)) {
            let got = documents.map_or("more than 2^64".into(), |documents| documents.to_string());
            return Err(corrupt("the manifest", "fewer than 2^32 - 1 documents", got));
        }
        let bitmaps = file.section(id::DELETED).unwrap_or(&[]);
        let read = |segment: &SegmentEntry| {
            if segment.bitmap.is_empty() && segment.deleted == 0 {
                return Ok(RoaringBitmap::new());
            }
            let bytes =
                bitmaps.get(segment.bitmap.start as usize..segment.bitmap.end as usize).unwrap_or(&[]);
            match RoaringBitmap::deserialize_from(bytes) {
                Ok(set)
                    if set.len() == segment.deleted
                        && set.max().is_none_or(|max| u64::from(max) < segment.documents) =>
                {
                    Ok(set)
                }
                _ => Err(corrupt("deleted", "a bitmap of the segment's deleted documents", "another".into())),
            }
        };
        let deleted = manifest.segments.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(Some((manifest, deleted)))
    }

    /// Writes the manifest, with the deleted documents of each segment, to `path`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(mut self, deleted: &[RoaringBitmap], path: &Path) -> Result<()> {
        let mut bitmaps = Vec::new();
        for (segment, deleted) in self.segments.iter_mut().zip(deleted) {
            let start = bitmaps.len() as u64;
            if !deleted.is_empty() {
                deleted.serialize_into(&mut bitmaps).map_err(|e| Error::io(path, "write", e))?;
            }
            (segment.deleted, segment.bitmap) = (deleted.len(), start..bitmaps.len() as u64);
        }
        let mut writer = ContainerWriter::create(path, id::COUNT)?;
        writer.section(id::MANIFEST, &serde_json::to_vec(&self).unwrap_or_default())?;
        writer.section(id::DELETED, &bitmaps)?;
        writer.finish().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_only_to_the_files_of_the_folder() {
        let path = |file: &str| {
            PartFile { file: file.into(), digest: String::new() }
                .path(Path::new("/f"))
                .map(|p| p.display().to_string())
        };
        assert_eq!(path("a.maxsim").as_deref(), Some("/f/a.maxsim"));
        assert_eq!(path("parts/0a.maxsim").as_deref(), Some("/f/parts/0a.maxsim"));
        for other in [
            "../a.maxsim",
            "/a.maxsim",
            "parts/../a.maxsim",
            "parts/a/b.maxsim",
            "x/a.maxsim",
            "a",
            ".a.maxsim",
        ] {
            assert_eq!(path(other), None, "{other}");
        }
    }
}
