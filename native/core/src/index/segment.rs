//! A segment of an index: documents, and all that is stored for each. It never changes.

use super::codec::Codec;
use super::meta::{Kind, Meta};
use super::sections as id;
use super::tally::Tally;
use crate::corpus::TokenVectors;
use crate::documents::{ColumnView, Documents, Ids, Table};
use crate::format::Container;
use crate::kernel;
use crate::quantize::Rotation;
use crate::quantize::rotation::transposed;
use bytemuck::Pod;
use half::f16;
use roaring::RoaringBitmap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A segment in a mapped file. Its documents are numbered from 0, in the order in which they are stored.
pub struct Segment {
    file: Arc<Container>,
    meta: Meta,
    with_tokens: OnceLock<usize>,
    /// Places of the centroids' lists, where only some have one.
    ranks: OnceLock<Ranks>,
    tally: OnceLock<Tally>,
}

impl Segment {
    /// The segment in a file whose counts and sizes were checked.
    pub(super) fn over(file: Arc<Container>, meta: Meta) -> Self {
        Self { file, meta, with_tokens: OnceLock::new(), ranks: OnceLock::new(), tally: OnceLock::new() }
    }

    fn section<T: Pod>(&self, section: u32) -> &[T] {
        self.file.values(section)
    }

    /// Counts and settings.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The file that holds the segment.
    pub fn file(&self) -> &Arc<Container> {
        &self.file
    }

    /// Whether the file also holds the codec. It was then trained with these documents.
    pub fn is_whole(&self) -> bool {
        self.file.section(id::CODEC).is_none()
    }

    /// The identity of the codec, 64 hexadecimal digits, if the file names it.
    pub fn codec_identity(&self) -> Option<String> {
        let bytes: [u8; 32] = self.file.section(id::CODEC)?.try_into().ok()?;
        Some(blake3::Hash::from_bytes(bytes).to_hex().to_string())
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        self.meta.documents as usize
    }

    /// Number of documents with at least one token. Counted at the first call.
    pub fn documents_with_tokens(&self) -> usize {
        let count = || self.doc_offsets().windows(2).filter(|ends| ends[0] < ends[1]).count();
        *self.with_tokens.get_or_init(|| self.file.derive(count))
    }

    /// First token of each document, and the number of tokens, `[documents + 1]`.
    pub fn doc_offsets(&self) -> &[u64] {
        self.section(id::DOC_OFFSETS)
    }

    /// Range of a document's tokens.
    pub fn tokens_of(&self, document: usize) -> Range<usize> {
        let offsets = self.doc_offsets();
        offsets[document] as usize..offsets[document + 1] as usize
    }

    /// Token vectors of an exact index, `[tokens][dim]`.
    pub fn vectors(&self) -> TokenVectors<'_> {
        TokenVectors { values: self.section(id::VECTORS), dim: self.meta.dim as usize }
    }

    /// The inverted lists.
    pub fn lists(&self) -> Lists<'_> {
        let centroids: Option<&[u32]> =
            self.file.section(id::LIST_CENTROIDS).map(|_| self.section(id::LIST_CENTROIDS));
        let bound = self.meta.centroids as usize;
        let ranks = centroids
            .map(|centroids| self.ranks.get_or_init(|| self.file.derive(|| Ranks::new(centroids, bound))));
        let (offsets, documents) = (self.section(id::LIST_OFFSETS), self.section(id::LIST_DOCS));
        Lists { centroids, offsets, documents, ranks }
    }

    /// Centroid of each token, `[tokens]`.
    pub fn token_centroids(&self) -> &[u32] {
        self.section(id::TOKEN_CENTROIDS)
    }

    /// Norm of each token's residual, `[tokens]`.
    pub fn norms(&self) -> &[f16] {
        self.section(id::NORMS)
    }

    /// What drift is computed from; counted at the first call, in which all centroids and norms are read.
    pub(super) fn tally(&self, codec: &Codec) -> &Tally {
        self.tally.get_or_init(|| Tally::of(&codec.tiers(), self.token_centroids(), self.norms()))
    }

    /// Codes, `[tokens][subspaces]`.
    pub fn codes(&self) -> &[u8] {
        self.section(id::CODES)
    }

    /// The ids; `None` if documents are named by their positions.
    pub fn ids(&self) -> Option<Ids<'_>> {
        let map = self.file.section(id::DOC_IDS)?;
        Some(Ids::new(map, self.section(id::DOC_ID_OFFSETS), self.section(id::DOC_ID_BYTES)))
    }

    /// Attributes and fields; `None` if the documents have no fields.
    pub fn table(&self) -> Option<Table<'_>> {
        let directory = self.file.section(id::ATTRIBUTES)?;
        let (columns, fields) = (self.section(id::COLUMNS), self.section(id::FIELDS));
        Some(Table::new(directory, columns, self.section(id::FIELD_OFFSETS), fields))
    }

    /// A document's token vectors, `[tokens][dim]`: the original ones in an exact index, otherwise
    /// `mean + centroid + norm · words(codes)`, of which centroid and words are rotated back.
    pub(super) fn embeddings(&self, codec: &Codec, document: usize) -> Vec<f32> {
        let (dim, kernels, range) = (codec.dim(), kernel::active(), self.tokens_of(document));
        // Not the room for as many tokens as a damaged file says.
        let range = range.start.min(self.meta.tokens as usize)..range.end.min(self.meta.tokens as usize);
        let mut rows = vec![0.0; range.len() * dim];
        if codec.kind() == Kind::Exact {
            kernels.widen(self.vectors().rows(range.start, range.end), &mut rows);
            return rows;
        }
        let (codebooks, subspaces) = (codec.codebooks(), codec.subspaces().len());
        let mut centroid = vec![0.0; dim];
        for (token, row) in range.zip(rows.chunks_exact_mut(dim)) {
            let at = self.token_centroids()[token] as usize * dim;
            kernels.widen(&codec.centroids()[at..at + dim], &mut centroid);
            codebooks.decode(&self.codes()[token * subspaces..(token + 1) * subspaces], row);
            let norm = self.norms()[token].to_f32();
            row.iter_mut()
                .zip(&centroid)
                .for_each(|(value, centroid)| *value = norm.mul_add(*value, *centroid));
        }
        if let Some(matrix) = codec.rotation_matrix() {
            Rotation::new(&transposed(matrix, dim), dim).apply(kernels, &mut rows, &mut Vec::new());
        }
        for row in rows.chunks_exact_mut(dim) {
            row.iter_mut().zip(codec.mean()).for_each(|(value, mean)| *value += mean);
        }
        rows
    }
}

