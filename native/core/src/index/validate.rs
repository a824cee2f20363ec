//! Checks of the counts, sizes and values of an index file. A search of a file that passes them all cannot fail, whatever the file
//! contains.

use super::meta::{Kind, Meta};
use super::opened::Index;
use super::sections as id;
use crate::corpus::MAX_DIM;
use crate::format::Segment;
use crate::graph::NO_LINK;
use crate::quantize::{Subspaces, WORDS};
use crate::{Error, Result};
use half::f16;
use rayon::prelude::*;

fn corrupt<T>(segment: &Segment, what: &str, expected: impl ToString, got: impl ToString) -> Result<T> {
    Err(Error::Corrupt {
        path: segment.path().to_path_buf(),
        what: what.to_owned(),
        expected: expected.to_string(),
        got: got.to_string(),
    })
}

/// Reads the counts and settings, and checks each.
pub(super) fn meta(segment: &Segment) -> Result<Meta> {
    let size = size_of::<Meta>();
    let Some(bytes) = segment.section(id::META) else {
        return corrupt(segment, "meta section", format!("{size} bytes"), "none");
    };
    let Ok(meta) = bytemuck::try_pod_read_unaligned::<Meta>(bytes) else {
        return corrupt(segment, "meta section", format!("{size} bytes"), bytes.len());
    };
    let within = |what: &str, value: u64, least: u64, most: u64| {
        if value < least || value > most {
            return corrupt(segment, what, format!("{least} to {most}"), value);
        }
        Ok(())
    };
    let Some(kind) = meta.kind() else {
        return corrupt(segment, "kind", "0 or 1", meta.kind);
    };
    let most = u64::from(u32::MAX) - 1;
    within("dim", u64::from(meta.dim), 1, MAX_DIM as u64)?;
    within("centred", u64::from(meta.centred), 0, 1)?;
    within("normalized", u64::from(meta.normalized), 0, 1)?;
    within("documents", meta.documents, 1, most)?;
    within("tokens", meta.tokens, 0, most)?;
    within("centroids", meta.centroids, 0, meta.tokens)?;
    within("list entries", meta.list_entries, 0, meta.tokens)?;
    within("types", meta.types, 0, meta.tokens)?;
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
        if unused != [0; 5] || meta.centroids != 0 {
            return corrupt(
                segment,
                "counts of an exact index",
                "zeros where nothing is quantized",
                "others",
            );
        }
    }
    Ok(meta)
}

