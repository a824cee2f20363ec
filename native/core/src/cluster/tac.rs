//! Token-aware clustering of a whole corpus.
//!
//! In: the token vectors and their types (groups with the same token id). Out: centroids, and the centroid of each token.
//!
//! ```text
//! budget, thresholds ← the given ones, or those computed from the numbers of tokens (auto.rs)
//! spread of each type ← mean squared distance of its tokens to their mean
//! shares ← the budget shared among the types (allocate.rs)
//! for each type, in parallel, the most work first:
//!     centroids ← k-means (kmeans.rs) over its tokens, or a sample of them, with the type's share as k
//!     assign each token of the type to the nearest of these centroids
//!     drop centroids without a token
//! if the budget is below one centroid for each type and four for each large one: do the same with all tokens as one type
//! ```
//!
//! The result depends on the input, the parameters and the seed, not on the number of threads. Cost: for each type
//! `tokens · share · dim · (rounds + 2)` multiply-adds. Source: see [`super`].

use super::allocate::allocate;
use super::assign::{Codebook, Points, Work, assign};
use super::auto::{AutoParams, auto_params};
use super::kmeans::{kmeans, work_units};
use super::spread::{error, spread};
use super::token_types::TokenTypes;
use crate::corpus::TokenVectors;
use crate::kernel;
use crate::monitor::{Monitor, Stage};
use crate::random::choose;
use crate::{Error, Result};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Parameters of clustering; `None` means the default.
#[derive(Debug, Clone, Default)]
pub struct TacParams {
    /// Budget of centroids; by default computed from the data (see [`auto_params`]).
    pub total_centroids: Option<usize>,
    /// Rounds of k-means for each type; default 10.
    pub n_iter: Option<usize>,
    /// Types with fewer rows get one centroid; by default computed from the data.
    pub micro: Option<usize>,
    /// Types with fewer rows, but at least `micro`, get two; default `2 · micro`.
    pub small: Option<usize>,
    /// Maximum number of rows of a type that train its `k` centroids. By default all `n` up to a million, then
    /// `min(10M, n, max(1M, 2·39·k, n/(2·n_iter)))`.
    pub max_sample_size: Option<usize>,
    /// Seed; default 42.
    pub seed: Option<u64>,
}

impl TacParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<()> {
        let at_least_one = |name, value: Option<usize>| match value {
            Some(0) => Err(Error::Parameter { name, expected: "at least 1".into(), got: "0".into() }),
            _ => Ok(()),
        };
        at_least_one("totalCentroids", self.total_centroids)?;
        at_least_one("nIter", self.n_iter)?;
        at_least_one("microThreshold", self.micro)?;
        at_least_one("maxSampleSize", self.max_sample_size)?;
        if let (Some(micro), Some(small)) = (self.micro, self.small)
            && small < micro
        {
            return Err(Error::Parameter {
                name: "smallThreshold",
                expected: format!("at least microThreshold, {micro}"),
                got: small.to_string(),
            });
        }
        Ok(())
    }
}

/// Default of [`TacParams::n_iter`].
pub const DEFAULT_N_ITER: usize = 10;
/// Default of [`TacParams::seed`].
pub const DEFAULT_SEED: u64 = 42;

/// The centroids, and the centroid of every token. Every centroid has at least one token.
pub struct Clustering {
    /// `[k][dim]`, in the order of the types. `k` is below the budget if types have fewer distinct vectors than their share.
    pub centroids: Vec<f32>,
    /// Centroid of each token.
    pub assignments: Vec<u32>,
    /// The share of each token type; one type with id 0 if one global k-means ran.
    pub types: Vec<TypeShare>,
    /// The resolved parameters.
    pub auto: AutoParams,
    /// Whether one global k-means ran, because the budget was below the smallest of token-aware clustering.
    pub global: bool,
}

impl Clustering {
    /// For each of [`Self::types`], the mean squared distance of its tokens to their centroids. `vectors` and `token_ids` are
    /// those that were clustered.
    pub fn errors(&self, vectors: TokenVectors<'_>, token_ids: &[u32]) -> Vec<f64> {
        let types =
            if self.global { TokenTypes::single(vectors.len()) } else { TokenTypes::group(token_ids) };
        let of_type = |t| error(vectors, types.rows(t), &self.centroids, &self.assignments);
        (0..types.len()).into_par_iter().map(of_type).collect()
    }
}

/// The part of the budget that a token type got.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TypeShare {
    /// Vocabulary id.
    pub token_id: u32,
    /// Number of tokens.
    pub count: usize,
    /// Mean squared distance to the type's mean.
    pub spread: f64,
    /// First of the type's centroids, which are consecutive.
    pub first_centroid: usize,
    /// Number of the type's centroids.
    pub centroids: usize,
}

