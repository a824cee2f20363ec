//! Inverted lists: for each centroid, the documents with at least one token assigned to it.

use crate::Result;
use crate::monitor::Monitor;

/// The inverted lists of all centroids.
pub(super) struct Lists {
    /// List `c` is `documents[offsets[c] .. offsets[c + 1]]`.
    pub(super) offsets: Vec<u64>,
    /// Document ids. They ascend within a list, and each occurs once.
    pub(super) documents: Vec<u32>,
}

/// Makes the inverted lists, in two passes: count the entries of each list, then fill the lists.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(super) fn invert(
    doc_offsets: &[u64],
    assignments: &[u32],
    centroids: usize,
    monitor: &dyn Monitor,
) -> Result<Lists> {
    let mut offsets = vec![0_u64; centroids + 1];
    each_document(doc_offsets, assignments, monitor, |_, centroid| offsets[centroid as usize + 1] += 1)?;
    for c in 0..centroids {
        offsets[c + 1] += offsets[c];
    }
    let mut documents = vec![0; offsets[centroids] as usize];
    let mut next = offsets.clone();
    each_document(doc_offsets, assignments, monitor, |document, centroid| {
        let place = &mut next[centroid as usize];
        documents[*place as usize] = document;
        *place += 1;
    })?;
    Ok(Lists { offsets, documents })
}

/// Calls `each` with every document, in order, and each distinct centroid of its tokens.
fn each_document(
    doc_offsets: &[u64],
    assignments: &[u32],
    monitor: &dyn Monitor,
    mut each: impl FnMut(u32, u32),
) -> Result<()> {
    let mut seen: Vec<u32> = Vec::new();
    for (document, bounds) in doc_offsets.windows(2).enumerate() {
        if document % 4096 == 0 {
            monitor.check()?;
        }
        seen.clear();
        seen.extend_from_slice(&assignments[bounds[0] as usize..bounds[1] as usize]);
        seen.sort_unstable();
        seen.dedup();
        seen.iter().for_each(|&centroid| each(document as u32, centroid));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_has_its_documents_once_and_ascending() {
        let lists = invert(&[0, 3, 3, 5], &[2, 0, 2, 0, 1], 4, &crate::monitor::Unwatched).unwrap();
        assert_eq!(lists.offsets, [0, 2, 3, 4, 4]);
        assert_eq!(lists.documents, [0, 2, 2, 0]);
    }
}
