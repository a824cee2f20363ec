//! Training of the residual codebooks: k-means in all subspaces at once.
//!
//! ```text
//! sample ← the sampled tokens (sample.rs) whose residual is not zero
//! words ← the residuals of 256 tokens of the sample, rotated as all are (learn_rotation.rs)
//! repeat n_iter times:
//!     for each block of 1,024 tokens, in parallel:
//!         compute the residuals from the original vectors
//!         for each subspace: add each residual to the sum of its nearest word
//!     for each subspace: words ← the means; split words for those without residuals, as k-means does
//! ```
//!
//! Residuals are computed again in each round, so that memory does not grow with the sample. That costs an eighth of the
//! comparisons with the words. Cost: `sample · 256 · dim` multiply-adds for each round. Sums of blocks are added in a fixed order,
//! so the result does not depend on the number of threads.

use super::codebooks::{Codebooks, PackedCodebooks, Subspaces, WORDS};
use super::residual::Residuals;
use crate::cluster::kmeans::split_empty;
use crate::cluster::squared_distance;
use crate::kernel::{self, Kernels};
use crate::monitor::{Monitor, Stage};
use crate::random::choose;
use crate::{Error, Result};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Parameters of the codebooks.
#[derive(Debug, Clone, Copy)]
pub struct PqParams {
    /// Maximum number of tokens that train.
    pub sample_size: usize,
    /// Rounds of k-means.
    pub n_iter: usize,
    /// Number of codebooks, which is the number of bytes of a token's codes.
    pub subspaces: usize,
    /// Whether residuals are scaled to norm 1 and their norms stored separately.
    pub normalize: bool,
    /// Whether stored norms are scaled as [`super::encode`] describes; otherwise they are those of the residuals.
    pub scale_norms: bool,
    /// Seed of the sample and of the first words.
    pub seed: u64,
}

impl Default for PqParams {
    fn default() -> Self {
        Self {
            sample_size: 10_000_000,
            n_iter: 10,
            subspaces: 32,
            normalize: true,
            scale_norms: true,
            seed: 42,
        }
    }
}

impl PqParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<()> {
        let refuse = |name, expected: &str, got: usize| {
            Err(Error::Parameter { name, expected: expected.into(), got: got.to_string() })
        };
        if self.sample_size == 0 {
            return refuse("pqSampleSize", "at least 1", self.sample_size);
        }
        if self.n_iter == 0 {
            return refuse("pqNIter", "at least 1", self.n_iter);
        }
        if self.subspaces == 0 || self.subspaces > 256 {
            return refuse("pqSubspaces", "1 to 256", self.subspaces);
        }
        Ok(())
    }
}

/// Tokens of a block.
pub(super) const BLOCK: usize = 1024;
/// Blocks of a part. A part has sums of its own, `256 · dim` of 8 bytes. The size is fixed, so that the result does not depend
/// on the number of threads.
const BLOCKS_PER_PART: usize = 16;
/// Parts in memory at the same time: 16 · 256 KiB at dim 128.
const PARTS_PER_WAVE: usize = 16;

/// Trains the words of all subspaces (see [`Codebooks`]) with the residuals of the tokens in `sample`. Residuals that are zero
/// are left out. All words are zero if all residuals are.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn train(
    residuals: Residuals<'_>,
    sample: &[u32],
    subspaces: &Subspaces,
    params: &PqParams,
    monitor: &dyn Monitor,
) -> Result<Vec<f32>> {
    let (dim, kernels) = (residuals.vectors.dim, kernel::active());
    let sample = &with_residual(kernels, residuals, sample, monitor)?;
    let chosen = choose(sample.len(), WORDS.min(sample.len()), params.seed);
    let mut rows = vec![0.0; chosen.len() * dim];
    let tokens = chosen.into_iter().map(|i| sample[i] as usize);
    residuals.write_block(kernels, tokens, &mut rows, &mut [0.0; WORDS]);
    let mut words = first_words(&rows, subspaces);
    let done = AtomicU64::new(0);
    let total = (sample.len() * params.n_iter) as u64;
    for _ in 0..params.n_iter {
        let packed = PackedCodebooks::new(Codebooks { words: &words, subspaces });
        let mut sums = Sums::new(dim, subspaces.len());
        for wave in sample.chunks(BLOCK * BLOCKS_PER_PART * PARTS_PER_WAVE) {
            let parts: Vec<Sums> = wave
                .par_chunks(BLOCK * BLOCKS_PER_PART)
                .map(|part| {
                    let mut sums = Sums::new(dim, subspaces.len());
                    for tokens in part.chunks(BLOCK) {
                        monitor.check()?;
                        sums.add_block(kernels, residuals, tokens, &packed);
                        let done =
                            done.fetch_add(tokens.len() as u64, Ordering::Relaxed) + tokens.len() as u64;
                        monitor.progress(Stage::Train, done, total);
                    }
                    Ok(sums)
                })
                .collect::<Result<_>>()?;
            parts.iter().for_each(|part| sums.add(part));
        }
        sums.update(&mut words, subspaces);
    }
    Ok(words)
}

