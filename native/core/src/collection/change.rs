//! Changes: documents are added, replaced and deleted.
//!
//! ```text
//! upsert  new segment ← the documents, coded with the codec; an id that exists is deleted where it is; publish
//! delete  the documents with the ids, or that match the filter, are deleted where they are; publish
//! publish drop segments of which all documents are deleted, unless segments are merged meanwhile; write the manifest; make it current
//! ```

use super::folder::{Collection, store_current};
use crate::build::build_segment;
use crate::corpus::Corpus;
use crate::index::Index;
use crate::index::manifest::{Manifest, PartFile, SegmentEntry};
use crate::monitor::Monitor;
use crate::{Error, Result};
use roaring::RoaringBitmap;

/// What a change did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Label of the version that it made, which is current now. That of the version before, if nothing was to be changed.
    pub version: String,
    /// Number of documents added.
    pub added: usize,
    /// Number of documents deleted or replaced.
    pub deleted: usize,
}

/// Which documents to delete.
#[derive(Debug, Clone, Copy)]
pub enum Delete<'a> {
    /// Those with these ids; an id that no document has is left out.
    Ids(&'a [String]),
    /// Those that match a filter in JSON.
    Filter(&'a str),
}

/// A version that is being made from another.
pub(super) struct Draft {
    /// Label of the other version.
    pub(super) base: String,
    pub(super) manifest: Manifest,
    pub(super) deleted: Vec<RoaringBitmap>,
}

impl Collection {
    /// Adds documents, whose records have ids, as one change. A document whose id exists is replaced. `base`, if given, must be
    /// current. Runs in the current rayon pool.
    ///
    /// # Errors
    /// [`Error::Input`] for vectors, ids or fields that do not fit the collection; [`Error::Conflict`] if `base` is not current;
    /// [`Error::Io`], [`Error::Cancelled`]. The collection is then as it was, unless only syncing its folder failed
    /// after the change: see [`super::store_current`].
    pub fn upsert(&self, corpus: &Corpus<'_>, base: Option<&str>, monitor: &dyn Monitor) -> Result<Change> {
        let _lock = self.lock_changes()?;
        let (index, mut draft) = self.draft(base)?;
        let Some(records) = corpus.records.as_ref().filter(|r| r.list.iter().all(|r| r.id.is_some())) else {
            return Err(Error::input("ids", "ids", "an id for each document", "no ids"));
        };
        // An index without any fields takes its attributes from the first documents that have some.
        let bare = index.segments().iter().all(|placed| placed.segment.table().is_none());
        if draft.manifest.schema.0.is_empty() && bare {
            draft.manifest.schema = records.schema.clone();
        }
        for record in &records.list {
            record.check(
                &format!("document {:?}", record.id.as_deref().unwrap_or_default()),
                &draft.manifest.schema,
            )?;
        }
        let (schema, identity) = (&draft.manifest.schema, &draft.manifest.codec_identity);
        let (file, digest) =
            self.write_part(|path| build_segment(corpus, schema, index.codec(), identity, path, monitor))?;
        let ids = records.list.iter().filter_map(|record| record.id.as_deref());
        let replaced = draft.delete(&index, ids.filter_map(|id| index.find(id)));
        let added = corpus.documents();
        let entry = SegmentEntry::new(
            PartFile { file, digest },
            added as u64,
            corpus.vectors.values.len() as u64 / corpus.vectors.dim as u64,
        );
        draft.manifest.segments.push(entry);
        draft.deleted.push(RoaringBitmap::new());
        index.check_intact()?;
        draft.manifest.change = format!("upsert of {added} documents, {replaced} of them replaced");
        Ok(Change { version: self.publish(draft)?, added, deleted: replaced })
    }

    /// Deletes documents, as one change. `base`, if given, must be current.
    ///
    /// # Errors
    /// [`Error::Filter`]; [`Error::Conflict`] if `base` is not current; [`Error::Io`].
    pub fn delete(&self, what: Delete<'_>, base: Option<&str>) -> Result<Change> {
        let _lock = self.lock_changes()?;
        let (index, mut draft) = self.draft(base)?;
        let deleted = match what {
            Delete::Ids(ids) => draft.delete(&index, ids.iter().filter_map(|id| index.find(id))),
            Delete::Filter(filter) => draft.delete(&index, index.matching(filter)?.into_iter()),
        };
        index.check_intact()?;
        if deleted == 0 {
            return Ok(Change { version: draft.base, added: 0, deleted });
        }
        draft.manifest.change = format!("delete of {deleted} documents");
        Ok(Change { version: self.publish(draft)?, added: 0, deleted })
    }

    /// The current version, and a draft that equals it.
    pub(super) fn draft(&self, base: Option<&str>) -> Result<(Index, Draft)> {
        let current = self.current()?;
        if let Some(base) = base.filter(|&base| base != current) {
            return Err(Error::Conflict { base: base.to_owned(), current });
        }
        let index = self.version(&current)?;
        let manifest = match index.manifest() {
            Some(manifest) => manifest.clone(),
            None => whole(&index),
        };
        let deleted = index.segments().iter().map(|placed| placed.deleted.clone()).collect();
        Ok((index, Draft { base: current, manifest, deleted }))
    }

    /// Writes the manifest of a draft and makes it current. The lock of changes is held. Returns the label.
    pub(super) fn publish(&self, mut draft: Draft) -> Result<String> {
        // While segments are merged, they stay where they are, so that the merged one can take their place. A merge that begins after this
        // waits for the lock of changes before it looks at the segments.
        if self.try_lock_merges()?.is_some() {
            draft.drop_empty();
        }
        let label = self.next_label(&draft.base)?;
        draft.manifest.parent = draft.base;
        draft.manifest.made = jiff::Timestamp::now().to_string();
        draft.manifest.write(&draft.deleted, &self.path(&label)?)?;
        store_current(self.folder(), &label)?;
        Ok(label)
    }
}

impl Draft {
    /// Drops segments whose documents are all deleted; a version keeps at least one segment.
    fn drop_empty(&mut self) {
        for place in (0..self.manifest.segments.len()).rev() {
            if self.manifest.segments.len() > 1
                && self.deleted[place].len() == self.manifest.segments[place].documents
            {
                self.manifest.segments.remove(place);
                self.deleted.remove(place);
            }
        }
    }

    /// Marks documents, by position in `index`, as deleted; returns how many were not before.
    fn delete(&mut self, index: &Index, positions: impl Iterator<Item = usize>) -> usize {
        let mut count = 0;
        for position in positions {
            let (segment, document) = index.locate(position);
            count += usize::from(self.deleted[segment].insert(document as u32));
        }
        count
    }
}

/// The manifest of a version that is an index file itself.
fn whole(index: &Index) -> Manifest {
    let file = index.file();
    let part = PartFile { file: Collection::whole_file(file), digest: file.digest_hex() };
    let entry = SegmentEntry::new(part.clone(), index.documents() as u64, index.tokens());
    Manifest {
        codec: part,
        codec_identity: index.codec().identity(),
        segments: vec![entry],
        schema: index.schema(),
        parent: String::new(),
        made: String::new(),
        change: String::new(),
    }
}
