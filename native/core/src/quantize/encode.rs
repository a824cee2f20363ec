//! Coding every token with trained codebooks.

use super::codebooks::{Codebooks, PackedCodebooks};
use super::residual::{Residuals, to_f16};
use crate::Result;
use crate::kernel::{self, Kernels};
use crate::monitor::{Monitor, Stage};
use half::f16;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Codes tokens.
pub struct Encoder<'a> {
    /// Residuals of all tokens.
    pub residuals: Residuals<'a>,
    /// Trained codebooks.
    pub codebooks: Codebooks<'a>,
    /// The same, packed.
    pub packed: &'a PackedCodebooks,
    /// Whether norms are scaled for the words' being shorter than what they stand for; else they are the residuals'.
    pub scale_norms: bool,
}

/// What a residual's norm is multiplied with, so that scores come out right on average.
///
/// Words are shorter than the residuals they stand for. With `⟨r,w⟩ / ⟨w,w⟩` the squared error is least, but a query token
/// that is near the document's, as the one that attains the maximum is, finds too small a product; with `⟨r,r⟩ / ⟨r,w⟩` a
/// query token equal to the document's finds the right one, and others too large ones. Halfway between the two the root mean
/// squared error of MaxSim scores is half of that with the plain norm, and recall is higher (full Cranfield: 0.100 instead of
/// 0.208, recall@10 0.947 instead of 0.941).
fn norm_factor(residual: &[f32], words: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let (rr, rw, ww) = (dot(residual, residual), dot(residual, words), dot(words, words));
    // Words that point away from the residual, or nowhere, say nothing about its length.
    if rw > 0.0 && ww > 0.0 { 0.5 * (rr / rw + rw / ww) } else { 1.0 }
}

const BLOCK: usize = 1024;
/// Tokens coded between two writes: 64 Ki · 32 bytes of codes are 2 MiB.
const WAVE: usize = 64 * BLOCK;

impl Encoder<'_> {
    /// Codes all tokens in order and hands each wave's codes (`[tokens][subspaces]`) to `write`. Returns the norms.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`] and what `write` returns.
    pub fn encode(
        &self,
        monitor: &dyn Monitor,
        mut write: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<Vec<f16>> {
        let kernels = kernel::active();
        let tokens = self.residuals.assignments.len();
        let subspaces = self.codebooks.subspaces.len();
        let mut norms = vec![f16::ONE; tokens];
        let done = AtomicU64::new(0);
        let mut codes = Vec::new();
        for (wave, norms) in norms.chunks_mut(WAVE).enumerate() {
            codes.resize(norms.len() * subspaces, 0);
            codes
                .par_chunks_mut(BLOCK * subspaces)
                .zip(norms.par_chunks_mut(BLOCK))
                .enumerate()
                .try_for_each(|(block, (codes, norms))| {
                    monitor.check()?;
                    self.encode_block(kernels, wave * WAVE + block * BLOCK, codes, norms);
                    let done = done.fetch_add(norms.len() as u64, Ordering::Relaxed) + norms.len() as u64;
                    monitor.progress(Stage::Encode, done, tokens as u64);
                    Ok(())
                })?;
            write(&codes)?;
        }
        Ok(norms)
    }

    fn encode_block(&self, kernels: &Kernels, first: usize, codes: &mut [u8], norms: &mut [f16]) {
        let n = norms.len();
        let subspaces = self.codebooks.subspaces.len();
        let mut residuals = vec![0.0; n * self.residuals.vectors.dim];
        let mut exact = vec![0.0; n];
        self.residuals.write_block(kernels, first..first + n, &mut residuals, &mut exact);
        let (mut words, mut scores) = (vec![0; n], vec![0.0; n]);
        for m in 0..subspaces {
            self.packed.nearest(kernels, m, &residuals, &mut words, &mut scores);
            for (codes, &word) in codes.chunks_exact_mut(subspaces).zip(&words) {
                codes[m] = word as u8;
            }
        }
        let mut words = vec![0.0; self.residuals.vectors.dim];
        let coded = residuals.chunks_exact(words.len()).zip(codes.chunks_exact(subspaces));
        for ((norm, &exact), (residual, codes)) in norms.iter_mut().zip(&exact).zip(coded) {
            let mut factor = 1.0;
            if self.residuals.normalize && self.scale_norms {
                self.codebooks.decode(codes, &mut words);
                factor = norm_factor(residual, &words);
            }
            *norm = to_f16(exact * factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_residual_coded_without_error_keeps_its_norm() {
        assert_eq!(norm_factor(&[0.6, 0.8], &[0.6, 0.8]), 1.0);
    }

    #[test]
    fn shorter_words_are_stretched_to_between_the_two_right_lengths() {
        // r = (1, 0), w = (0.8, 0.4): ⟨r,w⟩ / ⟨w,w⟩ = 1, ⟨r,r⟩ / ⟨r,w⟩ = 1.25.
        assert!((norm_factor(&[1.0, 0.0], &[0.8, 0.4]) - 1.125).abs() < 1e-6);
    }

    #[test]
    fn words_that_say_nothing_change_nothing() {
        assert_eq!(norm_factor(&[1.0, 0.0], &[0.0, 0.0]), 1.0);
        assert_eq!(norm_factor(&[1.0, 0.0], &[-1.0, 0.0]), 1.0);
        assert_eq!(norm_factor(&[0.0, 0.0], &[1.0, 0.0]), 1.0);
    }
}
