//! The k best documents so far.

use crate::ranking::{id, key, similarity};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Keeps the `k` best; equal scores by smaller document.
#[derive(Default)]
pub(super) struct Top {
    heap: BinaryHeap<Reverse<u64>>,
    k: usize,
}

impl Top {
    pub(super) fn begin(&mut self, k: usize) {
        self.heap.clear();
        self.k = k;
    }

    /// Whether the document is now among the best.
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

    /// Whether there are `k`.
    pub(super) fn is_full(&self) -> bool {
        self.heap.len() >= self.k
    }

    /// Moves the best out, best first.
    pub(super) fn drain(&mut self, mut each: impl FnMut(f32, u32)) {
        let mut keys: Vec<u64> = self.heap.drain().map(|Reverse(key)| key).collect();
        keys.sort_unstable_by_key(|&key| Reverse(key));
        for key in keys {
            each(similarity(key), id(key));
        }
    }
}
