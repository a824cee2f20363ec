//! Estimates of the time, memory and disk space of a build.

use super::params::BuildParams;
use crate::cluster::tac::DEFAULT_N_ITER;
use crate::cluster::{allocate, auto_params};
use crate::kernel::{self, Panels};
use crate::monitor::Stage;
use crate::quantize::{Subspaces, WORDS, learn_rotation};
use std::time::Instant;

/// Memory that does not depend on the corpus: the program, stacks of threads, file buffers.
const FIXED_MEMORY: u64 = 48 << 20;

/// An estimate of a build.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Maximum of anonymous memory in bytes. Mapped pages of inputs do not count, because the system can release them.
    pub memory: u64,
    /// Maximum size of the file in bytes.
    pub disk: u64,
    /// Seconds of each stage, in the order of [`Stage::ALL`]. They are based on a short measurement of this processor.
    pub seconds: [f64; Stage::ALL.len()],
    /// Number of coarse centroids; 0 for an exact index.
    pub centroids: u64,
}

/// The sizes of a corpus on which an estimate is based.
pub struct Shape<'a> {
    /// Number of tokens.
    pub tokens: usize,
    /// Number of values in a token vector.
    pub dim: usize,
    /// Number of documents.
    pub documents: usize,
    /// Number of tokens of each type.
    pub counts: &'a [usize],
}

/// Estimates a build on `threads` threads.
pub fn estimate(shape: &Shape<'_>, params: &BuildParams, threads: usize) -> Estimate {
    let (n, dim) = (shape.tokens as u64, shape.dim as u64);
    let offsets = 8 * (shape.documents as u64 + 1);
    let inputs = 2 * offsets;
    if shape.tokens < params.exact_below.max(1) {
        let disk = offsets + 2 * n * dim + 4 * dim + (64 << 10);
        let seconds = Stage::ALL.map(|stage| if stage == Stage::Write { disk as f64 / 5e8 } else { 0.0 });
        return Estimate { memory: inputs + FIXED_MEMORY, disk, seconds, centroids: 0 };
    }
    let shares = shares(shape, params);
    let k: u64 = shares.iter().sum::<usize>() as u64;
    let subspaces = Subspaces::split(shape.dim, params.pq.subspaces).len() as u64;
    let sample = training(n, params);
    let memory = inputs + FIXED_MEMORY + stage_memory(shape, params, &shares, k, subspaces, threads as u64);
    let has_graph = k >= params.scan_below as u64;
    let graph = if has_graph { k * (4 * 2 * params.graph.m as u64) } else { 0 };
    let disk = offsets
        + k * (2 * dim + 20)
        + graph * 17 / 16
        + 5 * (k as f64).sqrt() as u64 * dim
        + n * (4 + 4 + 2 + subspaces)
        + 4 * (WORDS as u64 + dim) * dim
        + 24 * shape.counts.len() as u64
        + (256 << 10);
    let rate = calibrate(shape.dim) * threads as f64;
    let rounds = params.tac.n_iter.unwrap_or(DEFAULT_N_ITER) as f64;
    let macs: f64 =
        shape.counts.iter().zip(&shares).map(|(&n, &k)| n as f64 * k.next_multiple_of(16) as f64).sum();
    // Comparing with words costs more than with centroids, because words are short and the best is updated after each.
    let word_macs = 2.5 * (WORDS * shape.dim) as f64;
    let rotated = rotation_values(n, dim, params);
    let turn_macs = if rotated > 0 { (dim * dim) as f64 } else { 0.0 };
    let beam = (params.graph.ef_construction as f64).min(k as f64);
    let seconds = Stage::ALL.map(|stage| match stage {
        Stage::Check => n as f64 * dim as f64 / 4e9,
        Stage::Allocate => n as f64 * dim as f64 / (4e8 * threads as f64),
        Stage::Cluster => macs * (rounds + 2.0) * dim as f64 / rate,
        Stage::Train => {
            let rounds =
                learn_rotation::ROUNDS as f64 * (rotated / dim) as f64 * (word_macs + 2.0 * turn_macs);
            (rounds + sample as f64 * params.pq.n_iter as f64 * (word_macs + turn_macs)) / rate
        }
        // Per inserted centroid some 0.4 µs for each place of the beam, measured at dim 128.
        Stage::Link if !has_graph && k < params.grouped_from as u64 => 0.0,
        // Six rounds of k-means, its seeds and an assignment of the centroids, into 2.5 · √k groups.
        Stage::Link if !has_graph => 20.0 * (k as f64).powf(1.5) * dim as f64 / rate,
        Stage::Link => k as f64 * beam * 4e-7 * (0.5 + dim as f64 / 256.0) / threads as f64,
        Stage::Encode => n as f64 * (word_macs + turn_macs) / rate,
        Stage::Write => disk as f64 / 5e8,
    });
    Estimate { memory, disk, seconds, centroids: k }
}

/// Number of centroids of each type if all types had the same spread.
fn shares(shape: &Shape<'_>, params: &BuildParams) -> Vec<usize> {
    let tac = &params.tac;
    let auto = auto_params(shape.counts, tac.total_centroids, tac.micro, tac.small);
    let budget = auto.total_centroids.min(shape.tokens);
    let spreads = vec![1.0; shape.counts.len()];
    allocate(shape.counts, &spreads, auto.thresholds, budget).unwrap_or_else(|| {
        // One global k-means, as a single type.
        let mut shares = vec![0; shape.counts.len()];
        shares[0] = budget;
        shares
    })
}

