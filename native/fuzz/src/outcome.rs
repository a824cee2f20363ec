//! What a test of damage found, and whether that is within its limit.

use serde::Serialize;
use std::collections::BTreeMap;

/// The outcome of one of the tests F1, F2, F3 and F5.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// F1, F2, F3 or F5.
    pub id: &'static str,
    /// What was done.
    pub test: &'static str,
    /// What was counted, by name.
    pub figures: BTreeMap<&'static str, u64>,
    /// What the figures have to be.
    pub limit: String,
    /// Whether they are.
    pub pass: bool,
    /// The first failures in words, at most [`MOST_FAILURES`].
    pub failures: Vec<String>,
}

/// Number of failures that are described.
pub const MOST_FAILURES: usize = 10;

/// Counts of a running test.
#[derive(Debug, Default)]
pub struct Counts {
    figures: BTreeMap<&'static str, u64>,
    failures: Vec<String>,
    failed: u64,
}

impl Counts {
    /// Adds one to a figure.
    pub fn add(&mut self, name: &'static str) {
        *self.figures.entry(name).or_default() += 1;
    }

    /// Raises a figure to `value` if it is smaller.
    pub fn raise(&mut self, name: &'static str, value: u64) {
        let figure = self.figures.entry(name).or_default();
        *figure = value.max(*figure);
    }

    /// Notes a failure.
    pub fn fail(&mut self, name: &'static str, what: impl FnOnce() -> String) {
        self.add(name);
        self.failed += 1;
        if self.failures.len() < MOST_FAILURES {
            self.failures.push(format!("{name}: {}", what()));
        }
    }

    /// The outcome. It passes if there was no failure and `enough` holds.
    pub fn outcome(
        mut self,
        id: &'static str,
        test: &'static str,
        zero: &[&'static str],
        limit: &str,
        enough: bool,
    ) -> Outcome {
        zero.iter().for_each(|name| _ = self.figures.entry(name).or_default());
        let pass = self.failed == 0 && enough;
        Outcome { id, test, figures: self.figures, limit: limit.to_owned(), pass, failures: self.failures }
    }
}