/// Compares the length of every section with the counts.
pub(super) fn sizes(segment: &Segment, meta: &Meta, subspaces: &Subspaces) -> Result<()> {
    let (dim, tokens, centroids) = (u64::from(meta.dim), meta.tokens, meta.centroids);
    let quantized = meta.kind() == Some(Kind::Quantized);
    let mut expected: Vec<(u32, Option<u64>)> = vec![
        (id::META, Some(size_of::<Meta>() as u64)),
        (id::PROVENANCE, None),
        (id::DOC_OFFSETS, (meta.documents + 1).checked_mul(8)),
        (id::MEAN, Some(dim * 4)),
    ];
    if quantized {
        if meta.base_degree > 0 {
            let nodes = level_nodes(segment, meta)?;
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
            (id::LIST_OFFSETS, (centroids + 1).checked_mul(8)),
            (id::LIST_DOCS, meta.list_entries.checked_mul(4)),
            (id::CODEBOOKS, Some(WORDS as u64 * dim * 4)),
            (id::TOKEN_CENTROIDS, tokens.checked_mul(4)),
            (id::NORMS, tokens.checked_mul(2)),
            (id::CODES, tokens.checked_mul(subspaces.len() as u64)),
        ]);
        if meta.groups > 0 {
            let groups = u64::from(meta.groups);
            expected.extend([
                (id::GROUP_VECTORS, Some(groups * 2 * dim)),
                (id::GROUP_OFFSETS, Some((groups + 1) * 4)),
                (id::GROUP_MEMBERS, centroids.checked_mul(4)),
            ]);
        }
        if segment.section(id::ROTATION).is_some() {
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
    } else {
        expected.push((id::VECTORS, (tokens * 2).checked_mul(dim)));
    }
    for section in segment.sections() {
        if !expected.iter().any(|&(known, _)| known == section.id) {
            return corrupt(segment, "section table", "known sections", section.id);
        }
    }
    for (section, length) in expected {
        let name = id::name(section);
        match (segment.section(section), length) {
            (None, _) => return corrupt(segment, name, "a section", "none"),
            (Some(_), None) if section == id::PROVENANCE => {}
            (Some(bytes), length) if length != Some(bytes.len() as u64) => {
                let length = length.map_or("fewer".to_owned(), |length| length.to_string());
                return corrupt(segment, name, format!("{length} bytes"), bytes.len());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Nodes of all levels above the base; each level has some, and fewer than the one below or as many.
fn level_nodes(segment: &Segment, meta: &Meta) -> Result<u64> {
    let bytes = segment.section(id::GRAPH_LEVEL_NODES).unwrap_or(&[]);
    let Ok(nodes) = bytemuck::try_cast_slice::<u8, u64>(bytes) else {
        return corrupt(segment, "graph_level_nodes", "whole numbers of 8 bytes", bytes.len());
    };
    let mut below = meta.centroids;
    for &nodes in nodes {
        if nodes == 0 || nodes > below {
            return corrupt(segment, "graph level", format!("1 to {below} nodes"), nodes);
        }
        below = nodes;
    }
    Ok(nodes.iter().sum())
}

/// Checks every value that a search uses as an id, an offset or a number.
pub(super) fn values(index: &Index) -> Result<()> {
    let (segment, meta) = (index.segment(), index.meta());
    rising(segment, "doc_offsets", index.doc_offsets(), meta.tokens)?;
    finite_f32(segment, "mean", index.mean())?;
    if index.kind() == Kind::Exact {
        return finite_f16(segment, "vectors", index.vectors().values);
    }
    let (centroids, documents) = (meta.centroids, meta.documents);
    finite_f16(segment, "centroids", index.centroids())?;
    finite_f32(segment, "codebooks", index.codebooks().words)?;
    finite_f16(segment, "norms", index.norms())?;
    below(segment, "token_centroids", index.token_centroids(), centroids)?;
    rising(segment, "list_offsets", index.list_offsets(), meta.list_entries)?;
    below(segment, "list_docs", index.list_docs(), documents)?;
    if let Some(c) = index.list_offsets().par_windows(2).position_any(|bounds| bounds[0] == bounds[1]) {
        return corrupt(
            segment,
            "list_offsets",
            "a document in each list",
            format!("an empty list of centroid {c}"),
        );
    }
    let mut rows: Vec<&[u8]> =
        index.centroids().chunks_exact(index.dim()).map(bytemuck::cast_slice).collect();
    rows.par_sort_unstable();
    if rows.windows(2).any(|pair| pair[0] == pair[1]) {
        return corrupt(segment, "centroids", "distinct centroids", "two that are equal");
    }
    let unsorted = index.list_offsets().par_windows(2).find_any(|bounds| {
        let list = &index.list_docs()[bounds[0] as usize..bounds[1] as usize];
        !list.is_sorted_by(|a, b| a < b)
    });
    if unsorted.is_some() {
        return corrupt(segment, "list_docs", "ascending documents in each list", "others");
    }
    finite_f32(segment, "rotation", index.rotation_matrix().unwrap_or(&[]))?;
    graph(index)?;
    groups(index)?;
    if meta.types > 0 {
        let firsts: Vec<u64> = index.type_centroids().iter().map(|&c| u64::from(c)).collect();
        rising(segment, "type_centroids", &firsts, centroids)?;
        if !index.type_ids().is_sorted_by(|a, b| a < b) {
            return corrupt(segment, "type_ids", "ascending ids", "others");
        }
        if let Some(spread) = index.type_spreads().iter().find(|s| !s.is_finite() || **s < 0.0) {
            return corrupt(segment, "type_spreads", "numbers from 0 up", spread);
        }
        let total = index.type_counts().iter().try_fold(0_u64, |sum, &count| sum.checked_add(count));
        if total != Some(meta.tokens) {
            return corrupt(
                segment,
                "type_counts",
                meta.tokens,
                total.map_or("more".into(), |t| t.to_string()),
            );
        }
    }
    Ok(())
}

fn graph(index: &Index) -> Result<()> {
    let Some(graph) = index.graph() else { return Ok(()) };
    let segment = index.segment();
    let links_below = |name: &str, links: &[u32], nodes: u64| match links
        .par_iter()
        .find_any(|&&link| link != NO_LINK && u64::from(link) >= nodes)
    {
        Some(link) => corrupt(segment, name, format!("links below {nodes}"), link),
        None => Ok(()),
    };
    let centroids = index.meta().centroids;
    links_below("graph_base", graph.base, centroids)?;
    let mut nodes_below = centroids;
    for level in &graph.levels {
        let nodes = level.centroids.len() as u64;
        below(segment, "graph_centroids", level.centroids, centroids)?;
        below(segment, "graph_down", level.down, nodes_below)?;
        links_below("graph_links", level.links, nodes)?;
        nodes_below = nodes;
    }
    if u64::from(graph.entry) >= nodes_below {
        return corrupt(segment, "graph entry", format!("below {nodes_below}"), graph.entry);
    }
    match graph.reachable() as u64 {
        reachable if reachable == centroids => Ok(()),
        reachable => corrupt(segment, "graph", format!("links to all {centroids} centroids"), reachable),
    }
}

/// Every centroid is in exactly one group, so that a search can find it.
fn groups(index: &Index) -> Result<()> {
    let (segment, centroids) = (index.segment(), index.meta().centroids);
    if index.meta().groups == 0 {
        return Ok(());
    }
    finite_f16(segment, "group_vectors", index.group_vectors())?;
    let offsets: Vec<u64> = index.group_offsets().iter().map(|&offset| u64::from(offset)).collect();
    rising(segment, "group_offsets", &offsets, centroids)?;
    below(segment, "group_members", index.group_members(), centroids)?;
    let mut found = vec![false; centroids as usize];
    index.group_members().iter().for_each(|&centroid| found[centroid as usize] = true);
    match found.iter().position(|found| !found) {
        Some(missing) => corrupt(segment, "group_members", "every centroid once", format!("{missing} not")),
        None => Ok(()),
    }
}

fn rising(segment: &Segment, name: &str, offsets: &[u64], last: u64) -> Result<()> {
    let ends = (offsets.first().copied(), offsets.last().copied());
    if ends != (Some(0), Some(last)) {
        return corrupt(segment, name, format!("0 to {last}"), format!("{ends:?}"));
    }
    match offsets.par_windows(2).find_any(|pair| pair[0] > pair[1]) {
        Some(pair) => corrupt(segment, name, "rising offsets", format!("{} before {}", pair[0], pair[1])),
        None => Ok(()),
    }
}

fn below(segment: &Segment, name: &str, ids: &[u32], bound: u64) -> Result<()> {
    match ids.par_iter().find_any(|&&id| u64::from(id) >= bound) {
        Some(id) => corrupt(segment, name, format!("ids below {bound}"), id),
        None => Ok(()),
    }
}

fn finite_f16(segment: &Segment, name: &str, values: &[f16]) -> Result<()> {
    match values.par_iter().find_any(|value| !value.is_finite()) {
        Some(value) => corrupt(segment, name, "finite values", value),
        None => Ok(()),
    }
}

fn finite_f32(segment: &Segment, name: &str, values: &[f32]) -> Result<()> {
    match values.par_iter().find_any(|value| !value.is_finite()) {
        Some(value) => corrupt(segment, name, "finite values", value),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{BuildParams, build};
    use crate::corpus::{Corpus, InputNames, TokenVectors};
    use crate::format::SegmentWriter;
    use crate::index::Check;
    use crate::monitor::Unwatched;
    use crate::search::{SearchParams, Searcher};
    use crate::testing::Random;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    /// Writes the index at `from` to `to` with one section changed, under right checksums.
    fn rewrite(from: &Path, to: &Path, section: u32, change: impl Fn(&mut Vec<u8>)) {
        let segment = Segment::open(from).unwrap();
        let mut writer = SegmentWriter::create(to, id::COUNT).unwrap();
        for entry in segment.sections() {
            let mut bytes = segment.section(entry.id).unwrap().to_vec();
            if entry.id == section {
                change(&mut bytes);
            }
            writer.section(entry.id, &bytes).unwrap();
        }
        writer.finish().unwrap();
    }

    /// An index of 2,000 random tokens after `change` to one section.
    fn damaged(folder: &Path, section: u32, change: impl Fn(&mut Vec<u8>)) -> PathBuf {
        let params = BuildParams { exact_below: 0, scan_below: 0, ..BuildParams::default() };
        damaged_build(folder, &params, section, change)
    }

    fn damaged_build(
        folder: &Path,
        params: &BuildParams,
        section: u32,
        change: impl Fn(&mut Vec<u8>),
    ) -> PathBuf {
        let (good, bad) = (folder.join("good.maxsim"), folder.join("bad.maxsim"));
        let values = Random::new(1).halves(2000 * 8);
        let vectors = TokenVectors { values: &values, dim: 8 };
        let corpus = Corpus::new(vectors, None, &[20; 100], &InputNames::default(), &Unwatched).unwrap();
        build(&corpus, params, &good, &Unwatched).unwrap();
        Index::open(&good, Check::Full).unwrap();
        rewrite(&good, &bad, section, change);
        bad
    }

    /// What opening says about such an index.
    fn refusal(section: u32, change: impl Fn(&mut Vec<u8>)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let bad = damaged(folder.path(), section, change);
        Index::open(&bad, Check::Full).err().map(|error| error.to_string()).unwrap_or_default()
    }

    /// A search of a damaged file ends, also where its lists lack documents that have tokens.
    #[test]
    fn a_search_ends_though_lists_lack_documents() {
        let folder = tempfile::tempdir().unwrap();
        let bad = damaged(folder.path(), id::LIST_DOCS, |bytes| bytes.fill(0));
        let mut searcher = Searcher::new(Arc::new(Index::open(&bad, Check::Quick).unwrap()));
        let hits = searcher.search(&[0.5; 8], &SearchParams::default(), &|| false).unwrap();
        assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn equal_centroids_are_refused() {
        let error = refusal(id::CENTROIDS, |bytes| bytes.copy_within(0..16, 16));
        assert!(error.contains("distinct centroids"), "{error}");
    }

    #[test]
    fn an_empty_list_is_refused() {
        let error = refusal(id::LIST_OFFSETS, |bytes| bytes.copy_within(0..8, 8));
        assert!(error.contains("a document in each list"), "{error}");
    }

    #[test]
    fn a_centroid_in_no_group_is_refused() {
        let params = BuildParams { exact_below: 0, grouped_from: 1, ..BuildParams::default() };
        let folder = tempfile::tempdir().unwrap();
        let bad =
            damaged_build(folder.path(), &params, id::GROUP_MEMBERS, |bytes| bytes.copy_within(0..4, 4));
        let error = Index::open(&bad, Check::Full).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("every centroid once"), "{error}");
    }

    #[test]
    fn a_centroid_that_no_link_leads_to_is_refused() {
        // Every link to centroid 3 becomes one to centroid 2.
        let error = refusal(id::GRAPH_BASE, |bytes| {
            for link in bytes.chunks_exact_mut(4).filter(|link| **link == [3, 0, 0, 0]) {
                link.copy_from_slice(&[2, 0, 0, 0]);
            }
        });
        assert!(error.contains("links to all"), "{error}");
    }
}
