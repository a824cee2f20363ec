//! The counts every other section is measured by.

use bytemuck::{Pod, Zeroable};

/// How documents are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Centroids, graph, lists and codes.
    Quantized,
    /// Whole vectors, every document scored.
    Exact,
}

/// Counts and settings of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Meta {
    /// 0 quantized, 1 exact.
    pub kind: u32,
    /// Values in a token vector.
    pub dim: u32,
    /// Codebooks; 0 in an exact index.
    pub subspaces: u32,
    /// Whether the mean of all tokens was taken from each: 0 or 1.
    pub centred: u32,
    /// Whether residuals are scaled to norm 1: 0 or 1.
    pub normalized: u32,
    /// Most links of a graph node above the base level.
    pub degree: u32,
    /// Most links of a graph node on the base level.
    pub base_degree: u32,
    /// Slot on the highest level where walks begin.
    pub entry: u32,
    /// Graph levels above the base.
    pub levels: u32,
    /// Zero.
    pub reserved: u32,
    /// Number of documents.
    pub documents: u64,
    /// Number of tokens.
    pub tokens: u64,
    /// Number of coarse centroids; 0 in an exact index.
    pub centroids: u64,
    /// Entries of all inverted lists.
    pub list_entries: u64,
    /// Number of token types; 0 when clustering was not token-aware.
    pub types: u64,
}

impl Meta {
    /// The kind, unless it is an unknown one.
    pub fn kind(&self) -> Option<Kind> {
        match self.kind {
            0 => Some(Kind::Quantized),
            1 => Some(Kind::Exact),
            _ => None,
        }
    }
}
