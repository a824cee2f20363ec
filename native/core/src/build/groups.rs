//! Groups of centroids, so that a search need not compare all of them.
//!
//! ```text
//! vectors ← k-means of the centroids, 2.5 · √k clusters
//! group g ← the centroids nearest to vector g, ascending; groups without a centroid are removed
//! ```
//!
//! A search compares a query token with all group vectors, and then with the centroids of the nearest groups alone
//! (`search/scan.rs`). The number of groups balances the two parts.

use crate::Result;
use crate::cluster::assign::{Codebook, Points, Work, assign};
use crate::cluster::kmeans::{kmeans, work_units};
use crate::corpus::TokenVectors;
use crate::kernel::Kernels;
use crate::monitor::{Monitor, Stage};
use crate::quantize::residual::to_f16;
use half::f16;

/// Rounds of k-means. More change which groups there are, but not how many of the nearest centroids a search finds.
const ROUNDS: usize = 6;
/// Seed of k-means.
const SEED: u64 = 1;

/// Centroids in groups.
#[derive(Default)]
pub(super) struct Groups {
    /// Mean of each group's centroids, `[groups][dim]`.
    pub(super) vectors: Vec<f16>,
    /// First place of each group in `members`, and the number of centroids.
    pub(super) offsets: Vec<u32>,
    /// Centroids, group after group, ascending within a group.
    pub(super) members: Vec<u32>,
}

impl Groups {
    /// Number of groups; 0 if a search compares all centroids or walks a graph.
    pub(super) fn count(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }
}

/// Groups `centroids`, `[k][dim]`.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(super) fn group(
    kernels: &Kernels,
    centroids: &[f16],
    dim: usize,
    monitor: &dyn Monitor,
) -> Result<Groups> {
    let k = centroids.len() / dim;
    let wanted = (2.5 * (k as f64).sqrt()).round().min(k as f64) as usize;
    let rows: Vec<u32> = (0..k as u32).collect();
    let points = Points { vectors: TokenVectors { values: centroids, dim }, rows: &rows };
    let total = work_units(k, k, wanted, ROUNDS);
    let work = Work { monitor, done: 0.into(), total, stage: Stage::Link };
    let means = kmeans(kernels, points, wanted, ROUNDS, SEED, &work)?;
    let mut nearest = vec![0; k];
    assign(kernels, points, &Codebook::new(&means, dim), &mut nearest, &work)?;
    let mut members = rows;
    members.sort_by_key(|&centroid| nearest[centroid as usize]);
    let mut groups = Groups { vectors: Vec::new(), offsets: vec![0], members };
    for members in groups.members.chunk_by(|&a, &b| nearest[a as usize] == nearest[b as usize]) {
        let mean = &means[nearest[members[0] as usize] as usize * dim..][..dim];
        groups.vectors.extend(mean.iter().map(|&value| to_f16(value)));
        groups.offsets.push(groups.offsets[groups.offsets.len() - 1] + members.len() as u32);
    }
    Ok(groups)
}