/// The tokens of `sample` whose residual is not zero.
fn with_residual(
    kernels: &Kernels,
    residuals: Residuals<'_>,
    sample: &[u32],
    monitor: &dyn Monitor,
) -> Result<Vec<u32>> {
    let dim = residuals.vectors.dim;
    let parts: Vec<Vec<u32>> = sample
        .par_chunks(BLOCK * BLOCKS_PER_PART)
        .map(|part| {
            monitor.check()?;
            let (mut block, mut norms) = (vec![0.0; BLOCK * dim], [0.0; BLOCK]);
            let mut kept = Vec::with_capacity(part.len());
            for tokens in part.chunks(BLOCK) {
                let block = &mut block[..tokens.len() * dim];
                residuals.write_block(kernels, tokens.iter().map(|&t| t as usize), block, &mut norms);
                let differs = |residual: &[f32]| residual.iter().any(|&value| value != 0.0);
                let pairs = tokens.iter().zip(block.chunks_exact(dim));
                kept.extend(pairs.filter(|(_, residual)| differs(residual)).map(|(&token, _)| token));
            }
            Ok(kept)
        })
        .collect::<Result<_>>()?;
    Ok(parts.concat())
}

/// The first words: the parts of `rows`, `[rows][dim]`, at most 256; repeated if there are fewer, zero if there is none.
pub(super) fn first_words(rows: &[f32], subspaces: &Subspaces) -> Vec<f32> {
    let size = WORDS * subspaces.dim();
    let repeated: Vec<f32> = rows.iter().copied().cycle().take(size).collect();
    if repeated.is_empty() { vec![0.0; size] } else { subspaces.words_of(&repeated) }
}

/// For each word: sum, count and squared error of the residuals to which it is nearest.
pub(super) struct Sums {
    values: Vec<f64>,
    counts: Vec<usize>,
    errors: Vec<f64>,
}

impl Sums {
    pub(super) fn new(dim: usize, subspaces: usize) -> Self {
        let words = WORDS * subspaces;
        Self { values: vec![0.0; WORDS * dim], counts: vec![0; words], errors: vec![0.0; words] }
    }

    fn add_block(
        &mut self,
        kernels: &Kernels,
        residuals: Residuals<'_>,
        tokens: &[u32],
        packed: &PackedCodebooks,
    ) {
        let mut block = vec![0.0; tokens.len() * residuals.vectors.dim];
        let mut norms = [0.0; BLOCK];
        residuals.write_block(kernels, tokens.iter().map(|&t| t as usize), &mut block, &mut norms);
        self.add_rows(kernels, &block, packed);
    }

