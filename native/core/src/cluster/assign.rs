//! Assigning points to their nearest centroid, as k-means and its seeding do.

use crate::Result;
use crate::corpus::TokenVectors;
use crate::kernel::{Kernels, Panels, padded};
use crate::monitor::{Monitor, Stage};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows that are converted and compared together: 256 × 128 values are 128 KiB, which fit into a core's L2 cache.
pub(super) const BLOCK_ROWS: usize = 256;

/// Points to cluster: rows of a matrix.
#[derive(Clone, Copy)]
pub struct Points<'a> {
    /// All vectors.
    pub vectors: TokenVectors<'a>,
    /// The row of each point.
    pub rows: &'a [u32],
}

impl Points<'_> {
    /// Writes a point into `row`, `[dim]`, as `f32`.
    pub(super) fn widen(&self, kernels: &Kernels, point: usize, row: &mut [f32]) {
        kernels.widen(self.vectors.row(self.rows[point] as usize), row);
    }

    /// Writes the points from `first` on into `block`, `[points][dim]`, as `f32`.
    pub(super) fn widen_block(&self, kernels: &Kernels, first: usize, block: &mut [f32]) {
        for (point, row) in block.chunks_exact_mut(self.vectors.dim).enumerate() {
            self.widen(kernels, first + point, row);
        }
    }
}

/// Centroids, packed for [`Kernels::nearest`] with their biases.
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

    /// The nearest centroid of each of `rows`, `[n][dim]`, and its score `⟨row, centroid⟩ − ‖centroid‖²/2`.
    pub fn nearest(&self, kernels: &Kernels, rows: &[f32], columns: &mut [u32], scores: &mut [f32]) {
        kernels.nearest(rows, self.dim, Panels::packed(&self.store, self.dim), &self.bias, columns, scores);
    }
}

/// Counts units of work. A unit is one comparison of a point with a centroid.
pub struct Work<'a> {
    /// Receives the progress.
    pub monitor: &'a dyn Monitor,
    /// Number of units completed.
    pub done: AtomicU64,
    /// Total number of units.
    pub total: u64,
    /// Stage of the build to which the units belong.
    pub stage: Stage,
}

impl Work<'_> {
    /// Adds completed units, reports them, and returns an error if the work is cancelled.
    pub(super) fn add(&self, units: u64) -> Result<()> {
        let done = self.done.fetch_add(units, Ordering::Relaxed) + units;
        self.monitor.progress(self.stage, done.min(self.total), self.total);
        self.monitor.check()
    }
}

/// As [`assign`]; `scores` receives `⟨point, centroid⟩ − ‖centroid‖²/2`.
pub(super) fn assign_scored(
    kernels: &Kernels,
    points: Points<'_>,
    codebook: &Codebook,
    assignments: &mut [u32],
    scores: &mut [f32],
    work: &Work<'_>,
) -> Result<()> {
    let dim = points.vectors.dim;
    let blocks = assignments.par_chunks_mut(BLOCK_ROWS).zip(scores.par_chunks_mut(BLOCK_ROWS));
    blocks.enumerate().try_for_each(|(block, (columns, scores))| {
        let mut rows = vec![0.0; columns.len() * dim];
        points.widen_block(kernels, block * BLOCK_ROWS, &mut rows);
        codebook.nearest(kernels, &rows, columns, scores);
        work.add((columns.len() * codebook.bias.len()) as u64)
    })
}

/// Writes the nearest centroid of every point to `assignments`. Runs in the current rayon pool.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub fn assign(
    kernels: &Kernels,
    points: Points<'_>,
    codebook: &Codebook,
    assignments: &mut [u32],
    work: &Work<'_>,
) -> Result<()> {
    assign_scored(kernels, points, codebook, assignments, &mut vec![0.0; assignments.len()], work)
}

/// Squared distances below this share of the squared norm are rounding of `f32`: the points coincide.
pub(super) const COINCIDENT: f32 = 1e-6;

/// `‖row − centroid‖²` from the score `⟨row, centroid⟩ − ‖centroid‖²/2`; 0 if it is no more than the rounding of `f32`.
pub(crate) fn squared_distance(row: &[f32], score: f32) -> f32 {
    let square: f32 = row.iter().map(|v| v * v).sum();
    let distance = 2.0_f32.mul_add(-score, square);
    if distance > COINCIDENT * square { distance } else { 0.0 }
}
