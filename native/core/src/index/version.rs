//! An open index version: a codec and the segments that are coded with it.

use super::codec::Codec;
use super::drift::{Drift, drift};
use super::manifest::Manifest;
use super::meta::Kind;
use super::sections as id;
use super::segment::{Placed, Segment};
use super::selection::{Selection, Selections};
use crate::documents::{Documents, Filter, Schema};
use crate::format::Container;
use crate::{Error, Result};
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

/// Size of one part of an index file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceUsage {
    /// Name of the part.
    pub component: &'static str,
    /// Number of bytes.
    pub bytes: u64,
}

/// An index version, shared by all searchers. A document's *position* counts the documents of all segments, in order, deleted ones
/// too.
pub struct Index {
    file: Arc<Container>,
    /// All files, each once.
    files: Vec<Arc<Container>>,
    manifest: Option<Manifest>,
    codec: Arc<Codec>,
    segments: Vec<Placed>,
    positions: usize,
    /// All documents, if some are deleted.
    everything: OnceLock<Option<Arc<Selection>>>,
    selections: Selections,
}

impl Index {
    /// The version in `file`, with its codec, and its segments with their deleted documents.
    pub(super) fn of(
        file: Arc<Container>,
        codec: Arc<Codec>,
        segments: Vec<(Arc<Segment>, RoaringBitmap)>,
        manifest: Option<Manifest>,
    ) -> Self {
        let mut positions = 0;
        let mut placed = Vec::with_capacity(segments.len());
        for (segment, deleted) in segments {
            let first = positions;
            positions += segment.documents();
            placed.push(Placed { segment, first, deleted });
        }
        let parts = placed.iter().map(|placed| placed.segment.file());
        let mut files: Vec<Arc<Container>> = vec![file.clone()];
        for file in std::iter::once(codec.file()).chain(parts) {
            if !files.iter().any(|known| Arc::ptr_eq(known, file)) {
                files.push(file.clone());
            }
        }
        let (everything, selections) = (OnceLock::new(), Selections::default());
        Self { file, files, manifest, codec, segments: placed, positions, everything, selections }
    }

    /// The file that was opened.
    pub fn file(&self) -> &Container {
        &self.file
    }

    /// The codec.
    pub fn codec(&self) -> &Arc<Codec> {
        &self.codec
    }

    /// What the version consists of, if its file says it; a file that holds codec and segment itself does not.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The files of the version, each once.
    pub fn files(&self) -> &[Arc<Container>] {
        &self.files
    }

    /// Length of all files in bytes.
    pub fn bytes(&self) -> u64 {
        self.files().iter().map(|file| file.file_length()).sum()
    }

    /// The segments, in the order of their documents' positions.
    pub fn segments(&self) -> &[Placed] {
        &self.segments
    }

    /// How the documents are stored.
    pub fn kind(&self) -> Kind {
        self.codec.kind()
    }

    /// Number of values in a token vector.
    pub fn dim(&self) -> usize {
        self.codec.dim()
    }

    /// Number of coarse centroids.
    pub fn centroid_count(&self) -> usize {
        self.codec.centroid_count()
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        self.positions - self.deleted()
    }

    /// Number of deleted documents that the segments still hold.
    pub fn deleted(&self) -> usize {
        self.segments.iter().map(|placed| placed.deleted.len() as usize).sum()
    }

    /// Number of positions: documents, and deleted ones.
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// Number of tokens, with those of deleted documents.
    pub fn tokens(&self) -> u64 {
        self.segments.iter().map(|placed| placed.segment.meta().tokens).sum()
    }

    /// Number of documents with at least one token, which a search can return.
    pub fn documents_with_tokens(&self) -> usize {
        self.segments.iter().map(|placed| placed.segment.documents_with_tokens()).sum()
    }

    /// Build parameters and digests of the inputs, as JSON.
    pub fn provenance(&self) -> &str {
        std::str::from_utf8(self.codec.file().section(id::PROVENANCE).unwrap_or(b"{}")).unwrap_or("{}")
    }

    /// How well the codec still fits, for each tier of tokens. Reads every centroid and norm at the first call.
    pub fn drift(&self) -> Vec<Drift> {
        drift(&self.codec, self.segments.iter().map(|placed| &*placed.segment))
    }

    /// The attributes of the documents.
    pub fn schema(&self) -> Schema {
        if let Some(manifest) = &self.manifest {
            return manifest.schema.clone();
        }
        let tables = self.segments.iter().filter_map(|placed| placed.segment.table());
        Schema(tables.flat_map(|table| table.schema().0).collect())
    }

