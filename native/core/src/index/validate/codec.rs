//! Checks of a codec's values.

use super::{below, bounded_f32, corrupt, finite_f16, rising};
use crate::Result;
use crate::graph::NO_LINK;
use crate::index::codec::Codec;
use crate::index::meta::Kind;
use rayon::prelude::*;

/// Largest absolute value of a word or of the mean: the largest finite `f16`, as of token vectors.
const MOST: f32 = 65_504.0;
/// Largest absolute value of a rotation, whose rows have length 1 but for their rounding.
const MOST_OF_ROTATION: f32 = 1.001;

/// Checks every value of a codec that a search uses as an id, an offset or a number.
pub(in crate::index) fn values(codec: &Codec) -> Result<()> {
    let (file, meta) = (codec.file(), codec.meta());
    bounded_f32(file, "mean", codec.mean(), MOST)?;
    if codec.kind() == Kind::Exact {
        return Ok(());
    }
    finite_f16(file, "centroids", codec.centroids())?;
    bounded_f32(file, "codebooks", codec.codebooks().words, MOST)?;
    let mut rows: Vec<&[u8]> =
        codec.centroids().chunks_exact(codec.dim()).map(bytemuck::cast_slice).collect();
    rows.par_sort_unstable();
    if rows.windows(2).any(|pair| pair[0] == pair[1]) {
        return corrupt(file, "centroids", "distinct centroids", "two that are equal");
    }
    bounded_f32(file, "rotation", codec.rotation_matrix().unwrap_or(&[]), MOST_OF_ROTATION)?;
    if let Some(error) =
        codec.trained_errors().unwrap_or_default().iter().find(|e| !e.is_finite() || **e < 0.0)
    {
        return corrupt(file, "trained_errors", "numbers from 0 up", error);
    }
    graph(codec)?;
    groups(codec)?;
    if meta.types > 0 {
        let firsts: Vec<u64> = codec.type_centroids().iter().map(|&c| u64::from(c)).collect();
        rising(file, "type_centroids", &firsts, meta.centroids)?;
        if !codec.type_ids().is_sorted_by(|a, b| a < b) {
            return corrupt(file, "type_ids", "ascending ids", "others");
        }
        if let Some(spread) = codec.type_spreads().iter().find(|s| !s.is_finite() || **s < 0.0) {
            return corrupt(file, "type_spreads", "numbers from 0 up", spread);
        }
        let total = codec.type_counts().iter().try_fold(0_u64, |sum, &count| sum.checked_add(count));
        if total != Some(codec.trained_with()) {
            let got = total.map_or("more".into(), |total| total.to_string());
            return corrupt(file, "type_counts", codec.trained_with(), got);
        }
    }
    Ok(())
}

fn graph(codec: &Codec) -> Result<()> {
    let Some(graph) = codec.graph() else { return Ok(()) };
    let file = codec.file();
    let links_below = |name: &str, links: &[u32], nodes: u64| match links
        .par_iter()
        .find_any(|&&link| link != NO_LINK && u64::from(link) >= nodes)
    {
        Some(link) => corrupt(file, name, format!("links below {nodes}"), link),
        None => Ok(()),
    };
    let centroids = codec.meta().centroids;
    links_below("graph_base", graph.base, centroids)?;
    let mut nodes_below = centroids;
    for level in &graph.levels {
        let nodes = level.centroids.len() as u64;
        below(file, "graph_centroids", level.centroids, centroids)?;
        below(file, "graph_down", level.down, nodes_below)?;
        links_below("graph_links", level.links, nodes)?;
        nodes_below = nodes;
    }
    if u64::from(graph.entry) >= nodes_below {
        return corrupt(file, "graph entry", format!("below {nodes_below}"), graph.entry);
    }
    match graph.reachable() as u64 {
        reachable if reachable == centroids => Ok(()),
        reachable => corrupt(file, "graph", format!("links to all {centroids} centroids"), reachable),
    }
}

/// Every centroid is in exactly one group, so that a search can find it.
fn groups(codec: &Codec) -> Result<()> {
    let (file, centroids) = (codec.file(), codec.meta().centroids);
    if codec.meta().groups == 0 {
        return Ok(());
    }
    finite_f16(file, "group_vectors", codec.group_vectors())?;
    let offsets: Vec<u64> = codec.group_offsets().iter().map(|&offset| u64::from(offset)).collect();
    rising(file, "group_offsets", &offsets, centroids)?;
    if let Some(group) = offsets.windows(2).position(|ends| ends[0] == ends[1]) {
        return corrupt(
            file,
            "group_offsets",
            "a centroid in each group",
            format!("an empty group, number {group}"),
        );
    }
    below(file, "group_members", codec.group_members(), centroids)?;
    let mut found = vec![false; centroids as usize];
    codec.group_members().iter().for_each(|&centroid| found[centroid as usize] = true);
    match found.iter().position(|found| !found) {
        Some(missing) => corrupt(file, "group_members", "every centroid once", format!("{missing} not")),
        None => Ok(()),
    }
}