/// Clusters `vectors` within the given types. Runs in the current rayon pool.
///
/// # Errors
/// [`Error::Parameter`] for a parameter out of range, [`Error::Cancelled`].
pub fn cluster(
    vectors: TokenVectors<'_>,
    types: &TokenTypes,
    params: &TacParams,
    monitor: &dyn Monitor,
) -> Result<Clustering> {
    params.check()?;
    monitor.check()?;
    let counts = types.counts();
    let auto = auto_params(&counts, params.total_centroids, params.micro, params.small);
    let budget = auto.total_centroids.min(vectors.len());
    let spreads = spreads(vectors, types, monitor)?;
    match allocate(&counts, &spreads, auto.thresholds, budget) {
        Some(shares) => cluster_types(vectors, types, &spreads, &shares, auto, false, params, monitor),
        None => {
            let all = TokenTypes::single(vectors.len());
            let spread = [spread(vectors, all.rows(0))];
            cluster_types(vectors, &all, &spread, &[budget], auto, true, params, monitor)
        }
    }
}

fn spreads(vectors: TokenVectors<'_>, types: &TokenTypes, monitor: &dyn Monitor) -> Result<Vec<f64>> {
    let done = AtomicU64::new(0);
    (0..types.len())
        .into_par_iter()
        .map(|t| {
            monitor.check()?;
            let spread = spread(vectors, types.rows(t));
            let count = types.count(t) as u64;
            let done = done.fetch_add(count, Ordering::Relaxed) + count;
            monitor.progress(Stage::Allocate, done, vectors.len() as u64);
            Ok(spread)
        })
        .collect()
}

/// Number of rows that train the `k` centroids of a type of `n` rows.
fn training_rows(n: usize, k: usize, n_iter: usize, given: Option<usize>) -> usize {
    const MILLION: usize = 1_000_000;
    let most = match given {
        Some(most) => most.max(k),
        None if n <= MILLION => n,
        None => (10 * MILLION).min(MILLION.max(2 * 39 * k).max(n / (2 * n_iter))),
    };
    n.min(most)
}

#[allow(clippy::too_many_arguments, reason = "one private caller, which names each")]
fn cluster_types(
    vectors: TokenVectors<'_>,
    types: &TokenTypes,
    spreads: &[f64],
    shares: &[usize],
    auto: AutoParams,
    global: bool,
    params: &TacParams,
    monitor: &dyn Monitor,
) -> Result<Clustering> {
    let (dim, kernels) = (vectors.dim, kernel::active());
    let n_iter = params.n_iter.unwrap_or(DEFAULT_N_ITER);
    let seed = params.seed.unwrap_or(DEFAULT_SEED);
    let sample = |t: usize| training_rows(types.count(t), shares[t], n_iter, params.max_sample_size);
    let units = |t: usize| work_units(sample(t), types.count(t), shares[t], n_iter);
    let work = Work {
        monitor,
        done: AtomicU64::new(0),
        total: (0..types.len()).map(units).sum(),
        stage: Stage::Cluster,
    };
    let assignments: Vec<AtomicU32> = (0..vectors.len()).map(|_| AtomicU32::new(0)).collect();

    // The most work first, so that no thread begins a large type when the others have finished.
    let mut order: Vec<usize> = (0..types.len()).collect();
    order.sort_by_key(|&t| (std::cmp::Reverse(units(t)), t));
    let clustered: Vec<(usize, Vec<f32>)> = order
        .into_par_iter()
        .with_max_len(1)
        .map(|t| {
            let rows = types.rows(t);
            let type_seed = seed ^ u64::from(types.ids[t]).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let chosen: Option<Vec<u32>> = (sample(t) < rows.len()).then(|| {
                let mut chosen: Vec<u32> =
                    choose(rows.len(), sample(t), type_seed ^ 1).into_iter().map(|i| rows[i]).collect();
                chosen.sort_unstable();
                chosen
            });
            let training = Points { vectors, rows: chosen.as_deref().unwrap_or(rows) };
            let mut centroids = kmeans(kernels, training, shares[t], n_iter, type_seed, &work)?;
            let mut nearest = vec![0; rows.len()];
            assign(kernels, Points { vectors, rows }, &Codebook::new(&centroids, dim), &mut nearest, &work)?;
            drop_empty(&mut centroids, dim, &mut nearest);
            for (&row, &local) in rows.iter().zip(&nearest) {
                assignments[row as usize].store(local, Ordering::Relaxed);
            }
            Ok((t, centroids))
        })
        .collect::<Result<_>>()?;

    let mut of_type: Vec<Vec<f32>> = vec![Vec::new(); types.len()];
    clustered.into_iter().for_each(|(t, centroids)| of_type[t] = centroids);
    let mut assignments: Vec<u32> = assignments.into_iter().map(AtomicU32::into_inner).collect();
    let mut shares = Vec::with_capacity(types.len());
    let mut centroids = Vec::new();
    for (t, of_type) in of_type.into_iter().enumerate() {
        let first_centroid = centroids.len() / dim;
        types.rows(t).iter().for_each(|&row| assignments[row as usize] += first_centroid as u32);
        shares.push(TypeShare {
            token_id: types.ids[t],
            count: types.count(t),
            spread: spreads[t],
            first_centroid,
            centroids: of_type.len() / dim,
        });
        centroids.extend(of_type);
    }
    Ok(Clustering { centroids, assignments, types: shares, auto, global })
}

