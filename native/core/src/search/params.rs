//! Parameters of a search.

use crate::{Error, Result};

/// Parameters of a search, with the reference's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchParams {
    /// Number of documents to return.
    pub k: usize,
    /// Gather: nearest centroids per query token. More are used if their lists hold fewer than `k` documents.
    pub k_centroids: usize,
    /// Refine: maximum number of candidates scored on the codes; at least `k`.
    pub k_docs_to_score: usize,
    /// Gather: beam width of the graph walk; `None` means `round(1.5 · k_centroids)`.
    pub ef_search: Option<usize>,
    /// Select: keeps candidates with a coarse score of at least `s_k − |s_k| · alpha`, where `s_k` is the k-th best; `None`
    /// keeps all.
    pub alpha: Option<f32>,
    /// Refine: stops after this many candidates in a row without improvement; `None` never stops early.
    pub beta: Option<usize>,
    /// Gather: relaxes the bound of the graph walk, see [`crate::graph::Walk::search`]; `None` means 0.
    pub lambda: Option<f32>,
}

/// All documents that match a filter are scored if they are at most this many times `k_docs_to_score`. On the Debian corpus scoring all of
/// 1,000 documents takes as long as gathering among them, of 2,000 half as long again, and 0.85 of the time without a filter; but gathering
/// finds 0.915 of the ten best of 2,000, and scoring all of them 0.94.
const COMPLETE: usize = 4;

impl Default for SearchParams {
    fn default() -> Self {
        Self {
            k: 10,
            k_centroids: 20,
            k_docs_to_score: 500,
            ef_search: None,
            alpha: Some(0.45),
            beta: None,
            lambda: None,
        }
    }
}

/// Maximum of `k`.
pub const MAX_K: usize = 10_000;
/// Maximum of the other counts.
pub const MAX_COUNT: usize = 10_000_000;

impl SearchParams {
    /// Whether all of `documents` documents that a filter leaves are scored, instead of gathering among them.
    pub fn scores_all_of(&self, documents: usize) -> bool {
        documents <= COMPLETE.saturating_mul(self.k_docs_to_score).max(self.k)
    }

    /// Beam width of the graph walk: `ef_search` or its default, at least `k_centroids`.
    pub fn beam(&self) -> usize {
        self.ef_search.unwrap_or((3 * self.k_centroids).div_ceil(2)).max(self.k_centroids)
    }

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<()> {
        let count = |name, value: usize, most: usize| {
            if value == 0 || value > most {
                return Err(Error::Parameter {
                    name,
                    expected: format!("1 to {most}"),
                    got: value.to_string(),
                });
            }
            Ok(())
        };
        let factor = |name, value: Option<f32>| match value {
            Some(value) if !value.is_finite() || value < 0.0 => Err(Error::Parameter {
                name,
                expected: "a finite number of at least 0, or null".into(),
                got: value.to_string(),
            }),
            _ => Ok(()),
        };
        count("k", self.k, MAX_K)?;
        count("kCentroids", self.k_centroids, MAX_COUNT)?;
        count("kDocsToScore", self.k_docs_to_score, MAX_COUNT)?;
        count("efSearch", self.ef_search.unwrap_or(1), MAX_COUNT)?;
        count("beta", self.beta.unwrap_or(1), MAX_COUNT)?;
        factor("alpha", self.alpha)?;
        factor("lambda", self.lambda)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beam_is_half_again_as_wide_as_the_centroids_asked_for() {
        let beam =
            |k_centroids, ef_search| SearchParams { k_centroids, ef_search, ..Default::default() }.beam();
        assert_eq!(beam(20, None), 30);
        assert_eq!(beam(25, None), 38);
        assert_eq!(beam(20, Some(45)), 45);
        assert_eq!(beam(20, Some(5)), 20);
    }

    #[test]
    fn each_parameter_out_of_range_is_named() {
        let name = |params: SearchParams| match params.check() {
            Err(Error::Parameter { name, .. }) => name,
            other => panic!("{other:?}"),
        };
        let good = SearchParams::default();
        assert!(good.check().is_ok());
        assert_eq!(name(SearchParams { k: 0, ..good }), "k");
        assert_eq!(name(SearchParams { k: 10_001, ..good }), "k");
        assert_eq!(name(SearchParams { k_centroids: 0, ..good }), "kCentroids");
        assert_eq!(name(SearchParams { k_docs_to_score: 0, ..good }), "kDocsToScore");
        assert_eq!(name(SearchParams { ef_search: Some(0), ..good }), "efSearch");
        assert_eq!(name(SearchParams { beta: Some(0), ..good }), "beta");
        assert_eq!(name(SearchParams { alpha: Some(f32::NAN), ..good }), "alpha");
        assert_eq!(name(SearchParams { alpha: Some(-0.1), ..good }), "alpha");
        assert_eq!(name(SearchParams { lambda: Some(f32::INFINITY), ..good }), "lambda");
    }
}
