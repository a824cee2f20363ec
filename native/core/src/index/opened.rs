//! An open index: typed views of its sections.

use super::meta::{Kind, Meta};
use super::sections as id;
use crate::corpus::TokenVectors;
use crate::format::Segment;
use crate::graph::{GraphView, LevelView};
use crate::kernel;
use crate::quantize::rotation::transposed;
use crate::quantize::{ByteCentroids, ByteCodebooks, Codebooks, Rotation, Scannable, Subspaces};
use crate::{Error, Result};
use bytemuck::Pod;
use half::f16;
use std::sync::OnceLock;

/// Size of one part of an index file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceUsage {
    /// Name of the part.
    pub component: &'static str,
    /// Number of bytes.
    pub bytes: u64,
}

/// An index in a mapped segment, shared by all searchers.
///
/// Only the codebooks and the centroids are copied into memory, as one byte for each value, when a search first needs them; the
/// centroids twice if a search scans them. That is some 2 to 6 % of the file's size.
pub struct Index {
    segment: Segment,
    meta: Meta,
    subspaces: Subspaces,
    byte_codebooks: OnceLock<ByteCodebooks>,
    byte_centroids: OnceLock<ByteCentroids>,
    scannable: OnceLock<Scannable>,
    rotation: OnceLock<Option<Rotation>>,
    with_tokens: OnceLock<usize>,
}

impl Index {
    /// The index in a segment whose counts and sizes were checked.
    pub(super) fn over(segment: Segment, meta: Meta, subspaces: Subspaces) -> Self {
        Self {
            segment,
            meta,
            subspaces,
            byte_codebooks: OnceLock::new(),
            byte_centroids: OnceLock::new(),
            scannable: OnceLock::new(),
            rotation: OnceLock::new(),
            with_tokens: OnceLock::new(),
        }
    }

    fn section<T: Pod>(&self, section: u32) -> &[T] {
        // `validate::sizes` checked every length, and sections are aligned to 64 bytes, so the defaults are never used.
        self.segment.section(section).and_then(|bytes| bytemuck::try_cast_slice(bytes).ok()).unwrap_or(&[])
    }

    /// Counts and settings.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// How the documents are stored.
    pub fn kind(&self) -> Kind {
        self.meta.kind().unwrap_or(Kind::Quantized)
    }

    /// The segment file.
    pub fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Number of values in a token vector.
    pub fn dim(&self) -> usize {
        self.meta.dim as usize
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        self.meta.documents as usize
    }

    /// Number of documents with at least one token, which a search can return. Counted at the first call.
    pub fn documents_with_tokens(&self) -> usize {
        *self
            .with_tokens
            .get_or_init(|| self.doc_offsets().windows(2).filter(|ends| ends[0] < ends[1]).count())
    }

    /// Number of coarse centroids.
    pub fn centroid_count(&self) -> usize {
        self.meta.centroids as usize
    }

    /// How the dimensions are split among the codebooks.
    pub fn subspaces(&self) -> &Subspaces {
        &self.subspaces
    }

    /// Build parameters and digests of the inputs, as JSON.
    pub fn provenance(&self) -> &str {
        std::str::from_utf8(self.section(id::PROVENANCE)).unwrap_or("{}")
    }

    /// First token of each document, and the number of tokens, `[documents + 1]`.
    pub fn doc_offsets(&self) -> &[u64] {
        self.section(id::DOC_OFFSETS)
    }

    /// The mean that is subtracted from every token, `[dim]`; zeros without centring.
    pub fn mean(&self) -> &[f32] {
        self.section(id::MEAN)
    }

