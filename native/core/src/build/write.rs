//! Writing the sections that are the same for every kind of index, and the graph's.

use crate::Result;
use crate::format::SegmentWriter;
use crate::graph::GraphView;
use crate::index::sections as id;
use bytemuck::Pod;

/// Writes a section of plain values.
pub(super) fn values<T: Pod>(writer: &mut SegmentWriter, section: u32, values: &[T]) -> Result<()> {
    writer.section(section, bytemuck::cast_slice(values))
}

/// Writes the graph's sections.
pub(super) fn graph(writer: &mut SegmentWriter, graph: &GraphView<'_>) -> Result<()> {
    values(writer, id::GRAPH_BASE, graph.base)?;
    let nodes: Vec<u64> = graph.levels.iter().map(|level| level.centroids.len() as u64).collect();
    values(writer, id::GRAPH_LEVEL_NODES, &nodes)?;
    let parts: [(u32, fn(&crate::graph::LevelView<'_>) -> Vec<u32>); 3] = [
        (id::GRAPH_CENTROIDS, |level| level.centroids.to_vec()),
        (id::GRAPH_DOWN, |level| level.down.to_vec()),
        (id::GRAPH_LINKS, |level| level.links.to_vec()),
    ];
    for (section, part) in parts {
        writer.begin_section(section)?;
        for level in &graph.levels {
            writer.write(bytemuck::cast_slice(&part(level)))?;
        }
        writer.end_section()?;
    }
    Ok(())
}
