//! The first centroids of k-means: k-means++ (Arthur and Vassilvitskii, 2007), drawn in batches with rejection.
//!
//! k-means++ draws each seed from the points with probability proportional to `D²`, the squared distance to the nearest seed so
//! far. So the seeds spread. A point that coincides with a seed has `D² = 0` and is never drawn: a thousand copies of one vector
//! yield one seed. There are fewer than `k` seeds only if every point coincides with one of them.
//!
//! To compute `D²` of all points after each draw would read the points `k` times. Instead:
//!
//! ```text
//! seeds ← one point, uniformly
//! while fewer than k seeds:
//!     D²(x) ← squared distance of every x to its nearest seed         one blocked product, as in assignment
//!     if all are 0: stop
//!     batch ← {}
//!     repeat, until the batch is as large as all seeds before it (at most 1,024):
//!         draw x with probability ∝ D²(x)
//!         accept it with probability d²(x) / D²(x)                    d²: squared distance to the nearest of seeds and batch
//!     seeds ← seeds ∪ batch
//! ```
//!
//! With the rejection, each accepted draw has the distribution of k-means++. The products cost `n · k · dim` multiply-adds, as
//! much as one round of k-means.

use super::assign::{BLOCK_ROWS, COINCIDENT, Codebook, Points, Work, squared_distance};
use crate::Result;
use crate::kernel::Kernels;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

/// Maximum number of seeds drawn between two computations of all distances. With more, few draws would be accepted.
const MOST_IN_BATCH: usize = 1024;
/// Maximum number of draws for each seed of a batch before the distances are computed again.
const DRAWS_PER_SEED: usize = 4;

/// Positions of at most `k` points, no two of which coincide. They depend only on the points, `k` and `seed`.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(super) fn seeds(
    kernels: &Kernels,
    points: Points<'_>,
    k: usize,
    seed: u64,
    work: &Work<'_>,
) -> Result<Vec<usize>> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut distances = vec![f32::INFINITY; points.rows.len()];
    let mut seeds = Vec::with_capacity(k);
    let mut batch = vec![(random.next_u64() % points.rows.len() as u64) as usize];
    loop {
        let rows = gather_rows(kernels, points, &batch);
        shorten(kernels, points, &rows, &mut distances, work)?;
        seeds.append(&mut batch);
        if seeds.len() < k {
            let wanted = seeds.len().min(k - seeds.len()).min(MOST_IN_BATCH);
            batch = draw(kernels, points, &distances, wanted, &mut random);
        }
        if batch.is_empty() {
            return Ok(seeds);
        }
    }
}

fn gather_rows(kernels: &Kernels, points: Points<'_>, positions: &[usize]) -> Vec<f32> {
    let mut rows = vec![0.0; positions.len() * points.vectors.dim];
    for (row, &position) in rows.chunks_exact_mut(points.vectors.dim).zip(positions) {
        points.widen(kernels, position, row);
    }
    rows
}

/// Lowers the squared distance of each point to that to the nearest of `seeds`, `[seeds][dim]`.
fn shorten(
    kernels: &Kernels,
    points: Points<'_>,
    seeds: &[f32],
    distances: &mut [f32],
    work: &Work<'_>,
) -> Result<()> {
    let dim = points.vectors.dim;
    let codebook = Codebook::new(seeds, dim);
    distances.par_chunks_mut(BLOCK_ROWS).enumerate().try_for_each(|(block, distances)| {
        let mut rows = vec![0.0; distances.len() * dim];
        let (mut columns, mut scores) = ([0; BLOCK_ROWS], [0.0; BLOCK_ROWS]);
        let (columns, scores) = (&mut columns[..distances.len()], &mut scores[..distances.len()]);
        points.widen_block(kernels, block * BLOCK_ROWS, &mut rows);
        codebook.nearest(kernels, &rows, columns, scores);
        for ((distance, row), &score) in distances.iter_mut().zip(rows.chunks_exact(dim)).zip(&*scores) {
            *distance = distance.min(squared_distance(row, score));
        }
        work.add((distances.len() * seeds.len() / dim) as u64)
    })
}

