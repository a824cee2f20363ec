//! Token types for a corpus without token ids.
//!
//! Token-aware clustering needs groups of similar tokens. Without ids they are learned:
//!
//! ```text
//! kinds ← a power of two near sqrt(tokens) / 2
//! centroids ← k-means, 5 rounds, over a sample of 64 · kinds tokens
//! the type of a token ← its nearest centroid
//! ```
//!
//! Cost: `kinds · dim` multiply-adds for each token (at dim 128 and 1,024 kinds some 5 µs on one core). One global k-means with
//! the full budget would compare each token with some thirty times as many centroids, in each of ten rounds.

use super::assign::{Codebook, Points, Work, assign};
use super::kmeans::{kmeans, work_units};
use crate::Result;
use crate::corpus::TokenVectors;
use crate::kernel;
use crate::monitor::{Monitor, Stage};
use crate::random::choose;
use std::sync::atomic::AtomicU64;

/// Rounds of k-means over the sample.
const ROUNDS: usize = 5;
/// Number of sampled tokens for each kind.
const SAMPLE_PER_KIND: usize = 64;

/// Number of kinds for `tokens` tokens: a power of two near `sqrt(tokens) / 2`, from 1 to 4,096. It is smaller if a kind would
/// have fewer than some 512 tokens, because each kind gets at least four centroids.
pub fn kinds(tokens: usize) -> usize {
    let tokens = tokens.max(1) as f64;
    let exponent = (tokens.sqrt() / 2.0).min(tokens / 512.0).log2().round().clamp(0.0, 12.0);
    1 << exponent as u32
}

/// The kind of each token: a number below [`kinds`].
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub fn pseudo_types(vectors: TokenVectors<'_>, seed: u64, monitor: &dyn Monitor) -> Result<Vec<u32>> {
    let (tokens, kernels) = (vectors.len(), kernel::active());
    let kinds = kinds(tokens).min(tokens.max(1));
    if tokens == 0 {
        return Ok(Vec::new());
    }
    let mut sample: Vec<u32> = choose(tokens, tokens.min(kinds * SAMPLE_PER_KIND), seed ^ 0x5EED_0F7E)
        .into_iter()
        .map(|row| row as u32)
        .collect();
    sample.sort_unstable();
    let work = Work {
        monitor,
        done: AtomicU64::new(0),
        total: work_units(sample.len(), tokens, kinds, ROUNDS),
        stage: Stage::Allocate,
    };
    let centroids = kmeans(kernels, Points { vectors, rows: &sample }, kinds, ROUNDS, seed, &work)?;
    let rows: Vec<u32> = (0..tokens as u32).collect();
    let mut assigned = vec![0; tokens];
    let codebook = Codebook::new(&centroids, vectors.dim);
    assign(kernels, Points { vectors, rows: &rows }, &codebook, &mut assigned, &work)?;
    Ok(assigned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Unwatched;
    use half::f16;

    #[test]
    fn there_are_about_half_as_many_kinds_as_the_root_of_the_tokens() {
        assert_eq!([1, 100, 2_200, 40_000, 4_000_000, 1 << 40].map(kinds), [1, 1, 4, 64, 1024, 4096]);
    }

    #[test]
    fn tokens_of_one_direction_are_of_one_kind() {
        // 400 tokens in 4 directions far apart.
        let values: Vec<f16> = (0..400)
            .flat_map(|i| (0..4).map(move |d| f16::from_f32(if i % 4 == d { 9.0 } else { 0.0 })))
            .collect();
        let types = pseudo_types(TokenVectors { values: &values, dim: 4 }, 42, &Unwatched).unwrap();
        for i in 4..400 {
            assert_eq!(types[i], types[i % 4]);
        }
    }
}
