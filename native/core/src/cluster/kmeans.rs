//! Lloyd's k-means by Euclidean distance, over rows of a matrix that is not copied.
//!
//! ```text
//! centroids ← seeds of k-means++ (seeding.rs); no two coincide
//! repeat n_iter times, or until no assignment changes:
//!     assign every point to its nearest centroid
//!     move every centroid to the mean of its points
//!     for each empty cluster: split the cluster with the largest squared error
//! ```
//!
//! Cost: `points · k · dim` multiply-adds for each round, and as much for the seeds. The result depends on the rows, `k` and the
//! seed, not on the number of threads: points are assigned independently, and sums run over the rows in order.

use super::assign::{Codebook, Points, Work, assign_scored, squared_distance};
use super::seeding::seeds;
use crate::kernel::{Kernels, LANES, padded};
use crate::{Error, Result};

/// Units of work of [`kmeans`] and one assignment of `all` points. Seeding counts as one round.
pub fn work_units(points: usize, all: usize, k: usize, n_iter: usize) -> u64 {
    (points as u64 * (n_iter as u64 + 1) + all as u64) * padded(k) as u64
}

/// The centroids, `[k][dim]`, after `n_iter` rounds, or fewer if no assignment changes any more. There are fewer than `k`
/// centroids if fewer than `k` points are distinct.
///
/// # Errors
/// [`Error::Cancelled`], [`Error::Parameter`] for a `k` of 0 or above the number of points.
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
    if k == 1 {
        // The centroid of a single cluster is the mean of all points.
        let mut centroid = vec![0.0; dim];
        update(kernels, points, &vec![0; n], &[], &mut centroid, work)?;
        work.add((n * (n_iter + 1) * LANES) as u64)?;
        return Ok(centroid);
    }
    let starts = seeds(kernels, points, k, seed, work)?;
    let mut centroids = vec![0.0; starts.len() * dim];
    for (centroid, &point) in centroids.chunks_exact_mut(dim).zip(&starts) {
        points.widen(kernels, point, centroid);
    }
    let (mut assignments, mut scores) = (vec![0; n], vec![0.0; n]);
    let mut before = Vec::new();
    let mut rounds = 0;
    while rounds < n_iter {
        assign_scored(kernels, points, &Codebook::new(&centroids, dim), &mut assignments, &mut scores, work)?;
        rounds += 1;
        if before == assignments {
            break;
        }
        update(kernels, points, &assignments, &scores, &mut centroids, work)?;
        before.clone_from(&assignments);
    }
    // Rounds and centroids that were not needed count as done.
    let spent = n * (starts.len() + rounds * padded(starts.len()));
    work.add(((n * (n_iter + 1) * padded(k)).saturating_sub(spent)) as u64)?;
    Ok(centroids)
}

