//! Clusters and codebooks that the caller gives to a build.

use crate::corpus::Corpus;
use crate::quantize::WORDS;
use crate::{Error, Result};

/// Given coarse centroids, and the centroid of every token.
pub struct GivenClusters<'a> {
    /// `[k][dim]`.
    pub centroids: &'a [f32],
    /// Centroid of each token.
    pub assignments: &'a [u32],
    /// Name of the centroids, for errors.
    pub centroids_name: String,
    /// Name of the assignments, for errors.
    pub assignments_name: String,
}

impl GivenClusters<'_> {
    pub(super) fn check(&self, corpus: &Corpus<'_>) -> Result<()> {
        let fault = |input: &str, what, expected: String, got: String| {
            Err(Error::Input { input: input.to_owned(), what, expected, got })
        };
        let (dim, tokens) = (corpus.vectors.dim, corpus.vectors.len());
        if self.centroids.is_empty() || !self.centroids.len().is_multiple_of(dim) {
            let got = format!("{} values", self.centroids.len());
            return fault(&self.centroids_name, "shape", format!("at least one row of {dim}"), got);
        }
        if let Some(at) = self.centroids.iter().position(|value| !value.is_finite()) {
            let got = format!("{} in row {}, column {}", self.centroids[at], at / dim, at % dim);
            return fault(&self.centroids_name, "values", "finite numbers".into(), got);
        }
        if self.assignments.len() != tokens {
            let got = self.assignments.len().to_string();
            return fault(&self.assignments_name, "rows", format!("{tokens}, one for each vector"), got);
        }
        let k = self.centroids.len() / dim;
        if k > tokens {
            return fault(
                &self.centroids_name,
                "rows",
                format!("at most {tokens}, the number of tokens"),
                k.to_string(),
            );
        }
        match self.assignments.iter().position(|&centroid| centroid as usize >= k) {
            Some(row) => {
                let got = format!("{} in row {row}", self.assignments[row]);
                fault(&self.assignments_name, "values", format!("centroid ids below {k}"), got)
            }
            None => Ok(()),
        }
    }
}

/// Given residual codebooks.
#[derive(Debug, Clone)]
pub struct GivenCodebooks {
    /// `[256][dim]`: row `w` holds word `w` of every subspace, in the order of the subspaces.
    pub rows: Vec<f32>,
    /// Number of values in a row.
    pub dim: usize,
    /// Name of the codebooks, for errors.
    pub name: String,
}

/// Largest absolute value of a word: the largest finite `f16`, as for token vectors.
const MOST: f32 = 65_504.0;

impl GivenCodebooks {
    /// Checks that the codebooks fit vectors of `dim` dimensions, and that all values are finite.
    pub(super) fn check(&self, dim: usize) -> Result<()> {
        let fault = |what, expected: String, got: String| {
            Err(Error::Input { input: self.name.clone(), what, expected, got })
        };
        if self.dim != dim {
            return fault("dim", format!("{dim}, the dim of the vectors"), self.dim.to_string());
        }
        if self.rows.len() != WORDS * dim {
            let got = self.rows.len() as f64 / dim as f64;
            return fault("rows", format!("{WORDS}, one for each word"), got.to_string());
        }
        match self.rows.iter().position(|value| value.is_nan() || value.abs() > MOST) {
            Some(at) => {
                let got = format!("{} in row {}, column {}", self.rows[at], at / dim, at % dim);
                fault("values", format!("numbers from -{MOST} to {MOST}"), got)
            }
            None => Ok(()),
        }
    }
}
