//! Default parameters of token-aware clustering, computed from the numbers of tokens.
//!
//! ```text
//! micro   ← 2^round(log2(tokens^¼)), between 32 and 128;  small ← 2 · micro
//! formula ← 2^round(log2(tokens / 128))
//! minimum ← 1 for each micro type + 2 for each small type + 4 for each active type
//! cap     ← 1 for each micro type + 2 for each small type + (tokens of active types) / 39
//! budget  ← max(formula, min(1.1 · minimum, cap));  a given budget is kept, but at most cap
//! ```
//!
//! The same results as `auto_build_params` of the reference (tachiom 0.4.0).

use super::allocate::{MIN_ROWS_PER_CENTROID, Thresholds};

/// The parameters that a build uses, and the values they were computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoParams {
    /// Budget of centroids.
    pub total_centroids: usize,
    /// Boundaries between micro, small and active token types.
    pub thresholds: Thresholds,
    /// Largest useful budget: with more, centroids of active types would have fewer than 39 tokens on average.
    pub sat_cap: usize,
    /// Smallest budget of token-aware clustering.
    pub min_budget: usize,
    /// `2^round(log2(max(tokens, 128) / 128))`.
    pub formula: usize,
    /// Whether a given budget was lowered to `sat_cap`.
    pub capped: bool,
}

/// Computes the budget and the thresholds for token types with `counts` tokens each. Given values are kept, but a budget is
/// lowered to `sat_cap`.
pub fn auto_params(
    counts: &[usize],
    total_centroids: Option<usize>,
    micro: Option<usize>,
    small: Option<usize>,
) -> AutoParams {
    let tokens: usize = counts.iter().sum();
    let micro = micro.unwrap_or_else(|| {
        let fourth_root = (tokens.max(1) as f64).powf(0.25);
        power_of_two(fourth_root).clamp(32, 128)
    });
    let thresholds = Thresholds { micro, small: small.unwrap_or(2 * micro) };
    let formula = power_of_two(tokens.max(128) as f64 / 128.0);
    let min_budget = thresholds.min_budget(counts);
    let (tail, active_rows) =
        counts.iter().fold((0, 0), |(tail, rows), &count| match thresholds.tail(count) {
            Some(centroids) => (tail + centroids, rows),
            None => (tail, rows + count),
        });
    let sat_cap = tail + active_rows / MIN_ROWS_PER_CENTROID;
    let (total, capped) = match total_centroids {
        Some(given) => (given.min(sat_cap), given > sat_cap),
        None => {
            // 1.1 · min_budget, rounded up, in integers.
            let floor = (11 * min_budget).div_ceil(10).min(sat_cap);
            (formula.max(floor), false)
        }
    };
    AutoParams { total_centroids: total.max(1), thresholds, sat_cap, min_budget, formula, capped }
}

fn power_of_two(x: f64) -> usize {
    let exponent = x.log2().round().clamp(0.0, 40.0);
    1_usize << exponent as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: the output of `auto_build_params` of the reference (tachiom 0.4.0) for the same counts.
    #[test]
    fn parameters_equal_the_reference() {
        let mut counts = vec![70, 200, 1000, 3000];
        counts.extend([10; 20]);
        counts.extend([40; 5]);
        let auto = auto_params(&counts, None, None, None);
        assert_eq!((auto.total_centroids, auto.sat_cap, auto.formula), (51, 139, 32));
        assert_eq!((auto.thresholds.micro, auto.thresholds.small), (32, 64));
        let capped = auto_params(&counts, Some(5000), None, None);
        assert_eq!((capped.total_centroids, capped.capped), (139, true));
        let flat = auto_params(&[70; 10], None, None, None);
        assert_eq!((flat.total_centroids, flat.sat_cap, flat.formula), (17, 17, 4));
    }

    #[test]
    fn an_explicit_choice_is_kept() {
        let auto = auto_params(&[5000, 100, 10], Some(50), Some(20), Some(120));
        assert_eq!(auto.total_centroids, 50);
        assert_eq!((auto.thresholds.micro, auto.thresholds.small), (20, 120));
    }
}
