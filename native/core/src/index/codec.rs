//! The codec of an index: what turns a token vector into a centroid and codes, and finds the centroids near a query token. It does not
//! change when documents are added or removed.

use super::meta::{Kind, Meta};
use super::sections as id;
use super::tally::{TIERS, Tally, tiers};
use crate::format::Container;
use crate::graph::{GraphView, LevelView};
use crate::quantize::{ByteCentroids, ByteCodebooks, Codebooks, Rotation, Scannable, Subspaces};
use bytemuck::Pod;
use half::f16;
use std::sync::{Arc, OnceLock};

/// A codec in a mapped file, shared by all searchers of all versions that use it.
///
/// Only the codebooks and the centroids are copied into memory, as one byte for each value, when a search first needs them; the
/// centroids twice if a search scans them. That is some 2 to 6 % of the size of an index.
pub struct Codec {
    file: Arc<Container>,
    meta: Meta,
    subspaces: Subspaces,
    byte_codebooks: OnceLock<ByteCodebooks>,
    byte_centroids: OnceLock<ByteCentroids>,
    scannable: OnceLock<Scannable>,
    rotation: OnceLock<Option<Rotation>>,
    trained_errors: OnceLock<Option<[f64; TIERS.len()]>>,
}

impl Codec {
    /// The codec in a file whose counts and sizes were checked.
    pub(super) fn over(file: Arc<Container>, meta: Meta) -> Self {
        Self {
            file,
            meta,
            subspaces: Subspaces::split(meta.dim as usize, meta.subspaces.max(1) as usize),
            byte_codebooks: OnceLock::new(),
            byte_centroids: OnceLock::new(),
            scannable: OnceLock::new(),
            rotation: OnceLock::new(),
            trained_errors: OnceLock::new(),
        }
    }

    fn section<T: Pod>(&self, section: u32) -> &[T] {
        self.file.values(section)
    }

    /// Counts and settings.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// How the documents are stored.
    pub fn kind(&self) -> Kind {
        self.meta.kind().unwrap_or(Kind::Quantized)
    }

    /// The file that holds the codec.
    pub fn file(&self) -> &Arc<Container> {
        &self.file
    }

    /// Number of tokens that the codec was trained with.
    pub fn trained_with(&self) -> u64 {
        self.meta.trained_with(&self.file)
    }

    /// Error of the training tokens in each tier, see `drift.rs`; `None` where nothing is coded, or the file does not say it and does not
    /// hold the training tokens. Counted at the first call where it holds them.
    pub fn trained_errors(&self) -> Option<[f64; TIERS.len()]> {
        *self.trained_errors.get_or_init(|| {
            if let Ok(errors) = self.section::<f64>(id::TRAINED_ERRORS).try_into() {
                return Some(errors);
            }
            let trained_here = self.is_with_segment() && self.file.section(id::TRAINED_WITH).is_none();
            let counted = || {
                Tally::of(&self.tiers(), self.section(id::TOKEN_CENTROIDS), self.section(id::NORMS)).errors()
            };
            (self.kind() == Kind::Quantized && trained_here).then(counted)
        })
    }

    /// The tier of each centroid.
    pub(super) fn tiers(&self) -> Vec<u8> {
        tiers(self.type_centroids(), self.centroid_count())
    }

    /// Identifies the codec by its content, whatever file it is in: 64 hexadecimal digits. Reads all of it.
    pub fn identity(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut add = |section: u32, bytes: &[u8]| {
            hasher.update(&section.to_le_bytes());
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update_rayon(bytes);
        };
        add(id::META, bytemuck::bytes_of(&Meta { documents: 0, tokens: 0, list_entries: 0, ..self.meta }));
        // Provenance, number and errors of the training tokens say where a codec comes from, not what it does.
        let of_codec = id::OF_CODEC
            .into_iter()
            .filter(|section| ![id::PROVENANCE, id::TRAINED_WITH, id::TRAINED_ERRORS].contains(section));
        of_codec.for_each(|section| add(section, self.file.section(section).unwrap_or(&[])));
        hasher.finalize().to_hex().to_string()
    }

    /// Whether the norms of coded residuals are scaled, see [`crate::quantize::encode`].
    pub fn scales_norms(&self) -> bool {
        let provenance: serde_json::Value =
            serde_json::from_slice(self.file.section(id::PROVENANCE).unwrap_or(b"{}")).unwrap_or_default();
        provenance["parameters"]["scaleNorms"] != false
    }

    /// Whether its file holds a segment, too.
    pub fn is_with_segment(&self) -> bool {
        self.file.section(id::DOC_OFFSETS).is_some()
    }

    /// Number of values in a token vector.
    pub fn dim(&self) -> usize {
        self.meta.dim as usize
    }

    /// Number of coarse centroids.
    pub fn centroid_count(&self) -> usize {
        self.meta.centroids as usize
    }

    /// How the dimensions are split among the codebooks.
    pub fn subspaces(&self) -> &Subspaces {
        &self.subspaces
    }

    /// The mean that is subtracted from every token, `[dim]`; zeros without centring.
    pub fn mean(&self) -> &[f32] {
        self.section(id::MEAN)
    }

    /// Coarse centroids, `[centroids][dim]`.
    pub fn centroids(&self) -> &[f16] {
        self.section(id::CENTROIDS)
    }

    /// The residual codebooks.
    pub fn codebooks(&self) -> Codebooks<'_> {
        Codebooks { words: self.section(id::CODEBOOKS), subspaces: &self.subspaces }
    }

    /// The centroids as bytes, computed at the first call.
    pub fn byte_centroids(&self) -> &ByteCentroids {
        let made = || ByteCentroids::new(self.centroids(), self.dim());
        self.byte_centroids.get_or_init(|| self.file.derive(made))
    }

    /// What a scan of the centroids reads, computed at the first call.
    pub fn scannable(&self) -> &Scannable {
        let made = || {
            let (vectors, offsets, members) =
                (self.group_vectors(), self.group_offsets(), self.group_members());
            Scannable::new(self.byte_centroids(), vectors, offsets, members)
        };
        self.scannable.get_or_init(|| self.file.derive(made))
    }

    /// The codebooks as bytes, computed at the first call.
    pub fn byte_codebooks(&self) -> &ByteCodebooks {
        self.byte_codebooks.get_or_init(|| self.file.derive(|| ByteCodebooks::new(self.codebooks())))
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
        self.rotation.get_or_init(|| self.file.derive(packed)).as_ref()
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
}
