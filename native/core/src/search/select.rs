//! Select: reduces the gathered candidates to those that refining will score.

use crate::ranking::similarity;
use std::cmp::Reverse;

/// Sorts `candidates`, ranking keys of coarse scores, best first and keeps the best `max(most, k)` of them. With `alpha`, only
/// those with a score of at least `s_k − |s_k| · alpha` stay, where `s_k` is the k-th best score.
pub(super) fn select(candidates: &mut Vec<u64>, k: usize, most: usize, alpha: Option<f32>) {
    let most = most.max(k);
    if candidates.len() > most {
        candidates.select_nth_unstable_by_key(most, |&key| Reverse(key));
        candidates.truncate(most);
    }
    candidates.sort_unstable_by_key(|&key| Reverse(key));
    if let (Some(alpha), Some(&kth)) = (alpha, candidates.get(k - 1)) {
        let kth = similarity(kth);
        let least = kth - kth.abs() * alpha;
        let kept = candidates.partition_point(|&candidate| similarity(candidate) >= least);
        candidates.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::id;

    fn run(scores: &[f32], k: usize, most: usize, alpha: Option<f32>) -> Vec<u32> {
        let mut candidates =
            scores.iter().enumerate().map(|(d, &s)| crate::ranking::key(s, d as u32)).collect();
        select(&mut candidates, k, most, alpha);
        candidates.into_iter().map(id).collect()
    }

    #[test]
    fn the_best_are_kept_and_equal_ones_by_smaller_id() {
        assert_eq!(run(&[1.0, 3.0, 2.0, 3.0, 2.0], 1, 3, None), [1, 3, 2]);
    }

    #[test]
    fn alpha_is_measured_from_the_kth_score_and_a_smaller_one_prunes_more() {
        let scores = [10.0, 8.0, 7.9, 4.1, 3.9];
        assert_eq!(run(&scores, 2, 5, Some(0.5)), [0, 1, 2, 3]);
        assert_eq!(run(&scores, 2, 5, Some(0.1)), [0, 1, 2]);
        assert_eq!(run(&scores, 2, 5, Some(0.0)), [0, 1]);
        assert_eq!(run(&scores, 2, 5, None), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn below_zero_the_threshold_still_lies_under_the_kth_score() {
        assert_eq!(run(&[-1.0, -2.0, -2.5, -4.0], 2, 4, Some(0.5)), [0, 1, 2]);
    }

    #[test]
    fn k_candidates_are_kept_whatever_the_cap() {
        assert_eq!(run(&[1.0, 3.0, 2.0, 4.0], 3, 1, None), [3, 1, 2]);
    }

    #[test]
    fn fewer_candidates_than_k_are_all_kept() {
        assert_eq!(run(&[1.0, -5.0], 3, 10, Some(0.0)), [0, 1]);
    }
}
