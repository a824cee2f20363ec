//! What is left of a token once its centroid is taken away.

use crate::corpus::TokenVectors;
use crate::kernel::Kernels;
use half::f16;

/// A residual whose squared norm is at most this share of its centroid's is the rounding of the centroid to `f16` (each value
/// is off by up to 2⁻¹¹ of itself), and counts as zero. It would otherwise be scaled to norm 1, and the codebooks would learn
/// the direction of a rounding error from every copy of a repeated token.
const ROUNDING: f32 = 1.0 / (1 << 21) as f32;

/// The nearest finite `f16`: what is beyond its range becomes the largest one, not infinity.
pub fn to_f16(value: f32) -> f16 {
    f16::from_f32(value.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()))
}

/// Computes residuals of tokens from the centroids as they are stored.
#[derive(Clone, Copy)]
pub struct Residuals<'a> {
    /// Original token vectors.
    pub vectors: TokenVectors<'a>,
    /// The shift taken from every token first, `[dim]`; zeros without centring.
    pub mean: &'a [f32],
    /// Stored centroids, `[k][dim]`, of the shifted tokens.
    pub centroids: &'a [f16],
    /// Centroid of each token.
    pub assignments: &'a [u32],
    /// Whether residuals are scaled to norm 1.
    pub normalize: bool,
}

impl Residuals<'_> {
    /// Writes the residual of `token`, scaled if asked for, and returns its norm before scaling (1 if not scaled). A residual
    /// that is no more than rounding is written as zeros.
    pub fn write(&self, kernels: &Kernels, token: usize, centroid: &mut [f32], residual: &mut [f32]) -> f32 {
        let dim = self.vectors.dim;
        let row = self.assignments[token] as usize * dim;
        kernels.widen(&self.centroids[row..row + dim], centroid);
        kernels.widen(self.vectors.row(token), residual);
        let (mut square, mut of_centroid) = (0.0_f32, 0.0_f32);
        for ((value, centroid), mean) in residual.iter_mut().zip(&*centroid).zip(self.mean) {
            *value = (*value - mean) - centroid;
            square += *value * *value;
            of_centroid += centroid * centroid;
        }
        let norm = if square <= ROUNDING * of_centroid { 0.0 } else { square.sqrt() };
        let scale = match (norm > 0.0, self.normalize) {
            (false, _) => 0.0,
            (true, true) => 1.0 / norm,
            (true, false) => 1.0,
        };
        residual.iter_mut().for_each(|value| *value *= scale);
        if self.normalize { norm } else { 1.0 }
    }

    /// Writes the residuals of `tokens` into `block`, `[tokens][dim]`, and their norms.
    pub fn write_block(
        &self,
        kernels: &Kernels,
        tokens: impl Iterator<Item = usize>,
        block: &mut [f32],
        norms: &mut [f32],
    ) {
        let mut centroid = vec![0.0; self.vectors.dim];
        for ((token, residual), norm) in
            tokens.zip(block.chunks_exact_mut(self.vectors.dim)).zip(norms.iter_mut())
        {
            *norm = self.write(kernels, token, &mut centroid, residual);
        }
    }
}
