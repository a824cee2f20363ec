//! Merges equal centroids, and removes centroids without a token.
//!
//! Both would make searches miss documents: gathering uses the `k_centroids` nearest centroids of a query token, and a copy of a
//! centroid or one with an empty inverted list yields no further document. Cost: one hash table of the centroids.

use half::f16;
use std::collections::HashMap;

/// How the centroids were renumbered.
pub(super) struct Compacted {
    /// Centroid of each token.
    pub(super) assignments: Vec<u32>,
    /// `before[c]`: number of centroids that are kept among the first `c`, `[k + 1]`.
    pub(super) before: Vec<u32>,
}

/// Merges equal rows of `centroids`, `[k][dim]`, into the first of them, and removes rows without a token. Returns `None`, and
/// changes nothing, if there are no such rows.
pub(super) fn compact(centroids: &mut Vec<f16>, dim: usize, assignments: &[u32]) -> Option<Compacted> {
    let k = centroids.len() / dim;
    let mut used = vec![false; k];
    assignments.iter().for_each(|&c| used[c as usize] = true);
    let mut first_of: HashMap<&[u8], u32> = HashMap::with_capacity(k);
    let mut number = vec![0_u32; k];
    let mut before = vec![0_u32];
    let mut kept: Vec<usize> = Vec::with_capacity(k);
    for (c, row) in centroids.chunks_exact(dim).enumerate() {
        if used[c] {
            let next = kept.len() as u32;
            number[c] = *first_of.entry(bytemuck::cast_slice(row)).or_insert(next);
            if number[c] == next {
                kept.push(c);
            }
        }
        before.push(kept.len() as u32);
    }
    if kept.len() == k {
        return None;
    }
    drop(first_of);
    for (to, &from) in kept.iter().enumerate() {
        centroids.copy_within(from * dim..(from + 1) * dim, to * dim);
    }
    centroids.truncate(kept.len() * dim);
    Some(Compacted { assignments: assignments.iter().map(|&c| number[c as usize]).collect(), before })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_become_the_first_and_rows_without_a_token_go() {
        let mut centroids = [1.0, 2.0, 1.0, 3.0, 2.0].map(f16::from_f32).to_vec();
        let done = compact(&mut centroids, 1, &[4, 2, 1, 0]).unwrap();
        // 3.0 has no token; the second 1.0 and 2.0 go to the first.
        assert_eq!(centroids, [1.0, 2.0].map(f16::from_f32));
        assert_eq!(done.assignments, [1, 0, 1, 0]);
        assert_eq!(done.before, [0, 1, 2, 2, 2, 2]);
    }

    #[test]
    fn what_is_compact_stays_as_it_is() {
        let mut centroids = [1.0, 2.0].map(f16::from_f32).to_vec();
        assert!(compact(&mut centroids, 1, &[1, 0, 1]).is_none());
        assert_eq!(centroids, [1.0, 2.0].map(f16::from_f32));
    }
}
