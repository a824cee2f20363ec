//! The parameter `beta`: refining stops after this many candidates in a row without improvement.

/// Counts successive candidates that did not improve the list of the `k` best.
pub(super) struct EarlyStop {
    beta: Option<usize>,
    in_a_row: usize,
}

impl EarlyStop {
    /// Stops after `beta` candidates without improvement; `None` never stops.
    pub(super) fn new(beta: Option<usize>) -> Self {
        Self { beta, in_a_row: 0 }
    }

    /// Counts one scored candidate, and returns whether to stop. `improved` is whether it is among the `k` best, and `full`
    /// whether there are `k`. Never stops before there are.
    pub(super) fn after(&mut self, improved: bool, full: bool) -> bool {
        self.in_a_row = if improved { 0 } else { self.in_a_row + 1 };
        full && self.beta.is_some_and(|beta| self.in_a_row >= beta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Candidates scored before it stops; all of them if it does not.
    fn scored(beta: Option<usize>, improvements: &[bool]) -> usize {
        let mut stop = EarlyStop::new(beta);
        improvements
            .iter()
            .position(|&improved| stop.after(improved, true))
            .map_or(improvements.len(), |at| at + 1)
    }

    #[test]
    fn it_stops_at_the_beta_th_candidate_in_a_row_without_improvement() {
        let improvements = [true, false, true, false, false, true, false, false, false, true];
        assert_eq!(scored(Some(1), &improvements), 2);
        assert_eq!(scored(Some(2), &improvements), 5);
        assert_eq!(scored(Some(3), &improvements), 9);
        assert_eq!(scored(Some(4), &improvements), 10);
        assert_eq!(scored(None, &improvements), 10);
    }

    #[test]
    fn it_does_not_stop_before_the_list_is_full() {
        let mut stop = EarlyStop::new(Some(1));
        assert!(!stop.after(false, false));
        assert!(stop.after(false, true));
    }
}
