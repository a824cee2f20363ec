//! Checks of counts, and of each section's length against them.

use super::corrupt;
use crate::Result;
use crate::corpus::MAX_DIM;
use crate::format::Container;
use crate::index::meta::{Kind, Meta};
use crate::index::sections as id;
use crate::index::tally::TIERS;
use crate::quantize::{Subspaces, WORDS};

/// Reads the counts and settings, and checks each.
pub(in crate::index) fn meta(container: &Container) -> Result<Meta> {
    let size = size_of::<Meta>();
    let Some(bytes) = container.section(id::META) else {
        return corrupt(container, "meta section", format!("{size} bytes"), "none");
    };
    let Ok(meta) = bytemuck::try_pod_read_unaligned::<Meta>(bytes) else {
        return corrupt(container, "meta section", format!("{size} bytes"), bytes.len());
    };
    let within = |what: &str, value: u64, least: u64, most: u64| {
        if value < least || value > most {
            return corrupt(container, what, format!("{least} to {most}"), value);
        }
        Ok(())
    };
    let Some(kind) = meta.kind() else {
        return corrupt(container, "kind", "0 or 1", meta.kind);
    };
    let most = u64::from(u32::MAX) - 1;
    within("dim", u64::from(meta.dim), 1, MAX_DIM as u64)?;
    within("centred", u64::from(meta.centred), 0, 1)?;
    within("normalized", u64::from(meta.normalized), 0, 1)?;
    let role = role(container);
    let documents = if role == Role::Codec { (0, 0) } else { (1, most) };
    within("documents", meta.documents, documents.0, documents.1)?;
    within("tokens", meta.tokens, 0, most)?;
    let trained_with = meta.trained_with(container);
    within("centroids", meta.centroids, 0, if role == Role::Segment { most } else { trained_with })?;
    within("list entries", meta.list_entries, 0, if role == Role::Codec { 0 } else { meta.tokens })?;
    within("types", meta.types, 0, if role == Role::Segment { 0 } else { trained_with })?;
    within("groups", u64::from(meta.groups), 0, meta.centroids)?;
    if kind == Kind::Quantized {
        within("centroids", meta.centroids, 1, most)?;
        within("subspaces", u64::from(meta.subspaces), 1, u64::from(meta.dim.min(256)))?;
        if meta.base_degree == 0 {
            within("graph degree without a graph", u64::from(meta.degree), 0, 0)?;
            within("graph levels without a graph", u64::from(meta.levels), 0, 0)?;
            within("graph entry without a graph", u64::from(meta.entry), 0, 0)?;
        } else {
            within("graph degree", u64::from(meta.degree), 1, 256)?;
            within("graph base degree", u64::from(meta.base_degree), 1, 512)?;
            within("graph levels", u64::from(meta.levels), 0, 64)?;
        }
    } else {
        let unused = [meta.subspaces, meta.degree, meta.base_degree, meta.entry, meta.levels];
        if unused != [0; 5] || [meta.centroids, meta.list_entries, meta.types] != [0; 3] {
            return corrupt(
                container,
                "counts of an exact index",
                "zeros where nothing is quantized",
                "others",
            );
        }
    }
    Ok(meta)
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::index) enum Role {
    /// A codec and one segment.
    Whole,
    /// A codec.
    Codec,
    /// A segment, which names its codec.
    Segment,
}

/// What a file holds, from the sections it has.
pub(in crate::index) fn role(container: &Container) -> Role {
    match (container.section(id::CODEC), container.section(id::DOC_OFFSETS)) {
        (Some(_), _) => Role::Segment,
        (None, Some(_)) => Role::Whole,
        (None, None) => Role::Codec,
    }
}

/// Sections whose lengths do not follow from the counts.
const OF_ANY_LENGTH: [u32; 6] =
    [id::PROVENANCE, id::DOC_IDS, id::DOC_ID_BYTES, id::ATTRIBUTES, id::COLUMNS, id::FIELDS];

/// Sections with their lengths in bytes; `None` for any length, or for one that no file can have.
type Expected = Vec<(u32, Option<u64>)>;