    /// Token vectors of an exact index, `[tokens][dim]`.
    pub fn vectors(&self) -> TokenVectors<'_> {
        TokenVectors { values: self.section(id::VECTORS), dim: self.dim() }
    }

    /// Coarse centroids, `[centroids][dim]`.
    pub fn centroids(&self) -> &[f16] {
        self.section(id::CENTROIDS)
    }

    /// First entry of each inverted list, and the number of entries, `[centroids + 1]`.
    pub fn list_offsets(&self) -> &[u64] {
        self.section(id::LIST_OFFSETS)
    }

    /// Document ids of the inverted lists.
    pub fn list_docs(&self) -> &[u32] {
        self.section(id::LIST_DOCS)
    }

    /// The residual codebooks.
    pub fn codebooks(&self) -> Codebooks<'_> {
        Codebooks { words: self.section(id::CODEBOOKS), subspaces: &self.subspaces }
    }

    /// The centroids as bytes, computed at the first call.
    pub fn byte_centroids(&self) -> &ByteCentroids {
        self.byte_centroids.get_or_init(|| ByteCentroids::new(self.centroids(), self.dim()))
    }

    /// What a scan of the centroids reads, computed at the first call.
    pub fn scannable(&self) -> &Scannable {
        self.scannable.get_or_init(|| {
            Scannable::new(
                self.byte_centroids(),
                self.group_vectors(),
                self.group_offsets(),
                self.group_members(),
            )
        })
    }

    /// The codebooks as bytes, computed at the first call.
    pub fn byte_codebooks(&self) -> &ByteCodebooks {
        self.byte_codebooks.get_or_init(|| ByteCodebooks::new(self.codebooks()))
    }

    /// Centroid of each token, `[tokens]`.
    pub fn token_centroids(&self) -> &[u32] {
        self.section(id::TOKEN_CENTROIDS)
    }

    /// Norm of each token's residual, `[tokens]`.
    pub fn norms(&self) -> &[f16] {
        self.section(id::NORMS)
    }

    /// Codes, `[tokens][subspaces]`.
    pub fn codes(&self) -> &[u8] {
        self.section(id::CODES)
    }

    /// Vocabulary ids of the token types.
    pub fn type_ids(&self) -> &[u32] {
        self.section(id::TYPE_IDS)
    }

    /// First centroid of each type, and the number of centroids, `[types + 1]`.
    pub fn type_centroids(&self) -> &[u32] {
        self.section(id::TYPE_CENTROIDS)
    }

    /// Number of tokens of each type.
    pub fn type_counts(&self) -> &[u64] {
        self.section(id::TYPE_COUNTS)
    }

    /// Mean squared distance of each type's tokens to their mean.
    pub fn type_spreads(&self) -> &[f64] {
        self.section(id::TYPE_SPREADS)
    }

    /// Mean of each group of centroids, `[groups][dim]`.
    pub fn group_vectors(&self) -> &[f16] {
        self.section(id::GROUP_VECTORS)
    }

    /// First place of each group in [`Self::group_members`], `[groups + 1]`.
    pub fn group_offsets(&self) -> &[u32] {
        self.section(id::GROUP_OFFSETS)
    }

    /// Centroids, group after group.
    pub fn group_members(&self) -> &[u32] {
        self.section(id::GROUP_MEMBERS)
    }

    /// The rotation of centred tokens, `[dim][dim]`, whose rows are the new axes; `None` if tokens are not rotated.
    pub fn rotation_matrix(&self) -> Option<&[f32]> {
        Some(self.section(id::ROTATION)).filter(|matrix| !matrix.is_empty())
    }

    /// The same, packed for the kernels at the first call.
    pub fn rotation(&self) -> Option<&Rotation> {
        let packed = || self.rotation_matrix().map(|matrix| Rotation::new(matrix, self.dim()));
        self.rotation.get_or_init(packed).as_ref()
    }

    /// Nodes of each graph level above the base.
    pub(super) fn level_nodes(&self) -> &[u64] {
        self.section(id::GRAPH_LEVEL_NODES)
    }

    /// The centroid graph; `None` where there are so few centroids that a search compares all of them.
    pub fn graph(&self) -> Option<GraphView<'_>> {
        if self.meta.base_degree == 0 {
            return None;
        }
        let (mut down, mut centroids, mut links): (&[u32], &[u32], &[u32]) =
            (self.section(id::GRAPH_DOWN), self.section(id::GRAPH_CENTROIDS), self.section(id::GRAPH_LINKS));
        let degree = self.meta.degree as usize;
        let mut levels = Vec::with_capacity(self.level_nodes().len());
        for &nodes in self.level_nodes() {
            let nodes = nodes as usize;
            let (this, rest) = (down.split_at(nodes), centroids.split_at(nodes));
            let linked = links.split_at(nodes * degree);
            levels.push(LevelView { down: this.0, centroids: rest.0, links: linked.0 });
            (down, centroids, links) = (this.1, rest.1, linked.1);
        }
        Some(GraphView {
            rows: self.centroids(),
            dim: self.dim(),
            base: self.section(id::GRAPH_BASE),
            base_degree: self.meta.base_degree as usize,
            levels,
            degree,
            entry: self.meta.entry,
        })
    }

    /// Range of a document's tokens.
    pub fn tokens_of(&self, document: usize) -> std::ops::Range<usize> {
        let offsets = self.doc_offsets();
        offsets[document] as usize..offsets[document + 1] as usize
    }

    /// A document's token vectors, `[tokens][dim]`: the original ones in an exact index, otherwise
    /// `mean + centroid + norm · words(codes)`, of which centroid and words are rotated back.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such document.
    pub fn document_embeddings(&self, document: usize) -> Result<Vec<f32>> {
        if document >= self.documents() {
            return Err(Error::Parameter {
                name: "docId",
                expected: format!("below {}", self.documents()),
                got: document.to_string(),
            });
        }
        let (dim, kernels, range) = (self.dim(), kernel::active(), self.tokens_of(document));
        let mut rows = vec![0.0; range.len() * dim];
        if self.kind() == Kind::Exact {
            kernels.widen(self.vectors().rows(range.start, range.end), &mut rows);
            return Ok(rows);
        }
        let (codebooks, subspaces) = (self.codebooks(), self.subspaces.len());
        let mut centroid = vec![0.0; dim];
        for (token, row) in range.zip(rows.chunks_exact_mut(dim)) {
            let at = self.token_centroids()[token] as usize * dim;
            kernels.widen(&self.centroids()[at..at + dim], &mut centroid);
            codebooks.decode(&self.codes()[token * subspaces..(token + 1) * subspaces], row);
            let norm = self.norms()[token].to_f32();
            row.iter_mut()
                .zip(&centroid)
                .for_each(|(value, centroid)| *value = norm.mul_add(*value, *centroid));
        }
        if let Some(matrix) = self.rotation_matrix() {
            Rotation::new(&transposed(matrix, dim), dim).apply(kernels, &mut rows, &mut Vec::new());
        }
        for row in rows.chunks_exact_mut(dim) {
            row.iter_mut().zip(self.mean()).for_each(|(value, mean)| *value += mean);
        }
        Ok(rows)
    }

    /// Size of each part, in file order. The sizes add up to the size of the file.
    pub fn space_usage(&self) -> Vec<SpaceUsage> {
        let mut usage: Vec<SpaceUsage> = self
            .segment
            .sections()
            .iter()
            .map(|section| SpaceUsage { component: id::name(section.id), bytes: section.length })
            .collect();
        let accounted: u64 = usage.iter().map(|part| part.bytes).sum();
        usage.push(SpaceUsage {
            component: "header_and_padding",
            bytes: self.segment.file_length() - accounted,
        });
        usage
    }
}