/// Moves each centroid to the mean of its points, and splits a cluster for each empty one. `scores` are those of
/// [`assign_scored`]; if it is empty, no cluster is split.
fn update(
    kernels: &Kernels,
    points: Points<'_>,
    assignments: &[u32],
    scores: &[f32],
    centroids: &mut [f32],
    work: &Work<'_>,
) -> Result<()> {
    let dim = points.vectors.dim;
    let k = centroids.len() / dim;
    let mut sums = vec![0.0_f64; k * dim];
    let (mut counts, mut errors) = (vec![0_usize; k], vec![0.0_f64; k]);
    let mut row = vec![0.0; dim];
    for (point, &cluster) in assignments.iter().enumerate() {
        if point % 65_536 == 0 {
            work.monitor.check()?;
        }
        points.widen(kernels, point, &mut row);
        let cluster = cluster as usize;
        counts[cluster] += 1;
        if let Some(&score) = scores.get(point) {
            errors[cluster] += f64::from(squared_distance(&row, score));
        }
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
    split_empty(centroids, dim, &counts, &mut errors);
    Ok(())
}

/// Moves the centroid of each empty cluster next to that of the cluster with the largest squared error, so that both share its
/// points in the next round. Stops when no cluster has an error left, because the points of each cluster then coincide.
pub fn split_empty(centroids: &mut [f32], dim: usize, counts: &[usize], errors: &mut [f64]) {
    const NUDGE: f32 = 1.0 / 1024.0;
    for empty in (0..counts.len()).filter(|&c| counts[c] == 0) {
        let largest = (0..errors.len()).reduce(|a, b| if errors[b] > errors[a] { b } else { a });
        let Some(largest) = largest.filter(|&c| errors[c] > 0.0) else { return };
        for d in 0..dim {
            let value = centroids[largest * dim + d];
            let nudge = if d % 2 == 0 { NUDGE } else { -NUDGE };
            centroids[empty * dim + d] = value * (1.0 + nudge);
            centroids[largest * dim + d] = value * (1.0 - nudge);
        }
        errors[largest] /= 2.0;
        errors[empty] = errors[largest];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::TokenVectors;
    use crate::kernel;
    use crate::monitor::{Stage, Unwatched};
    use half::f16;
    use std::sync::atomic::AtomicU64;

    fn work() -> Work<'static> {
        Work { monitor: &Unwatched, done: AtomicU64::new(0), total: u64::MAX, stage: Stage::Cluster }
    }

    #[test]
    fn separate_groups_are_found() {
        // Three groups around 0, 10 and 20 on a line. Seeding picks one of each, whatever the seed.
        let values: Vec<f16> =
            (0..300).map(|i| f16::from_f32((i % 3) as f32 * 10.0 + (i % 7) as f32 * 0.01)).collect();
        let rows: Vec<u32> = (0..300).collect();
        let points = Points { vectors: TokenVectors { values: &values, dim: 1 }, rows: &rows };
        for seed in 0..20 {
            let mut centroids = kmeans(kernel::active(), points, 3, 20, seed, &work()).unwrap();
            centroids.sort_by(f32::total_cmp);
            for (centroid, center) in centroids.iter().zip([0.03, 10.03, 20.03]) {
                assert!((centroid - center).abs() < 0.01, "{centroids:?}");
            }
        }
    }

    #[test]
    fn equal_points_make_one_centroid() {
        let values = vec![f16::from_f32(0.5); 71 * 4];
        let rows: Vec<u32> = (0..71).collect();
        let points = Points { vectors: TokenVectors { values: &values, dim: 4 }, rows: &rows };
        let centroids = kmeans(kernel::active(), points, 8, 10, 1, &work()).unwrap();
        assert_eq!(centroids, [0.5; 4]);
    }

    #[test]
    fn an_empty_cluster_splits_the_one_with_the_largest_error() {
        let mut centroids = [1.0, 2.0, 5.0, 6.0, 7.0, 7.0];
        // The first has more points, and they all coincide.
        let mut errors = [0.0, 3.0, 0.0];
        split_empty(&mut centroids, 2, &[10, 3, 0], &mut errors);
        assert_eq!(centroids[..2], [1.0, 2.0]);
        assert!((centroids[4] - 5.0).abs() < 0.01 && centroids[4] != centroids[2]);
        assert_eq!(errors, [0.0, 1.5, 1.5]);
    }

    #[test]
    fn no_cluster_is_split_when_all_points_coincide_with_their_centroids() {
        let mut centroids = [1.0, 2.0];
        split_empty(&mut centroids, 1, &[10, 0], &mut [0.0, 0.0]);
        assert_eq!(centroids, [1.0, 2.0]);
    }

    #[test]
    fn more_clusters_than_points_is_an_error() {
        let values = [f16::ONE; 3];
        let points = Points { vectors: TokenVectors { values: &values, dim: 1 }, rows: &[0, 1, 2] };
        let error = kmeans(kernel::active(), points, 4, 1, 0, &work()).unwrap_err();
        assert!(matches!(error, Error::Parameter { name: "k", .. }), "{error}");
    }
}