/// Removes centroids to which no row is assigned, and renumbers the others in `nearest`.
fn drop_empty(centroids: &mut Vec<f32>, dim: usize, nearest: &mut [u32]) {
    let mut number = vec![u32::MAX; centroids.len() / dim];
    nearest.iter().for_each(|&c| number[c as usize] = 0);
    let mut kept = 0;
    for (c, number) in number.iter_mut().enumerate() {
        if *number == 0 {
            *number = kept as u32;
            centroids.copy_within(c * dim..(c + 1) * dim, kept * dim);
            kept += 1;
        }
    }
    centroids.truncate(kept * dim);
    nearest.iter_mut().for_each(|c| *c = number[*c as usize]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Unwatched;
    use crate::testing::Random;

    fn corpus(types: u32, tokens: usize, dim: usize) -> (Vec<half::f16>, Vec<u32>) {
        let mut random = Random::new(11);
        let ids: Vec<u32> =
            (0..tokens).map(|_| (random.unit() * random.unit() * types as f32) as u32 * 3).collect();
        let values = random.halves(tokens * dim);
        (values, ids)
    }

    #[test]
    fn every_token_goes_to_the_nearest_centroid_of_its_own_type() {
        let (values, ids) = corpus(40, 6000, 8);
        let vectors = TokenVectors { values: &values, dim: 8 };
        let done = cluster(vectors, &TokenTypes::group(&ids), &TacParams::default(), &Unwatched).unwrap();
        assert!(!done.global);
        let row = |i: usize| -> Vec<f64> { vectors.row(i).iter().map(|v| v.to_f64()).collect() };
        for (token, &assigned) in done.assignments.iter().enumerate() {
            let own = done.types.iter().find(|t| t.token_id == ids[token]).unwrap();
            let distance = |c: usize| -> f64 {
                let centroid = &done.centroids[c * 8..(c + 1) * 8];
                row(token).iter().zip(centroid).map(|(x, &c)| (x - f64::from(c)).powi(2)).sum()
            };
            let range = own.first_centroid..own.first_centroid + own.centroids;
            let best = range.clone().map(distance).fold(f64::INFINITY, f64::min);
            assert!(range.contains(&(assigned as usize)));
            assert!(distance(assigned as usize) <= best + 1e-5);
        }
    }

    #[test]
    fn the_result_does_not_depend_on_the_number_of_threads() {
        let (values, ids) = corpus(40, 6000, 8);
        let vectors = TokenVectors { values: &values, dim: 8 };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let done = pool
                .install(|| cluster(vectors, &TokenTypes::group(&ids), &TacParams::default(), &Unwatched))
                .unwrap();
            (done.centroids, done.assignments)
        };
        assert!(run(1) == run(3));
    }

    #[test]
    fn a_budget_below_the_smallest_clusters_all_tokens_together() {
        let (values, ids) = corpus(40, 6000, 8);
        let params = TacParams { total_centroids: Some(5), ..TacParams::default() };
        let vectors = TokenVectors { values: &values, dim: 8 };
        let done = cluster(vectors, &TokenTypes::group(&ids), &params, &Unwatched).unwrap();
        assert!(done.global);
        assert_eq!(done.centroids.len(), 5 * 8);
    }

    #[test]
    fn a_cancelled_clustering_is_an_error() {
        struct Stop;
        impl Monitor for Stop {
            fn progress(&self, _: Stage, _: u64, _: u64) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let (values, ids) = corpus(40, 600, 8);
        let result = cluster(
            TokenVectors { values: &values, dim: 8 },
            &TokenTypes::group(&ids),
            &TacParams::default(),
            &Stop,
        );
        assert!(matches!(result, Err(Error::Cancelled)));
    }
}
