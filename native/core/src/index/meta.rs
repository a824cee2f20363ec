//! The counts and settings of an index, from which the sizes of all other sections follow.

use super::sections::TRAINED_WITH;
use crate::format::Container;
use bytemuck::{Pod, Zeroable};

/// How the documents are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As codes, with centroids and inverted lists.
    Quantized,
    /// As their original vectors. A search scores every document.
    Exact,
}

/// Counts and settings of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Meta {
    /// 0 quantized, 1 exact.
    pub kind: u32,
    /// Number of values in a token vector.
    pub dim: u32,
    /// Number of codebooks; 0 in an exact index.
    pub subspaces: u32,
    /// Whether the mean of all tokens is subtracted from each: 0 or 1.
    pub centred: u32,
    /// Whether residuals are scaled to norm 1: 0 or 1.
    pub normalized: u32,
    /// Maximum number of links of a graph node above the base level.
    pub degree: u32,
    /// Maximum number of links of a graph node on the base level.
    pub base_degree: u32,
    /// Slot on the highest graph level where walks begin.
    pub entry: u32,
    /// Number of graph levels above the base level.
    pub levels: u32,
    /// Number of groups of centroids; 0 if a search compares all centroids or walks a graph.
    pub groups: u32,
    /// Number of documents.
    pub documents: u64,
    /// Number of tokens.
    pub tokens: u64,
    /// Number of coarse centroids; 0 in an exact index.
    pub centroids: u64,
    /// Number of entries of all inverted lists.
    pub list_entries: u64,
    /// Number of token types; 0 if clustering was not token-aware.
    pub types: u64,
}

impl Meta {
    /// Number of tokens that the codec in `file` was trained with: those of the file, unless it says another.
    pub(super) fn trained_with(&self, file: &Container) -> u64 {
        file.values(TRAINED_WITH).first().copied().unwrap_or(self.tokens)
    }

    /// The kind; `None` if the number is unknown.
    pub fn kind(&self) -> Option<Kind> {
        match self.kind {
            0 => Some(Kind::Quantized),
            1 => Some(Kind::Exact),
            _ => None,
        }
    }
}