/// The sections of a codec.
fn of_codec(container: &Container, meta: &Meta, expected: &mut Expected) -> Result<()> {
    let (dim, centroids) = (u64::from(meta.dim), meta.centroids);
    expected.push((id::MEAN, Some(dim * 4)));
    if container.section(id::TRAINED_WITH).is_some() {
        expected.push((id::TRAINED_WITH, Some(8)));
    }
    if meta.kind() != Some(Kind::Quantized) {
        return Ok(());
    }
    if container.section(id::TRAINED_ERRORS).is_some() {
        expected.push((id::TRAINED_ERRORS, Some(8 * TIERS.len() as u64)));
    }
    if meta.base_degree > 0 {
        let nodes = level_nodes(container, meta)?;
        let (degree, base_degree) = (u64::from(meta.degree), u64::from(meta.base_degree));
        expected.extend([
            (id::GRAPH_BASE, (centroids * 4).checked_mul(base_degree)),
            (id::GRAPH_LEVEL_NODES, Some(u64::from(meta.levels) * 8)),
            (id::GRAPH_CENTROIDS, nodes.checked_mul(4)),
            (id::GRAPH_DOWN, nodes.checked_mul(4)),
            (id::GRAPH_LINKS, nodes.checked_mul(4 * degree)),
        ]);
    }
    expected.extend([
        (id::CENTROIDS, (centroids * 2).checked_mul(dim)),
        (id::CODEBOOKS, Some(WORDS as u64 * dim * 4)),
    ]);
    if meta.groups > 0 {
        let groups = u64::from(meta.groups);
        expected.extend([
            (id::GROUP_VECTORS, Some(groups * 2 * dim)),
            (id::GROUP_OFFSETS, Some((groups + 1) * 4)),
            (id::GROUP_MEMBERS, centroids.checked_mul(4)),
        ]);
    }
    if container.section(id::ROTATION).is_some() {
        expected.push((id::ROTATION, Some(4 * dim * dim)));
    }
    if meta.types > 0 {
        expected.extend([
            (id::TYPE_IDS, Some(meta.types * 4)),
            (id::TYPE_CENTROIDS, Some((meta.types + 1) * 4)),
            (id::TYPE_COUNTS, Some(meta.types * 8)),
            (id::TYPE_SPREADS, Some(meta.types * 8)),
        ]);
    }
    Ok(())
}

/// The sections of a segment.
fn of_segment(container: &Container, meta: &Meta, expected: &mut Expected) {
    let (dim, tokens) = (u64::from(meta.dim), meta.tokens);
    let offsets = (meta.documents + 1).checked_mul(8);
    expected.push((id::DOC_OFFSETS, offsets));
    if container.section(id::DOC_IDS).is_some() {
        expected.extend([(id::DOC_IDS, None), (id::DOC_ID_OFFSETS, offsets), (id::DOC_ID_BYTES, None)]);
    }
    if container.section(id::ATTRIBUTES).is_some() {
        let of_any_length = [id::ATTRIBUTES, id::COLUMNS, id::FIELDS];
        expected.extend(of_any_length.map(|section| (section, None)));
        expected.push((id::FIELD_OFFSETS, offsets));
    }
    if meta.kind() != Some(Kind::Quantized) {
        expected.push((id::VECTORS, (tokens * 2).checked_mul(dim)));
        return;
    }
    let mut lists = meta.centroids;
    if let Some(centroids) = container.section(id::LIST_CENTROIDS) {
        lists = centroids.len() as u64 / 4;
        expected.push((id::LIST_CENTROIDS, Some(lists * 4)));
    }
    let subspaces = Subspaces::split(meta.dim as usize, meta.subspaces.max(1) as usize).len() as u64;
    expected.extend([
        (id::LIST_OFFSETS, (lists + 1).checked_mul(8)),
        (id::LIST_DOCS, meta.list_entries.checked_mul(4)),
        (id::TOKEN_CENTROIDS, tokens.checked_mul(4)),
        (id::NORMS, tokens.checked_mul(2)),
        (id::CODES, tokens.checked_mul(subspaces)),
    ]);
}

/// Compares the length of every section with the counts.
pub(in crate::index) fn sizes(container: &Container, meta: &Meta) -> Result<()> {
    let mut expected: Expected = vec![(id::META, Some(size_of::<Meta>() as u64)), (id::PROVENANCE, None)];
    let role = role(container);
    if role != Role::Segment {
        of_codec(container, meta, &mut expected)?;
    }
    if role != Role::Codec {
        of_segment(container, meta, &mut expected);
    }
    if role == Role::Segment {
        expected.push((id::CODEC, Some(32)));
    }
    for section in container.sections() {
        if !expected.iter().any(|&(known, _)| known == section.id) {
            return corrupt(container, "section table", "known sections", section.id);
        }
    }
    for (section, length) in expected {
        let name = id::name(section);
        match (container.section(section), length) {
            (None, _) => return corrupt(container, name, "a section", "none"),
            (Some(_), None) if OF_ANY_LENGTH.contains(&section) => {}
            (Some(bytes), length) if length != Some(bytes.len() as u64) => {
                let length = length.map_or("fewer".to_owned(), |length| length.to_string());
                return corrupt(container, name, format!("{length} bytes"), bytes.len());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Nodes of all levels above the base; each level has some, and fewer than the one below or as many.
fn level_nodes(container: &Container, meta: &Meta) -> Result<u64> {
    let bytes = container.section(id::GRAPH_LEVEL_NODES).unwrap_or(&[]);
    let Ok(nodes) = bytemuck::try_cast_slice::<u8, u64>(bytes) else {
        return corrupt(container, "graph_level_nodes", "whole numbers of 8 bytes", bytes.len());
    };
    let mut below = meta.centroids;
    for &nodes in nodes {
        if nodes == 0 || nodes > below {
            return corrupt(container, "graph level", format!("1 to {below} nodes"), nodes);
        }
        below = nodes;
    }
    Ok(nodes.iter().sum())
}
