//! Ids and contents of the sections of an index file, in the order in which they are written.

/// Counts and settings: [`super::Meta`].
pub const META: u32 = 1;
/// Build parameters and input digests, JSON.
pub const PROVENANCE: u32 = 2;
/// First token of each document, and the number of tokens: `u64 [documents + 1]`.
pub const DOC_OFFSETS: u32 = 3;
/// The mean that is subtracted from every token: `f32 [dim]`; zeros without centring.
pub const MEAN: u32 = 4;
/// Token vectors of an exact index: `f16 [tokens][dim]`.
pub const VECTORS: u32 = 5;
/// Coarse centroids of the centred tokens: `f16 [centroids][dim]`.
pub const CENTROIDS: u32 = 6;
/// Links of the graph's base level: `u32 [centroids][base_degree]`.
pub const GRAPH_BASE: u32 = 7;
/// Number of nodes of each level above the base level: `u64 [levels]`.
pub const GRAPH_LEVEL_NODES: u32 = 8;
/// Centroid of each slot, level after level: `u32`.
pub const GRAPH_CENTROIDS: u32 = 9;
/// Slot on the level below, level after level: `u32`.
pub const GRAPH_DOWN: u32 = 10;
/// Links as slots, level after level: `u32 [slots][degree]`.
pub const GRAPH_LINKS: u32 = 11;
/// First entry of each centroid's inverted list, and the number of entries: `u64 [centroids + 1]`.
pub const LIST_OFFSETS: u32 = 12;
/// Document ids of the inverted lists, ascending within each list: `u32`.
pub const LIST_DOCS: u32 = 13;
/// Words of the residual codebooks, see [`crate::quantize::Codebooks`]: `f32 [256 · dim]`.
pub const CODEBOOKS: u32 = 14;
/// Centroid of each token: `u32 [tokens]`.
pub const TOKEN_CENTROIDS: u32 = 15;
/// Norm of each token's residual: `f16 [tokens]`.
pub const NORMS: u32 = 16;
/// Codes of each token: `u8 [tokens][subspaces]`.
pub const CODES: u32 = 17;
/// Token types, ascending by vocabulary id: `u32 [types]`.
pub const TYPE_IDS: u32 = 18;
/// First centroid of each type, and the number of centroids: `u32 [types + 1]`.
pub const TYPE_CENTROIDS: u32 = 19;
/// Number of tokens of each type: `u64 [types]`.
pub const TYPE_COUNTS: u32 = 20;
/// Mean squared distance of a type's tokens to their mean: `f64 [types]`.
pub const TYPE_SPREADS: u32 = 21;
/// Mean of each group of centroids: `f16 [groups][dim]`.
pub const GROUP_VECTORS: u32 = 22;
/// First place of each group in the members, and the number of centroids: `u32 [groups + 1]`.
pub const GROUP_OFFSETS: u32 = 23;
/// Centroids, group after group, ascending within a group: `u32 [centroids]`.
pub const GROUP_MEMBERS: u32 = 24;
/// The rotation of centred tokens, whose rows are the new axes: `f32 [dim][dim]`. Absent if tokens are not rotated.
pub const ROTATION: u32 = 25;
/// The centroids that have an inverted list, ascending, where only those are stored: `u32`. The list offsets are then those of these
/// centroids.
pub const LIST_CENTROIDS: u32 = 26;
/// In the file of a segment, the identity of its codec: 32 bytes.
pub const CODEC: u32 = 27;
/// Every document id with its document: a map of the crate fst. Absent, with the next two, if documents are named by their positions.
pub const DOC_IDS: u32 = 28;
/// First byte of each document's id, and the number of bytes: `u64 [documents + 1]`.
pub const DOC_ID_OFFSETS: u32 = 29;
/// The document ids, one after another: UTF-8.
pub const DOC_ID_BYTES: u32 = 30;
/// Name, type and place of each attribute's column: JSON. Absent, with the next three, if documents have no fields.
pub const ATTRIBUTES: u32 = 31;
/// The columns, see [`crate::documents::Table`].
pub const COLUMNS: u32 = 32;
/// First byte of each document's fields, and the number of bytes: `u64 [documents + 1]`.
pub const FIELD_OFFSETS: u32 = 33;
/// Each document's fields: JSON objects, one after another.
pub const FIELDS: u32 = 34;
/// In a manifest, what the version consists of: JSON, see [`super::manifest::Manifest`].
pub const MANIFEST: u32 = 35;
/// In a manifest, the bitmaps of the segments' deleted documents (the crate roaring), one after another.
pub const DELETED: u32 = 36;
/// Number of tokens that the codec was trained with, where the file holds others: `u64`.
pub const TRAINED_WITH: u32 = 37;
/// Error of the tokens that the codec was trained with, where the file holds others, for each tier, see `drift.rs`: `f64 [3]`.
pub const TRAINED_ERRORS: u32 = 38;

/// Maximum number of sections of an index file.
pub const COUNT: usize = 38;

/// The sections of a codec.
pub const OF_CODEC: [u32; 19] = [
    MEAN,
    CENTROIDS,
    GRAPH_BASE,
    GRAPH_LEVEL_NODES,
    GRAPH_CENTROIDS,
    GRAPH_DOWN,
    GRAPH_LINKS,
    ROTATION,
    GROUP_VECTORS,
    GROUP_OFFSETS,
    GROUP_MEMBERS,
    CODEBOOKS,
    TYPE_IDS,
    TYPE_CENTROIDS,
    TYPE_COUNTS,
    TYPE_SPREADS,
    TRAINED_WITH,
    TRAINED_ERRORS,
    PROVENANCE,
];

/// Name of a section.
pub fn name(section: u32) -> &'static str {
    match section {
        META => "meta",
        PROVENANCE => "provenance",
        DOC_OFFSETS => "doc_offsets",
        MEAN => "mean",
        VECTORS => "vectors",
        CENTROIDS => "centroids",
        GRAPH_BASE => "graph_base",
        GRAPH_LEVEL_NODES => "graph_level_nodes",
        GRAPH_CENTROIDS => "graph_centroids",
        GRAPH_DOWN => "graph_down",
        GRAPH_LINKS => "graph_links",
        LIST_OFFSETS => "list_offsets",
        LIST_DOCS => "list_docs",
        CODEBOOKS => "codebooks",
        TOKEN_CENTROIDS => "token_centroids",
        NORMS => "norms",
        CODES => "codes",
        TYPE_IDS => "type_ids",
        TYPE_CENTROIDS => "type_centroids",
        TYPE_COUNTS => "type_counts",
        TYPE_SPREADS => "type_spreads",
        GROUP_VECTORS => "group_vectors",
        GROUP_OFFSETS => "group_offsets",
        GROUP_MEMBERS => "group_members",
        ROTATION => "rotation",
        LIST_CENTROIDS => "list_centroids",
        CODEC => "codec",
        DOC_IDS => "doc_ids",
        DOC_ID_OFFSETS => "doc_id_offsets",
        DOC_ID_BYTES => "doc_id_bytes",
        ATTRIBUTES => "attributes",
        COLUMNS => "columns",
        FIELD_OFFSETS => "field_offsets",
        FIELDS => "fields",
        MANIFEST => "manifest",
        DELETED => "deleted",
        TRAINED_WITH => "trained_with",
        TRAINED_ERRORS => "trained_errors",
        _ => "unknown",
    }
}