/// Draws at most `wanted` points, as described at the module. There are fewer if too many draws are rejected, but at least one
/// unless all distances are 0.
fn draw(
    kernels: &Kernels,
    points: Points<'_>,
    distances: &[f32],
    wanted: usize,
    random: &mut Pcg64Mcg,
) -> Vec<usize> {
    let sum = |part: &[f32]| part.iter().map(|&d| f64::from(d)).sum::<f64>();
    // Running sums at the end of each block: a draw searches these, and then one block.
    let mut upto = 0.0;
    let blocks: Vec<f64> = distances
        .chunks(BLOCK_ROWS)
        .map(|block| {
            upto += sum(block);
            upto
        })
        .collect();
    let mut batch: Vec<usize> = Vec::with_capacity(wanted);
    let mut rows: Vec<Vec<f32>> = Vec::with_capacity(wanted);
    let mut unit = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    for _ in 0..wanted * DRAWS_PER_SEED {
        if batch.len() == wanted || upto <= 0.0 {
            break;
        }
        let position = at_sum(distances, &blocks, unit() * upto);
        let mut row = vec![0.0; points.vectors.dim];
        points.widen(kernels, position, &mut row);
        let square: f32 = row.iter().map(|v| v * v).sum();
        let apart = |other: &Vec<f32>| row.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        let nearest = rows.iter().map(apart).fold(distances[position], f32::min);
        let nearest = if nearest > COINCIDENT * square { nearest } else { 0.0 };
        if unit() * f64::from(distances[position]) < f64::from(nearest) {
            batch.push(position);
            rows.push(row);
        }
    }
    batch
}

/// The position at which the running sum of `distances` exceeds `target`. Its distance is above 0.
fn at_sum(distances: &[f32], blocks: &[f64], target: f64) -> usize {
    let block = blocks.partition_point(|&upto| upto <= target).min(blocks.len() - 1);
    let first = block * BLOCK_ROWS;
    let mut left = target - if block == 0 { 0.0 } else { blocks[block - 1] };
    let mut last = first;
    for (position, &distance) in distances.iter().enumerate().skip(first).take(BLOCK_ROWS) {
        if distance > 0.0 {
            last = position;
            left -= f64::from(distance);
            if left < 0.0 {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::TokenVectors;
    use crate::kernel;
    use crate::monitor::{Stage, Unwatched};
    use crate::testing::Random;
    use half::f16;
    use std::sync::atomic::AtomicU64;

    fn run(values: &[f16], dim: usize, k: usize, seed: u64) -> Vec<usize> {
        let rows: Vec<u32> = (0..(values.len() / dim) as u32).collect();
        let points = Points { vectors: TokenVectors { values, dim }, rows: &rows };
        let work =
            Work { monitor: &Unwatched, done: AtomicU64::new(0), total: u64::MAX, stage: Stage::Cluster };
        seeds(kernel::active(), points, k, seed, &work).unwrap()
    }

    #[test]
    fn copies_yield_one_seed() {
        // 1,000 copies of one vector and 20 others.
        let mut random = Random::new(3);
        let copy = random.halves(16);
        let mut values: Vec<f16> = (0..1000).flat_map(|_| copy.clone()).collect();
        values.extend(random.halves(20 * 16));
        let mut found = run(&values, 16, 300, 7);
        found.sort_unstable();
        assert_eq!(found.len(), 21);
        assert_eq!(found[1..], (1000..1020).collect::<Vec<_>>());
    }

    #[test]
    fn near_copies_get_few_seeds() {
        // Nine tenths lie within 0.01 of one point, the others far apart: nearly all seeds go to these.
        let mut random = Random::new(4);
        let near = random.floats(32);
        let mut values: Vec<f16> = Vec::new();
        for _ in 0..900 {
            let noise = random.floats(32);
            values.extend(near.iter().zip(&noise).map(|(v, n)| f16::from_f32(v + 0.01 * n)));
        }
        values.extend(random.halves(100 * 32));
        let found = run(&values, 32, 50, 7);
        assert_eq!(found.len(), 50);
        assert!(found.iter().filter(|&&point| point < 900).count() <= 3, "{found:?}");
    }

    #[test]
    fn seeds_are_distinct_and_depend_on_the_seed_alone() {
        let values = Random::new(5).halves(500 * 8);
        let mut found = run(&values, 8, 500, 1);
        assert_eq!(found, run(&values, 8, 500, 1));
        assert_ne!(found[..10], run(&values, 8, 500, 2)[..10]);
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 500);
    }

    #[test]
    fn a_seed_is_drawn_in_proportion_to_its_squared_distance() {
        // On a line, from a first seed at 0: the point at 3 is nine times as likely as that at 1.
        let values: Vec<f16> = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0].map(f16::from_f32).to_vec();
        let second: Vec<usize> =
            (0..4000).map(|seed| run(&values, 1, 2, seed)).filter(|s| s[0] < 8).map(|s| s[1]).collect();
        let far = second.iter().filter(|&&point| point == 9).count() as f64 / second.len() as f64;
        assert!((far - 0.9).abs() < 0.02, "{far}");
    }
}