/// The inverted lists of a segment: for each centroid the documents that have a token in its cluster, ascending.
#[derive(Clone, Copy)]
pub struct Lists<'a> {
    /// The centroids that have a list, ascending, if only those are stored. A segment of few documents has few.
    pub centroids: Option<&'a [u32]>,
    /// First entry of each list, and the number of entries.
    pub offsets: &'a [u64],
    /// Documents of all lists.
    pub documents: &'a [u32],
    ranks: Option<&'a Ranks>,
}

impl<'a> Lists<'a> {
    /// The list of a centroid; empty if it has none.
    pub fn of(&self, centroid: u32) -> &'a [u32] {
        self.place(centroid).map_or(&[], |place| self.at(place))
    }

    /// The place of a centroid's list among the lists; `None` if it has none.
    pub fn place(&self, centroid: u32) -> Option<usize> {
        match self.ranks {
            None => Some(centroid as usize),
            Some(ranks) => ranks.of(centroid),
        }
    }

    /// The list at a place.
    pub fn at(&self, place: usize) -> &'a [u32] {
        &self.documents[self.offsets[place] as usize..self.offsets[place + 1] as usize]
    }
}

/// Ranks of some numbers among themselves: a bit for each number, and for each word of bits how many are set before it. With 50 segments a
/// query asks for 25,000 lists; a binary search for each took a fifth of its time.
struct Ranks {
    words: Vec<u64>,
    before: Vec<u32>,
}

impl Ranks {
    /// Of `numbers`, ascending and below `bound`.
    fn new(numbers: &[u32], bound: usize) -> Self {
        let mut words = vec![0_u64; bound.div_ceil(64)];
        for &number in numbers {
            if let Some(word) = words.get_mut(number as usize / 64) {
                *word |= 1 << (number % 64);
            }
        }
        let mut sum = 0;
        let before = words.iter().map(|word| {
            sum += word.count_ones();
            sum - word.count_ones()
        });
        let before = before.collect();
        Self { words, before }
    }

    fn of(&self, number: u32) -> Option<usize> {
        let word = *self.words.get(number as usize / 64)?;
        let bit = 1 << (number % 64);
        (word & bit != 0)
            .then(|| (self.before[number as usize / 64] + (word & (bit - 1)).count_ones()) as usize)
    }
}

/// A segment in a version.
pub struct Placed {
    /// The segment.
    pub segment: Arc<Segment>,
    /// Position of its first document in the version.
    pub first: usize,
    /// Its documents that are not in the version.
    pub deleted: RoaringBitmap,
}

impl Placed {
    /// Whether a document is in the version.
    pub fn has(&self, document: usize) -> bool {
        !self.deleted.contains(document as u32)
    }
}

impl Documents for Placed {
    fn count(&self) -> u32 {
        self.segment.documents() as u32
    }

    fn column(&self, field: &str) -> Option<ColumnView<'_>> {
        self.segment.table()?.column(field)
    }

    /// A document without an id of its own is named by its position in the version.
    fn find(&self, id: &str) -> Option<u32> {
        let Some(ids) = self.segment.ids() else {
            let position: usize = id.parse().ok()?;
            let document = position.checked_sub(self.first)?;
            let found = document < self.segment.documents() && position.to_string() == id;
            let found = found && !self.deleted.contains(document as u32);
            return found.then_some(document as u32);
        };
        ids.find(id).filter(|&document| !self.deleted.contains(document))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_rank_is_the_place_that_a_binary_search_finds(
            numbers in prop::collection::btree_set(0_u32..500, 0..200), bound in 500_usize..700,
        ) {
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let ranks = Ranks::new(&numbers, bound);
            for number in 0..800 {
                prop_assert_eq!(ranks.of(number), numbers.binary_search(&number).ok());
            }
        }
    }
}
