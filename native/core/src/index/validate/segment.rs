//! Checks of a segment's values.

use super::{below, corrupt, finite_f16, rising};
use crate::Result;
use crate::index::meta::Kind;
use crate::index::sections as id;
use crate::index::segment::Segment;
use rayon::prelude::*;

/// Checks every value of a segment that a search uses as an id, an offset or a number.
pub(in crate::index) fn values(segment: &Segment) -> Result<()> {
    let (file, meta) = (segment.file(), segment.meta());
    rising(file, "doc_offsets", segment.doc_offsets(), meta.tokens)?;
    names(segment)?;
    if meta.kind() == Some(Kind::Exact) {
        return finite_f16(file, "vectors", segment.vectors().values);
    }
    finite_f16(file, "norms", segment.norms())?;
    below(file, "token_centroids", segment.token_centroids(), meta.centroids)?;
    let lists = segment.lists();
    rising(file, "list_offsets", lists.offsets, meta.list_entries)?;
    below(file, "list_docs", lists.documents, meta.documents)?;
    if let Some(centroids) = lists.centroids {
        below(file, "list_centroids", centroids, meta.centroids)?;
        if !centroids.is_sorted_by(|a, b| a < b) {
            return corrupt(file, "list_centroids", "ascending centroids", "others");
        }
    }
    let empty = lists.offsets.par_windows(2).position_any(|bounds| bounds[0] == bounds[1]);
    if let Some(list) = empty.filter(|_| segment.is_whole() || lists.centroids.is_some()) {
        return corrupt(
            file,
            "list_offsets",
            "a document in each list",
            format!("an empty list, number {list}"),
        );
    }
    let unsorted = lists.offsets.par_windows(2).find_any(|bounds| {
        let list = &lists.documents[bounds[0] as usize..bounds[1] as usize];
        !list.is_sorted_by(|a, b| a < b)
    });
    if unsorted.is_some() {
        return corrupt(file, "list_docs", "ascending documents in each list", "others");
    }
    Ok(())
}

/// Ids and attributes.
fn names(segment: &Segment) -> Result<()> {
    let file = segment.file();
    for section in [id::DOC_ID_OFFSETS, id::FIELD_OFFSETS] {
        let bytes = if section == id::FIELD_OFFSETS { id::FIELDS } else { id::DOC_ID_BYTES };
        if let Some(bytes) = file.section(bytes) {
            rising(file, id::name(section), file.values(section), bytes.len() as u64)?;
        }
    }
    let ids = segment.ids().map_or(Ok(()), |ids| ids.check());
    let table = segment.table().map_or(Ok(()), |table| table.check(segment.documents() as u32));
    match ids.and(table) {
        Ok(()) => Ok(()),
        Err((section, got)) => corrupt(file, section, "ids and values that fit the documents", got),
    }
}
