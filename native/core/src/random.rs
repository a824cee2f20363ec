//! Random choices from a seed.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::HashMap;

/// `k` distinct numbers below `n`, by a partial Fisher–Yates shuffle.
pub(crate) fn choose(n: usize, k: usize, seed: u64) -> Vec<usize> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut moved = HashMap::new();
    (0..k)
        .map(|i| {
            let j = i + (random.next_u64() % (n - i) as u64) as usize;
            let at_i = moved.get(&i).copied().unwrap_or(i);
            moved.insert(j, at_i).unwrap_or(j)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_distinct_and_within_range() {
        let mut chosen = choose(50, 50, 9);
        chosen.sort_unstable();
        assert_eq!(chosen, (0..50).collect::<Vec<_>>());
        assert_ne!(choose(1000, 10, 1), choose(1000, 10, 2));
    }
}
