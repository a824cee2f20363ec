//! The k best documents so far.

use crate::ranking::{id, key, similarity};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Keeps the `k` documents with the largest scores.
///
/// Documents with equal scores are ordered when the list is drained, by a rule that the caller gives (their ids). It is too slow to
/// be asked for each document. So the heap orders equal scores by position, and `ties` keeps what has the k-th best score and has no
/// place in the heap: the caller's rule may prefer it.
#[derive(Default)]
pub(super) struct Top {
    heap: BinaryHeap<Reverse<u64>>,
    ties: Vec<u64>,
    k: usize,
}

impl Top {
    /// Empties the list and sets `k`.
    pub(super) fn begin(&mut self, k: usize) {
        self.heap.clear();
        self.ties.clear();
        self.k = k;
    }

    /// Adds the document if it is among the `k` best so far, of equal scores the smaller positions, and returns whether it is.
    pub(super) fn offer(&mut self, score: f32, document: u32) -> bool {
        let candidate = key(score, document);
        if self.heap.len() < self.k {
            self.heap.push(Reverse(candidate));
            return true;
        }
        let Some(mut worst) = self.heap.peek_mut() else { return false };
        let better = candidate > worst.0;
        let loser = if better { std::mem::replace(&mut worst.0, candidate) } else { candidate };
        drop(worst);
        let ties = |key: u64| self.worst().is_some_and(|worst| similarity(key).to_bits() == worst.to_bits());
        if ties(loser) {
            self.ties.push(loser);
        } else if better {
            self.ties.clear();
        }
        better
    }

    /// Whether the list holds `k` documents.
    pub(super) fn is_full(&self) -> bool {
        self.heap.len() >= self.k
    }

    /// The k-th best score; `None` while there are fewer.
    pub(super) fn worst(&self) -> Option<f32> {
        self.heap.peek().filter(|_| self.is_full()).map(|Reverse(key)| similarity(*key))
    }

    /// Removes the documents, best first and equal scores in the order `of_equals`, and passes score and position of each to `each`.
    pub(super) fn drain(&mut self, of_equals: impl Fn(u32, u32) -> Ordering, mut each: impl FnMut(f32, u32)) {
        let mut keys: Vec<u64> = self.heap.drain().map(|Reverse(key)| key).collect();
        keys.append(&mut self.ties);
        keys.sort_unstable_by(|&a, &b| {
            similarity(b).total_cmp(&similarity(a)).then_with(|| of_equals(id(a), id(b)))
        });
        for &key in keys.iter().take(self.k) {
            each(similarity(key), id(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The list is what sorting all documents gives, whatever the order in which they are offered and the rule for equal scores.
        #[test]
        fn the_best_are_those_of_a_sort(offered in proptest::collection::vec((0_u8..6, 0_u32..50), 0..60), k in 1_usize..20, seed: u32) {
            let mut documents: Vec<(f32, u32)> = offered.iter().map(|&(score, document)| (f32::from(score), document)).collect();
            documents.sort_by_key(|&(_, document)| document);
            documents.dedup_by_key(|&mut (_, document)| document);
            documents.sort_by_key(|&(_, document)| document.wrapping_mul(seed | 1));
            let place = |document: u32| document.wrapping_mul(0x9E37_79B1);
            let by_place = |a: u32, b: u32| place(a).cmp(&place(b));
            let mut top = Top::default();
            top.begin(k);
            for &(score, document) in &documents {
                top.offer(score, document);
            }
            let mut found = Vec::new();
            top.drain(by_place, |score, document| found.push((score, document)));
            documents.sort_by(|a, b| b.0.total_cmp(&a.0).then(by_place(a.1, b.1)));
            documents.truncate(k);
            prop_assert_eq!(found, documents);
        }
    }
}
