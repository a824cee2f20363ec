//! Coding every token with trained codebooks.

use super::codebooks::PackedCodebooks;
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
    pub codebooks: &'a PackedCodebooks,
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
        let subspaces = self.codebooks.subspaces().len();
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
        let subspaces = self.codebooks.subspaces().len();
        let mut residuals = vec![0.0; n * self.residuals.vectors.dim];
        let mut exact = vec![0.0; n];
        self.residuals.write_block(kernels, first..first + n, &mut residuals, &mut exact);
        let (mut words, mut scores) = (vec![0; n], vec![0.0; n]);
        for m in 0..subspaces {
            self.codebooks.nearest(kernels, m, &residuals, &mut words, &mut scores);
            for (codes, &word) in codes.chunks_exact_mut(subspaces).zip(&words) {
                codes[m] = word as u8;
            }
        }
        for (norm, &exact) in norms.iter_mut().zip(&exact) {
            *norm = to_f16(exact);
        }
    }
}