    /// Adds residuals, `[rows][dim]`, at most [`BLOCK`]. Returns the numbers of their nearest words, `[subspaces][rows]`.
    pub(super) fn add_rows(
        &mut self,
        kernels: &Kernels,
        block: &[f32],
        packed: &PackedCodebooks,
    ) -> Vec<u32> {
        let dim = packed.subspaces().dim();
        let rows = block.len() / dim;
        let mut nearest = vec![0; rows * packed.subspaces().len()];
        let mut scores = vec![0.0; rows];
        for (m, words) in nearest.chunks_exact_mut(rows).enumerate() {
            packed.nearest(kernels, m, block, words, &mut scores);
            let (first, width) = packed.subspaces().range(m);
            for ((residual, &word), &score) in block.chunks_exact(dim).zip(&*words).zip(&*scores) {
                let at = WORDS * first + word as usize * width;
                let word = m * WORDS + word as usize;
                self.counts[word] += 1;
                self.errors[word] += f64::from(squared_distance(&residual[first..first + width], score));
                for (sum, &value) in
                    self.values[at..at + width].iter_mut().zip(&residual[first..first + width])
                {
                    *sum += f64::from(value);
                }
            }
        }
        nearest
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| *a += b);
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.errors.iter_mut().zip(&other.errors).for_each(|(a, b)| *a += b);
    }

    /// Squared error of all residuals added.
    #[cfg(test)]
    pub(super) fn total_error(&self) -> f64 {
        self.errors.iter().sum()
    }

    pub(super) fn update(&mut self, words: &mut [f32], subspaces: &Subspaces) {
        for m in 0..subspaces.len() {
            let (first, width) = subspaces.range(m);
            let of_words = m * WORDS..(m + 1) * WORDS;
            let (counts, errors) = (&self.counts[of_words.clone()], &mut self.errors[of_words]);
            let range = WORDS * first..WORDS * (first + width);
            let (words, sums) = (&mut words[range.clone()], &self.values[range]);
            for ((word, sum), &count) in
                words.chunks_exact_mut(width).zip(sums.chunks_exact(width)).zip(counts)
            {
                if count > 0 {
                    word.iter_mut().zip(sum).for_each(|(word, sum)| *word = (sum / count as f64) as f32);
                }
            }
            split_empty(words, width, counts, errors);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::TokenVectors;
    use crate::monitor::Unwatched;
    use crate::testing::Random;
    use half::f16;

    fn error(values: &[f16], dim: usize, subspaces: usize, n_iter: usize) -> f64 {
        let tokens = values.len() / dim;
        let (mean, centroids, assignments) = (vec![0.0; dim], vec![f16::ZERO; dim], vec![0; tokens]);
        let residuals = Residuals {
            vectors: TokenVectors { values, dim },
            mean: &mean,
            centroids: &centroids,
            assignments: &assignments,
            normalize: false,
            rotation: None,
        };
        let split = Subspaces::split(dim, subspaces);
        let params = PqParams { n_iter, subspaces, ..PqParams::default() };
        let sample: Vec<u32> = (0..tokens as u32).collect();
        let words = train(residuals, &sample, &split, &params, &Unwatched).unwrap();
        let codebooks = Codebooks { words: &words, subspaces: &split };
        let packed = PackedCodebooks::new(codebooks);
        let rows: Vec<f32> = values.iter().map(|v| v.to_f32()).collect();
        let mut codes = vec![vec![0_u8; split.len()]; tokens];
        for m in 0..split.len() {
            let (mut words, mut scores) = (vec![0; tokens], vec![0.0; tokens]);
            packed.nearest(kernel::active(), m, &rows, &mut words, &mut scores);
            codes.iter_mut().zip(words).for_each(|(codes, word)| codes[m] = word as u8);
        }
        let mut decoded = vec![0.0; dim];
        let mut total = 0.0;
        for (row, codes) in rows.chunks_exact(dim).zip(&codes) {
            codebooks.decode(codes, &mut decoded);
            total += row.iter().zip(&decoded).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        }
        total / tokens as f64
    }

    #[test]
    fn rounds_lower_the_error() {
        let values = Random::new(3).halves(3000 * 10);
        let (one, ten) = (error(&values, 10, 4, 1), error(&values, 10, 4, 10));
        assert!(ten < 0.97 * one, "{ten} after ten rounds, {one} after one");
    }

    #[test]
    fn few_distinct_residuals_are_coded_without_error() {
        let values = Random::new(4).halves(200 * 6);
        assert!(error(&values, 6, 3, 3) < 1e-9);
    }

    #[test]
    fn words_do_not_depend_on_the_number_of_threads() {
        let values = Random::new(5).halves(40_000 * 4);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| error(&values, 4, 2, 3)).to_bits()
        };
        assert_eq!(run(1), run(3));
    }
}