/// Number of tokens that train the codebooks.
fn training(tokens: u64, params: &BuildParams) -> u64 {
    if params.codebooks.is_some() { 0 } else { tokens.min(params.pq.sample_size as u64) }
}

/// Number of values that train the rotation; 0 if there is none to train.
fn rotation_values(tokens: u64, dim: u64, params: &BuildParams) -> u64 {
    if dim > learn_rotation::MAX_DIM as u64 {
        return 0;
    }
    (training(tokens, params) * dim).min(learn_rotation::SAMPLE_VALUES as u64)
}

/// Memory of the stage that needs most, without the inputs.
fn stage_memory(
    shape: &Shape<'_>,
    params: &BuildParams,
    shares: &[usize],
    k: u64,
    subspaces: u64,
    threads: u64,
) -> u64 {
    let (n, dim) = (shape.tokens as u64, shape.dim as u64);
    let largest_type = shape.counts.iter().copied().max().unwrap_or(0) as u64;
    let largest_share = shares.iter().copied().max().unwrap_or(0) as u64;
    let assignments = 4 * n;
    let stored = 2 * k * dim;
    // Rows by type; centroids as parts and as a whole; per thread one type's codebook, sums, assignments and distances.
    let cluster = assignments
        + 4 * n
        + 8 * k * dim
        + threads * (16 * largest_share * dim + 16 * largest_type + (1 << 20))
        + 64 * shape.counts.len() as u64;
    let sample = training(n, params);
    let regroup = if sample < n && sample > 0 { 4 * n } else { 0 };
    let words = WORDS as u64 * (dim + subspaces) * 8;
    // The residuals that train the rotation, and sums for each 8,192 of them.
    let rotation = match rotation_values(n, dim, params) {
        0 => 0,
        values => 4 * values + (values / (8192 * dim) + 1) * (words + 8 * dim * dim) + threads * 24_576 * dim,
    };
    let train =
        assignments + stored + 12 * sample + regroup + rotation.max(18 * words + threads * 8192 * dim);
    let k_linked = if k >= params.scan_below as u64 { k } else { 0 };
    let links = k_linked * 8 * params.graph.m as u64;
    // The order of insertion is drawn through a table of some 40 bytes a centroid; a batch has up to 4,096 beams.
    let batch = 4096.min(k_linked) * (params.graph.m as u64 * 2) * 40;
    let link = assignments
        + stored
        + links * 17 / 16
        + 64 * k_linked
        + threads * (4 * k_linked + 64 * params.graph.ef_construction as u64)
        + batch;
    let write = assignments + stored + links * 17 / 16 + 16 * k + 4 * n;
    let encode = assignments + stored + 2 * n + 65_536 * subspaces + threads * 8192 * dim;
    let most = cluster.max(train).max(link).max(write).max(encode);
    // Allocators keep a part of the memory that was freed.
    most + most / 8
}

/// Measures how many multiply-adds a second one core does when it compares rows with centroids.
fn calibrate(dim: usize) -> f64 {
    const ROWS: usize = 512;
    let rows: Vec<f32> = (0..ROWS * dim).map(|i| (i % 97) as f32).collect();
    let mut store = Vec::new();
    let panels = Panels::pack(&rows, dim, &mut store);
    let bias = vec![0.0; panels.columns()];
    let (mut columns, mut scores) = (vec![0; ROWS], vec![0.0; ROWS]);
    // The best of three, because other programs on the machine can only make it slower.
    let best = (0..3)
        .map(|_| {
            let began = Instant::now();
            kernel::active().nearest(&rows, dim, panels, &bias, &mut columns, &mut scores);
            began.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    (ROWS * ROWS * dim) as f64 / best.max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(counts: &[usize]) -> Shape<'_> {
        let tokens = counts.iter().sum();
        Shape { tokens, dim: 128, documents: tokens / 100, counts }
    }

    #[test]
    fn more_tokens_and_more_threads_take_more_memory() {
        let (small, large) = (vec![1000; 100], vec![10_000; 100]);
        let params = BuildParams::default();
        let of = |counts: &[usize], threads| estimate(&shape(counts), &params, threads).memory;
        assert!(of(&large, 1) > of(&small, 1));
        assert!(of(&large, 8) > of(&large, 1));
    }

    #[test]
    fn memory_stays_far_below_the_vectors() {
        let counts = vec![40_000; 1000];
        let estimate = estimate(&shape(&counts), &BuildParams::default(), 2);
        let vectors = 40_000_000_u64 * 128 * 2;
        assert!(estimate.memory < vectors / 4 + (256 << 20), "{estimate:?}");
    }

    #[test]
    fn a_corpus_that_is_kept_whole_needs_its_own_size() {
        let counts = vec![100];
        let estimate = estimate(&shape(&counts), &BuildParams::default(), 2);
        assert_eq!(estimate.centroids, 0);
        assert!(estimate.disk > 100 * 256 && estimate.disk < 100 * 256 + (128 << 10));
    }
}
