//! Lloyd's k-means by Euclidean distance over rows that stay where they are.
//!
//! The result depends on the rows, `k` and the seed alone: assignment is row by row, sums run over the rows in order.

use crate::corpus::TokenVectors;
use crate::kernel::{Kernels, LANES, Panels, padded};
use crate::monitor::Monitor;
use crate::{Error, Result};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows read, widened and compared together: 256 × 128 values are 128 KiB, a part of a core's L2.
pub const BLOCK_ROWS: usize = 256;

/// Rows to cluster: a choice of rows of a matrix.
#[derive(Clone, Copy)]
pub struct Points<'a> {
    /// All vectors.
    pub vectors: TokenVectors<'a>,
    /// Rows to cluster.
    pub rows: &'a [u32],
}

impl Points<'_> {
    /// Writes points `first ..` into `block` (`[rows][dim]`) as `f32`.
    pub fn widen(&self, kernels: &Kernels, first: usize, block: &mut [f32]) {
        for (point, out) in block.chunks_exact_mut(self.vectors.dim).enumerate() {
            kernels.widen(self.vectors.row(self.rows[first + point] as usize), out);
        }
    }
}

/// Centroids packed for [`Kernels::nearest`], with their biases.
pub struct Codebook {
    store: Vec<f32>,
    dim: usize,
    bias: Vec<f32>,
}

impl Codebook {
    /// Packs `centroids`, `[k][dim]`.
    pub fn new(centroids: &[f32], dim: usize) -> Self {
        let mut store = Vec::new();
        Panels::pack(centroids, dim, &mut store);
        let mut bias: Vec<f32> = centroids
            .chunks_exact(dim)
            .map(|c| (-c.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() / 2.0) as f32)
            .collect();
        bias.resize(padded(bias.len()), f32::NEG_INFINITY);
        Self { store, dim, bias }
    }

    /// Nearest centroid of each row, and `⟨row, centroid⟩ − ‖centroid‖²/2`.
    pub fn nearest(&self, kernels: &Kernels, rows: &[f32], columns: &mut [u32], scores: &mut [f32]) {
        kernels.nearest(rows, self.dim, Panels::packed(&self.store, self.dim), &self.bias, columns, scores);
    }
}

/// Counts units of work: rows × centroids compared.
pub struct Work<'a> {
    /// Told of every block.
    pub monitor: &'a dyn Monitor,
    /// Units complete so far.
    pub done: AtomicU64,
    /// Units in all.
    pub total: u64,
    /// Stage the units belong to.
    pub stage: crate::monitor::Stage,
}

impl Work<'_> {
    fn add(&self, units: u64) -> Result<()> {
        let done = self.done.fetch_add(units, Ordering::Relaxed) + units;
        self.monitor.progress(self.stage, done.min(self.total), self.total);
        self.monitor.check()
    }
}

/// Assigns every point to its nearest centroid.
pub fn assign(
    kernels: &Kernels,
    points: Points<'_>,
    codebook: &Codebook,
    assignments: &mut [u32],
    work: &Work<'_>,
) -> Result<()> {
    let dim = points.vectors.dim;
    assignments.par_chunks_mut(BLOCK_ROWS).enumerate().try_for_each(|(block, columns)| {
        let mut rows = vec![0.0; columns.len() * dim];
        let mut scores = [0.0; BLOCK_ROWS];
        points.widen(kernels, block * BLOCK_ROWS, &mut rows);
        codebook.nearest(kernels, &rows, columns, &mut scores[..columns.len()]);
        work.add((columns.len() * codebook.bias.len().next_multiple_of(LANES)) as u64)
    })
}

/// Units of work of [`kmeans`] followed by one [`assign`] over `all` points.
pub fn work_units(points: usize, all: usize, k: usize, n_iter: usize) -> u64 {
    (points as u64 * n_iter as u64 + all as u64) * padded(k) as u64
}

/// Centroids, `[k][dim]`, after at most `n_iter` rounds; fewer if no assignment changes any more.
///
/// Starts from `k` distinct points chosen by `seed`. An empty cluster takes half of the largest one.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn kmeans(
    kernels: &Kernels,
    points: Points<'_>,
    k: usize,
    n_iter: usize,
    seed: u64,
    work: &Work<'_>,
) -> Result<Vec<f32>> {
    let (n, dim) = (points.rows.len(), points.vectors.dim);
    if k == 0 || n < k {
        return Err(Error::Parameter { name: "k", expected: format!("1 to {n}"), got: k.to_string() });
    }
    let mut centroids = vec![0.0; k * dim];
    for (centroid, point) in centroids.chunks_exact_mut(dim).zip(choose(n, k, seed)) {
        points.widen(kernels, point, centroid);
    }
    if k == 1 {
        // One cluster: its mean is known without comparing.
        update(kernels, points, &vec![0; n], &mut centroids, work)?;
        work.add((n * n_iter * LANES) as u64)?;
        return Ok(centroids);
    }
    let mut assignments = vec![0; n];
    let mut before = Vec::new();
    for round in 0..n_iter {
        assign(kernels, points, &Codebook::new(&centroids, dim), &mut assignments, work)?;
        if before == assignments {
            work.add((n * (n_iter - round - 1) * padded(k)) as u64)?;
            break;
        }
        update(kernels, points, &assignments, &mut centroids, work)?;
        before.clone_from(&assignments);
    }
    Ok(centroids)
}

