//! Writing sections of plain values, and those of the graph.

use crate::Result;
use crate::documents::{IdsWriter, Record, Schema, TableBytes};
use crate::format::ContainerWriter;
use crate::graph::{GraphView, LevelView};
use crate::index::sections as id;
use bytemuck::Pod;

/// Writes a section of plain values.
pub(super) fn values<T: Pod>(writer: &mut ContainerWriter, section: u32, values: &[T]) -> Result<()> {
    writer.section(section, bytemuck::cast_slice(values))
}

/// Writes the sections of ids and fields, as far as the documents have them.
///
/// # Errors
/// [`crate::Error::Input`] for an id that is used twice; [`crate::Error::Io`].
pub(super) fn records(writer: &mut ContainerWriter, list: &[Record], schema: &Schema) -> Result<()> {
    if list.iter().any(|record| record.id.is_some()) {
        let ids = IdsWriter::new("ids", list.iter().filter_map(|record| record.id.as_deref()))?;
        values(writer, id::DOC_IDS, &ids.map)?;
        values(writer, id::DOC_ID_OFFSETS, &ids.offsets)?;
        values(writer, id::DOC_ID_BYTES, &ids.bytes)?;
    }
    if list.iter().any(|record| !record.fields.is_empty()) || !schema.0.is_empty() {
        let table = TableBytes::new(schema, list.iter());
        values(writer, id::ATTRIBUTES, &table.directory)?;
        values(writer, id::COLUMNS, &table.columns)?;
        values(writer, id::FIELD_OFFSETS, &table.offsets)?;
        values(writer, id::FIELDS, &table.fields)?;
    }
    Ok(())
}

/// Writes the sections of the graph.
pub(super) fn graph(writer: &mut ContainerWriter, graph: &GraphView<'_>) -> Result<()> {
    values(writer, id::GRAPH_BASE, graph.base)?;
    let nodes: Vec<u64> = graph.levels.iter().map(|level| level.centroids.len() as u64).collect();
    values(writer, id::GRAPH_LEVEL_NODES, &nodes)?;
    per_level(writer, id::GRAPH_CENTROIDS, graph, |level| level.centroids)?;
    per_level(writer, id::GRAPH_DOWN, graph, |level| level.down)?;
    per_level(writer, id::GRAPH_LINKS, graph, |level| level.links)
}

/// Writes one array of every level above the base level, level after level.
fn per_level<'a>(
    writer: &mut ContainerWriter,
    section: u32,
    graph: &GraphView<'a>,
    part: impl Fn(&LevelView<'a>) -> &'a [u32],
) -> Result<()> {
    writer.begin_section(section)?;
    for level in &graph.levels {
        writer.write(bytemuck::cast_slice(part(level)))?;
    }
    writer.end_section()
}
