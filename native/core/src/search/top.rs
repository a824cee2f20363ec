//! The k best documents so far.

use crate::ranking::{id, key, similarity};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Keeps the `k` documents with the largest scores. Among equal scores the smaller document id is better.
#[derive(Default)]
pub(super) struct Top {
    heap: BinaryHeap<Reverse<u64>>,
    k: usize,
}

impl Top {
    /// Empties the list and sets `k`.
    pub(super) fn begin(&mut self, k: usize) {
        self.heap.clear();
        self.k = k;
    }

    /// Adds the document if it is among the `k` best so far, and returns whether it is.
    pub(super) fn offer(&mut self, score: f32, document: u32) -> bool {
        let candidate = key(score, document);
        if self.heap.len() < self.k {
            self.heap.push(Reverse(candidate));
            return true;
        }
        match self.heap.peek_mut() {
            Some(mut worst) if candidate > worst.0 => {
                *worst = Reverse(candidate);
                true
            }
            _ => false,
        }
    }

    /// Whether the list holds `k` documents.
    pub(super) fn is_full(&self) -> bool {
        self.heap.len() >= self.k
    }

    /// The k-th best score; `None` while there are fewer.
    pub(super) fn worst(&self) -> Option<f32> {
        self.heap.peek().filter(|_| self.is_full()).map(|Reverse(key)| similarity(*key))
    }

    /// Removes the documents, best first, and passes score and id of each to `each`.
    pub(super) fn drain(&mut self, mut each: impl FnMut(f32, u32)) {
        let mut keys: Vec<u64> = self.heap.drain().map(|Reverse(key)| key).collect();
        keys.sort_unstable_by_key(|&key| Reverse(key));
        for key in keys {
            each(similarity(key), id(key));
        }
    }
}
