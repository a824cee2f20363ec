//! Residuals: token vectors minus their centroids.

use super::rotation::Rotation;
use crate::corpus::TokenVectors;
use crate::kernel::Kernels;
use half::f16;

/// A residual whose squared norm is at most this share of its centroid's counts as zero. It comes from rounding the centroid to
/// `f16`, with an error of up to 2⁻¹¹ of each value. If it were scaled to norm 1, every copy of a repeated token would train the
/// codebooks with the direction of a rounding error.
const ROUNDING: f32 = 1.0 / (1 << 21) as f32;

/// The nearest finite `f16`. Values beyond its range become the largest one, not infinity.
pub fn to_f16(value: f32) -> f16 {
    f16::from_f32(value.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()))
}

/// Computes residuals of tokens from the stored centroids.
#[derive(Clone, Copy)]
pub struct Residuals<'a> {
    /// Original token vectors.
    pub vectors: TokenVectors<'a>,
    /// The mean that is subtracted from every token, `[dim]`; zeros without centring.
    pub mean: &'a [f32],
    /// Stored centroids of the centred tokens, `[k][dim]`.
    pub centroids: &'a [f16],
    /// Centroid of each token.
    pub assignments: &'a [u32],
    /// Whether residuals are scaled to norm 1.
    pub normalize: bool,
    /// The rotation of the centred tokens, which the stored centroids have gone through already; `None` for no rotation.
    pub rotation: Option<&'a Rotation>,
}

impl Residuals<'_> {
    /// Writes the residuals of `tokens` into `block`, `[tokens][dim]`, and their norms into `norms`. With `normalize` residuals are
    /// scaled to norm 1; otherwise all norms are 1. A residual that is only rounding is zero.
    pub fn write_block(
        &self,
        kernels: &Kernels,
        tokens: impl Iterator<Item = usize> + Clone,
        block: &mut [f32],
        norms: &mut [f32],
    ) {
        let dim = self.vectors.dim;
        for (token, row) in tokens.clone().zip(block.chunks_exact_mut(dim)) {
            kernels.widen(self.vectors.row(token), row);
            row.iter_mut().zip(self.mean).for_each(|(value, mean)| *value -= mean);
        }
        if let Some(rotation) = self.rotation {
            rotation.apply(kernels, block, &mut Vec::new());
        }
        let mut centroid = vec![0.0; dim];
        for ((token, row), norm) in tokens.zip(block.chunks_exact_mut(dim)).zip(norms) {
            let at = self.assignments[token] as usize * dim;
            kernels.widen(&self.centroids[at..at + dim], &mut centroid);
            *norm = self.subtract(&centroid, row);
        }
    }

    /// Makes a residual of the centred token in `row`, and returns its norm.
    fn subtract(&self, centroid: &[f32], row: &mut [f32]) -> f32 {
        let (mut square, mut of_centroid) = (0.0_f32, 0.0_f32);
        for (value, centroid) in row.iter_mut().zip(centroid) {
            *value -= centroid;
            square += *value * *value;
            of_centroid += centroid * centroid;
        }
        let norm = if square <= ROUNDING * of_centroid { 0.0 } else { square.sqrt() };
        let scale = match (norm > 0.0, self.normalize) {
            (false, _) => 0.0,
            (true, true) => 1.0 / norm,
            (true, false) => 1.0,
        };
        row.iter_mut().for_each(|value| *value *= scale);
        if self.normalize { norm } else { 1.0 }
    }
}