/// `k` distinct numbers below `n`, by a partial Fisher–Yates shuffle.
pub fn choose(n: usize, k: usize, seed: u64) -> Vec<usize> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut moved = std::collections::HashMap::new();
    (0..k)
        .map(|i| {
            let j = i + (random.next_u64() % (n - i) as u64) as usize;
            let at_i = moved.get(&i).copied().unwrap_or(i);
            moved.insert(j, at_i).unwrap_or(j)
        })
        .collect()
}

/// Moves each centroid to the mean of its points, in one pass.
fn update(
    kernels: &Kernels,
    points: Points<'_>,
    assignments: &[u32],
    centroids: &mut [f32],
    work: &Work<'_>,
) -> Result<()> {
    let dim = points.vectors.dim;
    let k = centroids.len() / dim;
    let mut sums = vec![0.0_f64; k * dim];
    let mut counts = vec![0_usize; k];
    let mut row = vec![0.0; dim];
    for (point, &cluster) in assignments.iter().enumerate() {
        if point % 65_536 == 0 {
            work.monitor.check()?;
        }
        points.widen(kernels, point, &mut row);
        let cluster = cluster as usize;
        counts[cluster] += 1;
        for (sum, &value) in sums[cluster * dim..(cluster + 1) * dim].iter_mut().zip(&row) {
            *sum += f64::from(value);
        }
    }
    for ((centroid, sum), &count) in centroids.chunks_exact_mut(dim).zip(sums.chunks_exact(dim)).zip(&counts)
    {
        for (value, &sum) in centroid.iter_mut().zip(sum) {
            if count > 0 {
                *value = (sum / count as f64) as f32;
            }
        }
    }
    split_empty(centroids, dim, &mut counts);
    Ok(())
}

/// Gives each empty cluster a place beside the largest one's centroid, so that both share its points in the next round.
pub fn split_empty(centroids: &mut [f32], dim: usize, counts: &mut [usize]) {
    const NUDGE: f32 = 1.0 / 1024.0;
    for empty in 0..counts.len() {
        if counts[empty] > 0 {
            continue;
        }
        let Some(largest) = (0..counts.len()).max_by_key(|&c| (counts[c], std::cmp::Reverse(c))) else {
            return;
        };
        if counts[largest] < 2 {
            return;
        }
        for d in 0..dim {
            let value = centroids[largest * dim + d];
            let nudge = if d % 2 == 0 { NUDGE } else { -NUDGE };
            centroids[empty * dim + d] = value * (1.0 + nudge);
            centroids[largest * dim + d] = value * (1.0 - nudge);
        }
        counts[empty] = counts[largest] / 2;
        counts[largest] -= counts[empty];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel;
    use crate::monitor::{Stage, Unwatched};
    use half::f16;

    fn work() -> Work<'static> {
        Work { monitor: &Unwatched, done: AtomicU64::new(0), total: u64::MAX, stage: Stage::Cluster }
    }

    #[test]
    fn separate_groups_are_found() {
        // Three groups around 0, 10 and 20 on a line.
        let values: Vec<f16> =
            (0..300).map(|i| f16::from_f32((i % 3) as f32 * 10.0 + (i % 7) as f32 * 0.01)).collect();
        let rows: Vec<u32> = (0..300).collect();
        let points = Points { vectors: TokenVectors { values: &values, dim: 1 }, rows: &rows };
        // A start with one point in each group: from others Lloyd's rounds may end elsewhere.
        let seed = (0..)
            .find(|&seed| {
                choose(300, 3, seed).iter().map(|i| i % 3).collect::<std::collections::HashSet<_>>().len()
                    == 3
            })
            .unwrap();
        let mut centroids = kmeans(kernel::active(), points, 3, 20, seed, &work()).unwrap();
        centroids.sort_by(f32::total_cmp);
        for (centroid, center) in centroids.iter().zip([0.03, 10.03, 20.03]) {
            assert!((centroid - center).abs() < 0.01, "{centroids:?}");
        }
    }

    #[test]
    fn the_choice_is_distinct_and_within_range() {
        let mut chosen = choose(50, 50, 9);
        chosen.sort_unstable();
        assert_eq!(chosen, (0..50).collect::<Vec<_>>());
        assert_ne!(choose(1000, 10, 1), choose(1000, 10, 2));
    }

    #[test]
    fn equal_points_leave_every_centroid_finite() {
        let values = vec![f16::from_f32(0.5); 71 * 4];
        let rows: Vec<u32> = (0..71).collect();
        let points = Points { vectors: TokenVectors { values: &values, dim: 4 }, rows: &rows };
        let centroids = kmeans(kernel::active(), points, 8, 10, 1, &work()).unwrap();
        assert!(centroids.iter().all(|v| (v - 0.5).abs() < 0.01), "{centroids:?}");
    }

    #[test]
    fn an_empty_cluster_takes_half_of_the_largest() {
        let mut centroids = [1.0, 2.0, 5.0, 6.0, 7.0, 7.0];
        let mut counts = [10, 3, 0];
        split_empty(&mut centroids, 2, &mut counts);
        assert_eq!(counts, [5, 3, 5]);
        assert!((centroids[4] - 1.0).abs() < 0.01 && centroids[4] != 1.0);
    }

    #[test]
    fn more_clusters_than_points_is_an_error() {
        let values = [f16::ONE; 3];
        let points = Points { vectors: TokenVectors { values: &values, dim: 1 }, rows: &[0, 1, 2] };
        let error = kmeans(kernel::active(), points, 4, 1, 0, &work()).unwrap_err();
        assert!(matches!(error, Error::Parameter { name: "k", .. }), "{error}");
    }
}
