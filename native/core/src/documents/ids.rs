//! Document ids: from a document's number in its segment to its id, and back.
//!
//! ```text
//! map       every id with its document's number: a finite-state transducer (the crate fst), which finds an id in its length
//! offsets   first byte of each document's id, and the number of bytes: u64 [documents + 1]
//! bytes     the ids, one after another
//! ```

use crate::{Error, Result};
use fst::Map;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Maximum length of an id in bytes.
pub const MAX_ID_BYTES: usize = 512;

/// Ids of a segment's documents, checked and ready to be written.
pub struct IdsWriter {
    /// The map.
    pub map: Vec<u8>,
    /// First byte of each id, and the number of bytes.
    pub offsets: Vec<u64>,
    /// The ids, one after another.
    pub bytes: Vec<u8>,
}

impl IdsWriter {
    /// Checks the ids, one for each document; `input` names them in errors.
    ///
    /// # Errors
    /// [`Error::Input`] for an id that is empty, longer than [`MAX_ID_BYTES`], or used twice.
    pub fn new<'a>(input: &str, ids: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut offsets = vec![0];
        let mut bytes = Vec::new();
        let mut sorted = Vec::new();
        for (document, id) in ids.into_iter().enumerate() {
            check_id(&format!("{input}, document {document}"), id)?;
            sorted.push((id, document as u64));
            bytes.extend_from_slice(id.as_bytes());
            offsets.push(bytes.len() as u64);
        }
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let (id, first, second) = (pair[0].0, pair[0].1, pair[1].1);
            let got = format!("\"{id}\" of documents {first} and {second}");
            return Err(Error::input(input, "ids", "each id once", got));
        }
        let map =
            Map::from_iter(sorted).map_err(|e| Error::input(input, "ids", "distinct ids", e.to_string()))?;
        Ok(Self { map: map.into_fst().into_inner(), offsets, bytes })
    }
}

/// Checks the length of one id; `input` names it in errors.
///
/// # Errors
/// [`Error::Input`].
pub(super) fn check_id(input: &str, id: &str) -> Result<()> {
    match id.len() {
        1..=MAX_ID_BYTES => Ok(()),
        length => Err(Error::input(input, "id", format!("1 to {MAX_ID_BYTES} bytes"), length.to_string())),
    }
}

/// The ids in a segment's file.
#[derive(Clone, Copy)]
pub struct Ids<'a> {
    map: &'a [u8],
    offsets: &'a [u64],
    bytes: &'a [u8],
}

impl<'a> Ids<'a> {
    /// Views the three parts that an [`IdsWriter`] made.
    pub fn new(map: &'a [u8], offsets: &'a [u64], bytes: &'a [u8]) -> Self {
        Self { map, offsets, bytes }
    }

    /// The id of a document.
    pub fn of(&self, document: usize) -> &'a str {
        let bounds = self.offsets.get(document..document + 2).unwrap_or(&[0, 0]);
        let bytes = self.bytes.get(bounds[0] as usize..bounds[1] as usize).unwrap_or(&[]);
        std::str::from_utf8(bytes).unwrap_or("")
    }

    /// The document with an id.
    pub fn find(&self, id: &str) -> Option<u32> {
        // Opening a map reads some 40 bytes.
        let found = u32::try_from(Map::new(self.map).ok()?.get(id)?).ok()?;
        // The map of a hostile file may lead from a text that is not an id to some document.
        (self.of(found as usize) == id).then_some(found)
    }

    /// Whether the parts agree: the ids are distinct texts of 1 to [`MAX_ID_BYTES`] bytes, and the map holds each of them with its document,
    /// and nothing else. If not, says what is wrong.
    pub fn check(&self) -> std::result::Result<(), (&'static str, String)> {
        let documents = self.offsets.len().saturating_sub(1);
        let mut sorted: Vec<(&str, u32)> = (0..documents).map(|d| (self.of(d), d as u32)).collect();
        if let Some((_, document)) = sorted.iter().find(|(id, _)| id.is_empty() || id.len() > MAX_ID_BYTES) {
            return Err((
                "doc_id_bytes",
                format!("no text of 1 to {MAX_ID_BYTES} bytes for document {document}"),
            ));
        }
        sorted.sort_unstable();
        let map = Map::new(self.map).map_err(|e| ("doc_ids", e.to_string()))?;
        if map.len() != documents {
            return Err(("doc_ids", format!("{} ids of {documents} documents", map.len())));
        }
        // The crate reads a node wherever an address points, and panics if that is not in the map.
        let holds = catch_unwind(AssertUnwindSafe(|| {
            holds_exactly(map.as_fst(), &sorted) && sorted.iter().all(|&(id, d)| self.find(id) == Some(d))
        }));
        match holds {
            Ok(true) => Ok(()),
            Ok(false) => Err(("doc_ids", "a map of other ids or documents".into())),
            Err(_) => Err(("doc_ids", "a map that cannot be read".into())),
        }
    }
}

