//! The documents that a search may return: those that match a filter, are not deleted, and have tokens.

use super::segment::Placed;
use crate::documents::Filter;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Selections of recent filters that an index keeps: a selection takes one bit for each document.
const KEPT: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// A set of documents, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    bits: Vec<u64>,
    count: usize,
}

impl Selection {
    /// The documents of some segments, with `positions` documents in all, that match a filter.
    pub(super) fn matching(segments: &[Placed], positions: usize, filter: &Filter) -> Self {
        let mut selection = Self { bits: vec![0; positions.div_ceil(64)], count: 0 };
        for placed in segments {
            for document in filter.matching(placed) - &placed.deleted {
                selection.insert(placed, document as usize);
            }
        }
        selection
    }

    /// All documents of a version.
    pub(super) fn everything(segments: &[Placed], positions: usize) -> Self {
        Self::matching(segments, positions, &Filter::AllOf(Vec::new()))
    }

    /// Adds a document of a segment, unless it has no tokens.
    fn insert(&mut self, placed: &Placed, document: usize) {
        if !placed.segment.tokens_of(document).is_empty() {
            let position = placed.first + document;
            self.bits[position / 64] |= 1 << (position % 64);
            self.count += 1;
        }
    }

    /// Whether the document at `position` belongs to it.
    pub fn contains(&self, position: u32) -> bool {
        self.bits[position as usize / 64] >> (position % 64) & 1 == 1
    }

    /// Number of documents.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The documents, ascending. Takes time for each word of 64 positions and for each document.
    pub fn documents(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.bits).flat_map(|(word, &bits)| {
            let rest = |&bits: &u64| Some(bits & (bits - 1)).filter(|&rest| rest != 0);
            let words = std::iter::successors(Some(bits).filter(|&bits| bits != 0), rest);
            words.map(move |bits| word * 64 + bits.trailing_zeros())
        })
    }
}

/// Selections by the text of their filters.
pub(super) struct Selections(Mutex<LruCache<String, Arc<Selection>>>);

impl Default for Selections {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Selections {
    pub(super) fn get(&self, filter: &str) -> Option<Arc<Selection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(filter).cloned()
    }

    pub(super) fn put(&self, filter: String, selection: Arc<Selection>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(filter, selection);
    }
}
