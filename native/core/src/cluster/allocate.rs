//! Sharing a budget of centroids among token types.
//!
//! In: the number of tokens (`count`) and the spread of each type, the thresholds, the budget. Out: centroids of each type.
//!
//! ```text
//! a micro type gets 1 centroid, a small type 2
//! active types share the rest of the budget:
//!     ideal ← rest · score / sum of scores, where score = sqrt(count) · spread;  equal parts if all scores are 0
//!     ideal ← at least 4;  cap ← max(4, count / 39)
//!     share ← ideal rounded, at most cap
//!     while the shares are below the rest: one more for each type below its cap, largest fraction of ideal first;
//!         when all are at their caps: one more for each type with more tokens than centroids, in the same order
//!     while the shares are above the rest: one fewer for each type above 4, largest share first
//! ```
//!
//! Types with equal keys are ordered by token id. The results equal those of the reference (tachiom 0.4.0) at 21 budgets of two
//! corpora, except for types with equal keys in the last step.

use std::cmp::Reverse;

/// Minimum number of centroids of an active type.
pub const ACTIVE_FLOOR: usize = 4;
/// Rows per centroid, on average, at the cap of an active type.
pub const MIN_ROWS_PER_CENTROID: usize = 39;

/// Boundaries between micro, small and active types, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// A micro type has fewer rows than this.
    pub micro: usize,
    /// A small type has at least `micro` rows, and fewer than this.
    pub small: usize,
}

impl Thresholds {
    /// Number of centroids of a micro or small type; `None` for an active type.
    pub fn tail(&self, count: usize) -> Option<usize> {
        if count < self.micro {
            Some(1)
        } else if count < self.small {
            Some(2.min(count))
        } else {
            None
        }
    }

    /// Smallest budget: one centroid for each micro type, two for each small type, four for each active type.
    pub fn min_budget(&self, counts: &[usize]) -> usize {
        counts.iter().map(|&count| self.tail(count).unwrap_or(ACTIVE_FLOOR)).sum()
    }
}

/// Number of centroids of each type; `None` if the budget is below [`Thresholds::min_budget`].
pub fn allocate(
    counts: &[usize],
    spreads: &[f64],
    thresholds: Thresholds,
    budget: usize,
) -> Option<Vec<usize>> {
    if budget < thresholds.min_budget(counts) {
        return None;
    }
    let mut shares: Vec<usize> = counts.iter().map(|&count| thresholds.tail(count).unwrap_or(0)).collect();
    let mut active: Vec<Active> = counts
        .iter()
        .enumerate()
        .filter(|&(_, &count)| thresholds.tail(count).is_none())
        .map(|(t, &count)| Active {
            t,
            score: (count as f64).sqrt() * spreads[t],
            cap: ACTIVE_FLOOR.max(count / MIN_ROWS_PER_CENTROID),
            rows: count,
            share: 0,
            fraction: 0.0,
        })
        .collect();
    let remaining = budget - shares.iter().sum::<usize>();
    reconcile(&mut active, remaining);
    for a in active {
        shares[a.t] = a.share.min(a.rows);
    }
    Some(shares)
}

/// An active type, number `t`.
struct Active {
    t: usize,
    score: f64,
    cap: usize,
    rows: usize,
    share: usize,
    fraction: f64,
}

/// Sets the shares of the active types.
fn reconcile(active: &mut [Active], budget: usize) {
    if active.is_empty() {
        return;
    }
    let total: f64 = active.iter().map(|a| a.score).sum();
    let equal = 1.0 / active.len() as f64;
    for a in active.iter_mut() {
        let share = if total > 0.0 { a.score / total } else { equal };
        let ideal = (share * budget as f64).max(ACTIVE_FLOOR as f64);
        a.fraction = ideal.fract();
        a.share = (ideal.round() as usize).min(a.cap);
    }
    let given: usize = active.iter().map(|a| a.share).sum();
    let mut order: Vec<usize> = (0..active.len()).collect();
    if given < budget {
        order.sort_by(|&a, &b| active[b].fraction.total_cmp(&active[a].fraction).then(a.cmp(&b)));
        let surplus = give(active, &order, budget - given, |a| a.share < a.cap.min(a.rows));
        // A surplus that is left after that is not used: a centroid needs a row.
        give(active, &order, surplus, |a| a.share < a.rows);
    } else {
        order.sort_by_key(|&a| (Reverse(active[a].share), a));
        take(active, &order, given - budget);
    }
}

