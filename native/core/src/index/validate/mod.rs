//! Checks of the counts, sizes and values of the files of an index. A search of files that pass them all cannot fail, whatever they
//! contain.

mod codec;
mod segment;
mod sizes;

pub(super) use codec::values as codec_values;
pub(super) use segment::values as segment_values;
pub(super) use sizes::{Role, meta, role, sizes};

use super::sections as id;
use crate::format::Container;
use crate::{Error, Result};
use half::f16;
use rayon::prelude::*;

fn corrupt<T>(container: &Container, what: &str, expected: impl ToString, got: impl ToString) -> Result<T> {
    Err(Error::Corrupt {
        path: container.path().to_path_buf(),
        what: what.to_owned(),
        expected: expected.to_string(),
        got: got.to_string(),
    })
}

fn rising(container: &Container, name: &str, offsets: &[u64], last: u64) -> Result<()> {
    let ends = (offsets.first().copied(), offsets.last().copied());
    if ends != (Some(0), Some(last)) {
        return corrupt(container, name, format!("0 to {last}"), format!("{ends:?}"));
    }
    match offsets.par_windows(2).find_any(|pair| pair[0] > pair[1]) {
        Some(pair) => corrupt(container, name, "rising offsets", format!("{} before {}", pair[0], pair[1])),
        None => Ok(()),
    }
}

fn below(container: &Container, name: &str, ids: &[u32], bound: u64) -> Result<()> {
    match ids.par_iter().find_any(|&&id| u64::from(id) >= bound) {
        Some(id) => corrupt(container, name, format!("ids below {bound}"), id),
        None => Ok(()),
    }
}

fn finite_f16(container: &Container, name: &str, values: &[f16]) -> Result<()> {
    match values.par_iter().find_any(|value| !value.is_finite()) {
        Some(value) => corrupt(container, name, "finite values", value),
        None => Ok(()),
    }
}

/// Checks that no absolute value is above `most`, so that what a search computes with them is finite.
fn bounded_f32(container: &Container, name: &str, values: &[f32], most: f32) -> Result<()> {
    match values.par_iter().find_any(|value| value.is_nan() || value.abs() > most) {
        Some(value) => corrupt(container, name, format!("values from -{most} to {most}"), value),
        None => Ok(()),
    }
}

/// Checks what a file says of its build.
pub(super) fn provenance(container: &Container) -> Result<()> {
    let json = container.section(id::PROVENANCE).unwrap_or(b"{}");
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(json) {
        Ok(_) => Ok(()),
        Err(e) => corrupt(container, "provenance", "a JSON object", e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{BuildParams, build};
    use crate::corpus::{Corpus, InputNames, TokenVectors};
    use crate::format::ContainerWriter;
    use crate::index::{Check, Index};
    use crate::monitor::Unwatched;
    use crate::search::{SearchParams, Searcher};
    use crate::testing::Random;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    /// Writes the index at `from` to `to` with one section changed, under right checksums.
    fn rewrite(from: &Path, to: &Path, section: u32, change: impl Fn(&mut Vec<u8>)) {
        let container = Container::open(from).unwrap();
        let mut writer = ContainerWriter::create(to, id::COUNT).unwrap();
        for entry in container.sections() {
            let mut bytes = container.section(entry.id).unwrap().to_vec();
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
        let hits = searcher.search(&[0.5; 8], &SearchParams::default(), None, &|| false).unwrap().hits;
        assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [0]);
    }

    /// Every section of `f32` values, filled with a value that is finite but as large as none that a build writes.
    #[test]
    fn values_that_would_overflow_scores_are_refused() {
        let fill = |value: f32| {
            move |bytes: &mut Vec<u8>| {
                bytes.chunks_exact_mut(4).for_each(|chunk| chunk.copy_from_slice(&value.to_le_bytes()));
            }
        };
        for (section, most) in [(id::CODEBOOKS, 65_504.0), (id::MEAN, 65_504.0), (id::ROTATION, 1.001)] {
            for value in [3e38, -3e38, most * 1.001, f32::NAN, f32::INFINITY] {
                let error = refusal(section, fill(value));
                assert!(
                    error.contains(&format!("values from -{most} to {most}")),
                    "{section} {value}: {error}"
                );
            }
        }
    }

    /// The largest values that pass give scores that are finite, for the largest query.
    #[test]
    fn no_score_of_an_accepted_file_overflows() {
        for section in [id::CODEBOOKS, id::MEAN, id::ROTATION, id::CENTROIDS, id::NORMS] {
            let folder = tempfile::tempdir().unwrap();
            let bad = damaged(folder.path(), section, |bytes| match section {
                id::ROTATION => {
                    bytes.chunks_exact_mut(4).for_each(|c| c.copy_from_slice(&1.0_f32.to_le_bytes()))
                }
                id::CODEBOOKS | id::MEAN => {
                    bytes.chunks_exact_mut(4).for_each(|c| c.copy_from_slice(&65_504.0_f32.to_le_bytes()));
                }
                // Of centroids only those that stay distinct.
                id::CENTROIDS => {
                    bytes.chunks_exact_mut(16).for_each(|c| c[..2].copy_from_slice(&f16::MAX.to_le_bytes()))
                }
                _ => bytes.chunks_exact_mut(2).for_each(|c| c.copy_from_slice(&f16::MAX.to_le_bytes())),
            });
            let index = Arc::new(Index::open(&bad, Check::Full).unwrap());
            let mut searcher = Searcher::new(index);
            for sign in [1.0, -1.0] {
                let query = vec![sign * crate::search::MAX_ELEMENT; 1024 * 8];
                let hits = searcher.search(&query, &SearchParams::default(), None, &|| false).unwrap().hits;
                assert_eq!(hits.len(), 10, "{section}");
                assert!(hits.iter().all(|hit| hit.score.is_finite()), "{section}: {hits:?}");
            }
        }
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

    /// A scan of a group without members ended with a panic.
    #[test]
    fn an_empty_group_is_refused() {
        let params = BuildParams { exact_below: 0, grouped_from: 1, ..BuildParams::default() };
        let folder = tempfile::tempdir().unwrap();
        let bad =
            damaged_build(folder.path(), &params, id::GROUP_OFFSETS, |bytes| bytes.copy_within(0..4, 4));
        let error = Index::open(&bad, Check::Full).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("a centroid in each group"), "{error}");
    }

    #[test]
    fn a_provenance_that_is_not_an_object_is_refused() {
        for text in [&b"[]"[..], b"{", b"{} x", b"\xff"] {
            let error = refusal(id::PROVENANCE, |bytes| *bytes = text.to_vec());
            assert!(error.contains("a JSON object"), "{error}");
        }
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
