//! Token-aware clustering of a whole corpus.

use super::allocate::allocate;
use super::auto::{AutoParams, auto_params};
use super::kmeans::{Codebook, Points, Work, assign, kmeans, work_units};
use super::spread::{error, spread};
use super::token_types::TokenTypes;
use crate::corpus::TokenVectors;
use crate::kernel;
use crate::monitor::{Monitor, Stage};
use crate::random::choose;
use crate::{Error, Result};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// How to cluster; `None` means resolved from the data.
#[derive(Debug, Clone, Default)]
pub struct TacParams {
    /// Budget of centroids.
    pub total_centroids: Option<usize>,
    /// Rounds of k-means per type; default 10.
    pub n_iter: Option<usize>,
    /// Types with fewer rows get one centroid.
    pub micro: Option<usize>,
    /// Types with fewer rows, but at least `micro`, get two.
    pub small: Option<usize>,
    /// Most rows of a type that train; default: all up to a million, then
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

/// Rounds of k-means where the caller gives none.
pub const DEFAULT_N_ITER: usize = 10;
/// Seed where the caller gives none.
pub const DEFAULT_SEED: u64 = 42;

/// Coarse centroids and the centroid of every token. Every centroid has a token.
pub struct Clustering {
    /// `[k][dim]`, by ascending token id. `k` is below the budget where types take fewer places than their share.
    pub centroids: Vec<f32>,
    /// Centroid of each token.
    pub assignments: Vec<u32>,
    /// What each token type was given; one type with id 0 when one global k-means ran.
    pub types: Vec<TypeShare>,
    /// The resolved parameters.
    pub auto: AutoParams,
    /// The budget was below the least one of token-aware clustering, so one global k-means ran.
    pub global: bool,
}

impl Clustering {
    /// Mean squared distance of the tokens of each of [`Self::types`] to their centroids; `vectors` and `token_ids` are
    /// those that were clustered.
    pub fn errors(&self, vectors: TokenVectors<'_>, token_ids: &[u32]) -> Vec<f64> {
        let types =
            if self.global { TokenTypes::single(vectors.len()) } else { TokenTypes::group(token_ids) };
        let of_type = |t| error(vectors, types.rows(t), &self.centroids, &self.assignments);
        (0..types.len()).into_par_iter().map(of_type).collect()
    }
}

/// One token type's part of the budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TypeShare {
    /// Vocabulary id.
    pub token_id: u32,
    /// Number of tokens.
    pub count: usize,
    /// Mean squared distance to the type's mean.
    pub spread: f64,
    /// First of its centroids; they are consecutive.
    pub first_centroid: usize,
    /// Number of its centroids.
    pub centroids: usize,
}

/// Clusters `vectors` within the given types.
///
/// The result depends on the input, the parameters and the seed alone, not on the number of threads.
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

/// Rows of a type that train its centroids.
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

    // The largest first, so that no thread begins a long one when the others are done.
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

/// Removes centroids that no row is assigned to, and renumbers the others in `nearest`.
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
    fn a_budget_below_the_least_clusters_all_tokens_together() {
        let (values, ids) = corpus(40, 6000, 8);
        let params = TacParams { total_centroids: Some(5), ..TacParams::default() };
        let vectors = TokenVectors { values: &values, dim: 8 };
        let done = cluster(vectors, &TokenTypes::group(&ids), &params, &Unwatched).unwrap();
        assert!(done.global);
        assert_eq!(done.centroids.len(), 5 * 8);
    }

    #[test]
    fn a_cancelled_clustering_says_so() {
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