/// Takes one centroid from each type above the floor, in `order` and repeatedly, until `deficit` are taken. The budget is at
/// least the sum of the floors, so there are enough.
fn take(active: &mut [Active], order: &[usize], mut deficit: usize) {
    while deficit > 0 {
        let before = deficit;
        for &a in order {
            if deficit > 0 && active[a].share > ACTIVE_FLOOR {
                active[a].share -= 1;
                deficit -= 1;
            }
        }
        if deficit == before {
            return;
        }
    }
}

/// Gives one centroid to each type for which `may_take` is true, in `order` and repeatedly. Returns the surplus that is left.
fn give(
    active: &mut [Active],
    order: &[usize],
    mut surplus: usize,
    may_take: impl Fn(&Active) -> bool,
) -> usize {
    loop {
        let before = surplus;
        for &a in order {
            if surplus > 0 && may_take(&active[a]) {
                active[a].share += 1;
                surplus -= 1;
            }
        }
        if surplus == 0 || surplus == before {
            return surplus;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { micro: 32, small: 64 };

    #[test]
    fn the_share_is_damped_by_the_root_of_the_count() {
        // sqrt(1000) : sqrt(4000) = 1 : 2; both below their caps of 25 and 102.
        let shares = allocate(&[10, 40, 1000, 4000], &[1.0; 4], THRESHOLDS, 33).unwrap();
        assert_eq!(shares, [1, 2, 10, 20]);
    }

    #[test]
    fn a_surplus_goes_to_types_below_their_caps_first_and_then_to_all() {
        // The reference (tachiom 0.4.0) prints this allocation for these counts, budget and thresholds.
        let mut counts = vec![70, 200, 1000, 3000];
        counts.extend([10; 25]);
        let mut spreads = vec![128.0; 29];
        (spreads[2], spreads[3]) = (127.1679, 128.0963);
        let thresholds = Thresholds { micro: 128, small: 256 };
        let shares = allocate(&counts, &spreads, thresholds, 300).unwrap();
        assert_eq!(&shares[..4], [1, 2, 110, 162]);
    }

    #[test]
    fn a_deficit_is_taken_one_by_one_from_the_largest_but_never_below_four() {
        // The first two types get 4, so the others have 8 too many: four each.
        let shares = allocate(&[100, 100, 100_000, 100_000], &[0.0, 0.0, 1.0, 1.0], THRESHOLDS, 40).unwrap();
        assert_eq!(shares, [4, 4, 16, 16]);
        let shares = allocate(&[100, 100, 100_000, 90_000], &[0.0, 0.0, 1.0, 1.0], THRESHOLDS, 39).unwrap();
        // Ideal shares 20.01 and 18.99, rounded to 20 and 19; eight taken in turn, the larger first.
        assert_eq!(shares, [4, 4, 16, 15]);
    }

    #[test]
    fn shares_are_rounded_and_a_type_at_the_floor_gets_more_last() {
        // Ideal shares: 4 (raised from 1.2), 10.4, 10.4. One more goes to the first of the equal fractions.
        let counts = [70, 4000, 4000];
        let spreads = [0.01, 0.0115, 0.0115];
        let shares = allocate(&counts, &spreads, THRESHOLDS, 25).unwrap();
        assert_eq!(shares.iter().sum::<usize>(), 25);
        assert_eq!(shares[0], 4);
    }

    #[test]
    fn shares_are_equal_when_all_spreads_are_zero() {
        let shares = allocate(&[400, 800], &[0.0, 0.0], THRESHOLDS, 14).unwrap();
        assert_eq!(shares, [7, 7]);
    }

    #[test]
    fn a_budget_below_the_smallest_is_rejected() {
        assert!(allocate(&[70; 10], &[1.0; 10], THRESHOLDS, 39).is_none());
        assert!(allocate(&[70; 10], &[1.0; 10], THRESHOLDS, 40).is_some());
    }

    #[test]
    fn never_more_centroids_than_rows() {
        let shares = allocate(&[64, 70], &[1.0, 1.0], THRESHOLDS, 1000).unwrap();
        assert_eq!(shares, [64, 70]);
    }
}
