//! Compaction: neighbouring segments are merged into one, and deleted documents leave the files. No answer changes: documents keep their
//! order, and codes are copied.
//!
//! ```text
//! plan    tier of a segment ← ⌊log₈(its tokens / 4,096)⌋, at least 0
//!         from the lowest tier up: a run of 8 or more neighbours of this tier or lower is merged
//!         otherwise a segment of which a fifth or more is deleted is written anew
//! merge   write the documents of the planned segments that are not deleted, as one segment; changes go on meanwhile
//! publish replace the segments by the new one in the current version; what was deleted meanwhile is deleted in the new one
//! ```
//!
//! With tiers a document is written again once for each factor of 8 by which the collection grows.

use super::change::Change;
use super::folder::Collection;
use crate::build::{Around, extract_codec, merge};
use crate::index::Index;
use crate::index::manifest::{PartFile, SegmentEntry};
use crate::monitor::Monitor;
use crate::{Error, Result};
use roaring::RoaringBitmap;
use std::ops::Range;

/// Neighbours of one tier that are merged, and the factor between tiers.
const FACTOR: u64 = 8;
/// Tokens of the lowest tier's segments.
const SMALL: u64 = 4096;
/// A segment is written anew if 1 of this many documents is deleted.
const HOLES: u64 = 5;

/// Which segments to merge next; each is given by its tokens, documents and deleted documents. `None` if nothing is worth it.
pub fn plan(segments: &[(u64, u64, u64)]) -> Option<Range<usize>> {
    let tier = |&(tokens, _, _): &(u64, u64, u64)| (tokens / SMALL).max(1).ilog(FACTOR);
    let highest = segments.iter().map(tier).max().unwrap_or(0);
    for most in 0..=highest {
        let mut start = 0;
        for end in 0..=segments.len() {
            if segments.get(end).is_some_and(|segment| tier(segment) <= most) {
                continue;
            }
            if (end - start) as u64 >= FACTOR {
                return Some(start..end);
            }
            start = end + 1;
        }
    }
    let holey = |&(_, documents, deleted): &(u64, u64, u64)| deleted > 0 && deleted * HOLES >= documents;
    segments.iter().position(holey).map(|at| at..at + 1)
}

impl Collection {
    /// Merges segments as [`plan`] says, once; with `all` every segment into one, and puts the codec into a file of its own. Returns what
    /// was done; `None` if there was nothing to do, or another merge is going on.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Cancelled`]; [`Error::Conflict`] if a version without the merged segments was made current meanwhile.
    pub fn compact(&self, all: bool, monitor: &dyn Monitor) -> Result<Option<Change>> {
        let Some(_lock) = self.try_lock_merges()? else { return Ok(None) };
        let (index, draft) = {
            let _lock = self.lock_changes()?;
            self.draft(None)?
        };
        let sizes: Vec<(u64, u64, u64)> =
            draft.manifest.segments.iter().map(|s| (s.tokens, s.documents, s.deleted)).collect();
        let range = if all {
            let done = sizes.len() == 1 && index.deleted() == 0 && !index.codec().is_with_segment();
            // An index file that nothing was added to or removed from is as compact as it can be.
            (index.manifest().is_some() && !done).then_some(0..sizes.len())
        } else {
            plan(&sizes)
        };
        let Some(range) = range else { return Ok(None) };
        let merged = self.merge(&index, &range, monitor)?;
        let codec = if all && index.codec().is_with_segment() {
            let (file, digest) = self.write_part(|path| extract_codec(index.codec(), path))?;
            Some(PartFile { file, digest })
        } else {
            None
        };
        self.replace(&index, range, merged, codec).map(Some)
    }

    /// Writes the documents of some segments as one; `None` if all of them are deleted.
    fn merge(&self, index: &Index, range: &Range<usize>, monitor: &dyn Monitor) -> Result<Option<PartFile>> {
        let segments: Vec<usize> = range.clone().collect();
        let left = segments.iter().map(|&s| &index.segments()[s]);
        if left.map(|p| p.segment.documents() as u64 - p.deleted.len()).sum::<u64>() == 0 {
            return Ok(None);
        }
        let identity = match index.manifest() {
            Some(manifest) => manifest.codec_identity.clone(),
            None => index.codec().identity(),
        };
        let (file, digest) =
            self.write_part(|path| merge(index, &segments, Around::Segment(&identity), path, monitor))?;
        Ok(Some(PartFile { file, digest }))
    }

    /// Publishes a version in which `merged` takes the place of the segments `range` of `before`.
    fn replace(
        &self,
        before: &Index,
        range: Range<usize>,
        merged: Option<PartFile>,
        codec: Option<PartFile>,
    ) -> Result<Change> {
        let _lock = self.lock_changes()?;
        let (_, mut draft) = self.draft(None)?;
        let old = &before.segments()[range.clone()];
        // While segments are merged, changes only append segments and delete documents. So the segments are where they were.
        let first = range.start;
        let now =
            draft.manifest.segments.get(range).unwrap_or(&[]).iter().map(|entry| entry.part.digest.clone());
        if !now.eq(old.iter().map(|placed| placed.segment.file().digest_hex())) {
            let base = before.file().path().file_stem().map(|stem| stem.to_string_lossy().into_owned());
            return Err(Error::Conflict { base: base.unwrap_or_default(), current: draft.base });
        }
        // Number of a document in the merged segment, and whether it was deleted since.
        let mut deleted = RoaringBitmap::new();
        let (mut number, mut tokens, mut dropped) = (0_u32, 0_u64, 0_u64);
        for (placed, now) in old.iter().zip(&draft.deleted[first..]) {
            dropped += placed.deleted.len();
            for document in (0..placed.segment.documents()).filter(|&document| placed.has(document)) {
                if now.contains(document as u32) {
                    deleted.insert(number);
                }
                number += 1;
                tokens += placed.segment.tokens_of(document).len() as u64;
            }
        }
        let merged = merged.map(|part| SegmentEntry::new(part, u64::from(number), tokens));
        // A version has at least one segment: if nothing is left of all of them, they stay.
        if merged.is_none() && old.len() == draft.manifest.segments.len() {
            return Ok(Change { version: draft.base, added: 0, deleted: 0 });
        }
        let bitmaps = merged.is_some().then_some(deleted);
        draft.deleted.splice(first..first + old.len(), bitmaps);
        draft.manifest.segments.splice(first..first + old.len(), merged);
        if let Some(codec) = codec {
            draft.manifest.codec = codec;
        }
        draft.manifest.change =
            format!("compaction of {} segments, {dropped} deleted documents left the files", old.len());
        Ok(Change { version: self.publish(draft)?, added: 0, deleted: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_neighbours_of_a_tier_are_merged_lowest_first() {
        let small = (100, 10, 0);
        let middle = (40_000, 600, 0);
        assert_eq!(plan(&[small; 7]), None);
        assert_eq!(plan(&[small; 8]), Some(0..8));
        let mut mixed = vec![(4_000_000, 60_000, 0)];
        mixed.extend([middle; 5]);
        mixed.extend([small; 9]);
        assert_eq!(plan(&mixed), Some(6..15));
        mixed.truncate(9);
        // Five of the middle tier and three below it.
        assert_eq!(plan(&mixed), Some(1..9));
        assert_eq!(plan(&[]), None);
    }

    #[test]
    fn a_segment_with_many_holes_is_written_anew() {
        assert_eq!(plan(&[(9000, 100, 19), (9000, 100, 20)]), Some(1..2));
        assert_eq!(plan(&[(9000, 100, 19)]), None);
        assert_eq!(plan(&[(0, 0, 0)]), None);
    }
}