/// Whether a map holds `expected`, in ascending order of the ids, and nothing else. Visits every path from the root, up to the first
/// difference. Every path has to end at an id, so that the work is bounded by the bytes of all ids.
fn holds_exactly(map: &fst::raw::Fst<&[u8]>, expected: &[(&str, u32)]) -> bool {
    let mut expected = expected.iter();
    let mut key = Vec::new();
    // Of each node on the path: its address, its next transition, and the sum of the outputs up to it.
    let mut path = vec![(map.root().addr(), 0, 0_u64)];
    while let Some((address, next, sum)) = path.last_mut() {
        let node = map.node(*address);
        if *next == 0 && node.is_final() {
            let Some(&(id, document)) = expected.next() else { return false };
            let value = sum.checked_add(node.final_output().value());
            if key != id.as_bytes() || value != Some(u64::from(document)) {
                return false;
            }
        } else if node.is_empty() && !key.is_empty() {
            return false;
        }
        if *next == node.len() {
            path.pop();
            key.pop();
            continue;
        }
        let transition = node.transition(*next);
        let Some(sum) = sum.checked_add(transition.out.value()) else { return false };
        *next += 1;
        if key.len() == MAX_ID_BYTES {
            return false;
        }
        key.push(transition.inp);
        path.push((transition.addr, 0, sum));
    }
    expected.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roundtrip(ids: &[&str]) -> Result<()> {
        let written = IdsWriter::new("ids.txt", ids.iter().copied())?;
        let view = Ids::new(&written.map, &written.offsets, &written.bytes);
        view.check().unwrap();
        for (document, id) in ids.iter().enumerate() {
            assert_eq!((view.of(document), view.find(id)), (*id, Some(document as u32)));
        }
        assert_eq!(view.find("missing"), None);
        Ok(())
    }

    #[test]
    fn an_id_leads_to_its_document_and_back() {
        roundtrip(&["b", "a", "ä/…", "a longer one", "10", "9"]).unwrap();
        roundtrip(&[]).unwrap();
    }

    #[test]
    fn an_id_that_is_empty_too_long_or_used_twice_is_refused() {
        let long = "x".repeat(MAX_ID_BYTES + 1);
        roundtrip(&[&long[1..]]).unwrap();
        for (ids, expected) in [
            (vec!["a", ""], "ids.txt, document 1: id: expected 1 to 512 bytes, got 0"),
            (vec![long.as_str()], "ids.txt, document 0: id: expected 1 to 512 bytes, got 513"),
            (vec!["a", "b", "a"], "ids.txt: ids: expected each id once, got \"a\" of documents 0 and 2"),
        ] {
            assert_eq!(roundtrip(&ids).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_map_that_leads_elsewhere_is_found() {
        let written = IdsWriter::new("ids", ["a", "b"]).unwrap();
        let other = IdsWriter::new("ids", ["b", "a"]).unwrap();
        assert!(Ids::new(&other.map, &written.offsets, &written.bytes).check().is_err());
        assert!(Ids::new(&written.map[1..], &written.offsets, &written.bytes).check().is_err());
        let more = IdsWriter::new("ids", ["a", "b", "c"]).unwrap();
        assert!(Ids::new(&more.map, &written.offsets, &written.bytes).check().is_err());
    }
}
