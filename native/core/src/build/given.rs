//! Clusters and codebooks that the caller gives to a build.

use crate::corpus::Corpus;
use crate::quantize::{WORDS, learn_rotation};
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
    /// `[256][dim]`: row `w` holds word `w` of every subspace, in the order of the subspaces. If the words are those of rotated
    /// residuals, `[dim][dim]` follow, the rotation.
    pub rows: Vec<f32>,
    /// Number of values in a row.
    pub dim: usize,
    /// Name of the codebooks, for errors.
    pub name: String,
}

/// Largest deviation of a given rotation's inner products from those of an orthogonal matrix. Rounding to `f32` causes 1e-6.
const MOST_DEVIATION: f64 = 1e-4;
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
        if self.rows.len() != WORDS * dim && self.rows.len() != (WORDS + dim) * dim {
            let got = self.rows.len() as f64 / dim as f64;
            let expected = format!("{WORDS}, one for each word, or {} with a rotation", WORDS + dim);
            return fault("rows", expected, got.to_string());
        }
        if let Some(at) = self.rows.iter().position(|value| value.is_nan() || value.abs() > MOST) {
            let got = format!("{} in row {}, column {}", self.rows[at], at / dim, at % dim);
            return fault("values", format!("numbers from -{MOST} to {MOST}"), got);
        }
        match self.rotation().map(|matrix| learn_rotation::deviation(matrix, dim)) {
            Some(deviation) if deviation > MOST_DEVIATION => {
                let expected = format!("orthogonal to {MOST_DEVIATION}");
                fault("rotation", expected, format!("a deviation of {deviation:.6}"))
            }
            _ => Ok(()),
        }
    }

    /// The words, `[256][dim]`.
    pub(super) fn words(&self) -> &[f32] {
        &self.rows[..WORDS * self.dim]
    }

    /// The rotation, `[dim][dim]`, if there is one.
    pub(super) fn rotation(&self) -> Option<&[f32]> {
        Some(&self.rows[WORDS * self.dim..]).filter(|matrix| !matrix.is_empty())
    }
}