    /// The documents that match a filter in JSON (see [`Filter`]), without a filter all. `None` stands for all positions. A recent filter is
    /// not evaluated again.
    ///
    /// # Errors
    /// [`Error::Filter`]; as [`Self::check_intact`].
    pub fn select(&self, filter: Option<&str>) -> Result<Option<Arc<Selection>>> {
        let Some(json) = filter else { return Ok(self.everything()) };
        if let Some(selection) = self.selections.get(json) {
            return Ok(Some(selection));
        }
        let filter = Filter::parse(json)?;
        filter.check(&self.schema())?;
        let selection = Arc::new(Selection::matching(&self.segments, self.positions, &filter));
        // What is kept must come from the bytes of the digest.
        self.check_intact()?;
        self.selections.put(json.to_owned(), selection.clone());
        Ok(Some(selection))
    }

    /// Positions of all documents that match a filter in JSON, also of those without tokens.
    ///
    /// # Errors
    /// [`Error::Filter`].
    pub fn matching(&self, filter: &str) -> Result<Vec<usize>> {
        let filter = Filter::parse(filter)?;
        filter.check(&self.schema())?;
        let of = |placed: &Placed| {
            let documents = filter.matching(placed) - &placed.deleted;
            documents.into_iter().map(|document| placed.first + document as usize).collect::<Vec<_>>()
        };
        Ok(self.segments.iter().flat_map(of).collect())
    }

    /// All documents; `None` if there is a document at every position.
    fn everything(&self) -> Option<Arc<Selection>> {
        let live = || Arc::new(Selection::everything(&self.segments, self.positions));
        let made = || {
            let everything = (self.deleted() > 0).then(live);
            self.files.iter().for_each(|file| file.keep_only_if_intact());
            everything
        };
        self.everything.get_or_init(made).clone()
    }

    /// The id of a document: the one it was given, or its position. Empty if there is no such document.
    pub fn id_of(&self, position: usize) -> Cow<'_, str> {
        if position >= self.positions {
            return Cow::Borrowed("");
        }
        let (place, document) = self.locate(position);
        match self.segments[place].segment.ids() {
            Some(ids) => Cow::Borrowed(ids.of(document)),
            None => Cow::Owned(position.to_string()),
        }
    }

    /// The order of two documents' ids, given by their positions: a shorter id comes before a longer one, ids of equal length are
    /// ordered by their bytes. So decimal numbers are in numeric order. Documents with equal scores are returned in this order.
    pub fn compare_ids(&self, a: u32, b: u32) -> Ordering {
        if self.segments.iter().all(|placed| placed.segment.ids().is_none()) {
            return a.cmp(&b);
        }
        let (a, b) = (self.id_of(a as usize), self.id_of(b as usize));
        a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
    }

    /// The position of the document with an id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.segments.iter().find_map(|placed| Some(placed.first + placed.find(id)? as usize))
    }

    /// Whether a document with an id is deleted, and still in the files.
    pub fn is_deleted(&self, id: &str) -> bool {
        let held = |placed: &Placed| placed.segment.ids().is_some_and(|ids| ids.find(id).is_some());
        self.find(id).is_none() && self.segments.iter().any(held)
    }

    /// The fields of a document, as a JSON object; an empty one if it has no fields, or there is no such document.
    pub fn fields_of(&self, position: usize) -> &str {
        if position >= self.positions {
            return "{}";
        }
        let (place, document) = self.locate(position);
        self.segments[place].segment.table().map_or("{}", |table| table.fields(document))
    }

    /// Which segment holds the document at `position`, and its number there.
    pub fn locate(&self, position: usize) -> (usize, usize) {
        // Most versions have one segment, or one that holds most documents.
        let place = self.segments.partition_point(|placed| placed.first <= position) - 1;
        (place, position - self.segments[place].first)
    }

    /// A document's token vectors, `[tokens][dim]`: the original ones in an exact index, otherwise
    /// `mean + centroid + norm · words(codes)`, of which centroid and words are rotated back.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such document.
    pub fn document_embeddings(&self, position: usize) -> Result<Vec<f32>> {
        if position >= self.positions {
            return Err(Error::Parameter {
                name: "docId",
                expected: format!("below {}", self.positions),
                got: position.to_string(),
            });
        }
        let (place, document) = self.locate(position);
        Ok(self.segments[place].segment.embeddings(&self.codec, document))
    }

    /// Size of each part of the files, in file order. The sizes add up to those of the files.
    pub fn space_usage(&self) -> Vec<SpaceUsage> {
        let mut usage: Vec<SpaceUsage> = Vec::new();
        for section in self.files.iter().flat_map(|file| file.sections()) {
            let component = id::name(section.id);
            match usage.iter_mut().find(|part| part.component == component) {
                Some(part) => part.bytes += section.length,
                None => usage.push(SpaceUsage { component, bytes: section.length }),
            }
        }
        let accounted: u64 = usage.iter().map(|part| part.bytes).sum();
        usage.push(SpaceUsage { component: "header_and_padding", bytes: self.bytes() - accounted });
        usage
    }
}
