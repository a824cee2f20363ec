//! The sample of tokens that trains the residual codebooks.
//!
//! Token types get shares of the sample in proportion to `sqrt(count) · variance of the type's residuals`, so that types whose
//! residuals vary more train more. A type gives at most all its tokens; what it cannot give is shared by the others.

use super::residual::Residuals;
use crate::Result;
use crate::cluster::TokenTypes;
use crate::kernel;
use crate::monitor::Monitor;
use crate::random::choose;
use rayon::prelude::*;

/// Chooses exactly `size` tokens, or all if there are no more, and returns them in ascending order.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub fn sample(
    residuals: Residuals<'_>,
    types: &TokenTypes,
    size: usize,
    seed: u64,
    monitor: &dyn Monitor,
) -> Result<Vec<u32>> {
    let tokens = residuals.assignments.len();
    if size >= tokens {
        return Ok((0..tokens as u32).collect());
    }
    let weights: Vec<f64> = (0..types.len())
        .into_par_iter()
        .map(|t| {
            monitor.check()?;
            Ok((types.count(t) as f64).sqrt() * variance(residuals, types.rows(t)))
        })
        .collect::<Result<_>>()?;
    let quotas = quotas(&weights, &types.counts(), size);
    let mut chosen: Vec<u32> = (0..types.len())
        .into_par_iter()
        .flat_map_iter(|t| {
            let rows = types.rows(t);
            let seed = seed ^ u64::from(types.ids[t]).wrapping_mul(0xD1B5_4A32_D192_ED03);
            choose(rows.len(), quotas[t], seed).into_iter().map(|i| rows[i]).collect::<Vec<_>>()
        })
        .collect();
    chosen.par_sort_unstable();
    Ok(chosen)
}

/// Residuals computed together.
const BLOCK: usize = 256;

/// Variance of the residuals, summed over the dimensions, from sums and squares in `f64`.
fn variance(residuals: Residuals<'_>, rows: &[u32]) -> f64 {
    let dim = residuals.vectors.dim;
    let kernels = kernel::active();
    let (mut sums, mut squares) = (vec![0.0_f64; dim], 0.0_f64);
    let (mut block, mut norms) = (vec![0.0; BLOCK.min(rows.len()) * dim], [0.0; BLOCK]);
    for rows in rows.chunks(BLOCK) {
        let block = &mut block[..rows.len() * dim];
        residuals.write_block(kernels, rows.iter().map(|&row| row as usize), block, &mut norms);
        for residual in block.chunks_exact(dim) {
            for (sum, &value) in sums.iter_mut().zip(residual) {
                *sum += f64::from(value);
                squares += f64::from(value) * f64::from(value);
            }
        }
    }
    let n = rows.len().max(1) as f64;
    let mean_square: f64 = sums.iter().map(|sum| (sum / n) * (sum / n)).sum();
    (squares / n - mean_square).max(0.0)
}

/// Shares `size` in proportion to `weights`, by the largest-remainder method. Each share is at most its count.
fn quotas(weights: &[f64], counts: &[usize], size: usize) -> Vec<usize> {
    let total: f64 = weights.iter().sum();
    let share = |t: usize| if total > 0.0 { weights[t] / total } else { 1.0 / weights.len() as f64 };
    let exact: Vec<f64> = (0..weights.len()).map(|t| share(t) * size as f64).collect();
    let mut quotas: Vec<usize> =
        exact.iter().zip(counts).map(|(&e, &count)| (e as usize).min(count)).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| {
        (exact[b] - exact[b].floor()).total_cmp(&(exact[a] - exact[a].floor())).then(a.cmp(&b))
    });
    let mut missing = size.min(counts.iter().sum()) - quotas.iter().sum::<usize>();
    // One more for each type by largest remainder, then the rest to the types with the most tokens left.
    for &t in &order {
        if missing > 0 && quotas[t] < counts[t] {
            quotas[t] += 1;
            missing -= 1;
        }
    }
    order.sort_by_key(|&t| (std::cmp::Reverse(counts[t] - quotas[t]), t));
    for t in order {
        let more = missing.min(counts[t] - quotas[t]);
        quotas[t] += more;
        missing -= more;
    }
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_follow_the_weights_and_add_up() {
        assert_eq!(quotas(&[1.0, 3.0], &[100, 100], 40), [10, 30]);
        assert_eq!(quotas(&[1.0, 1.0, 1.0], &[100, 100, 100], 10), [4, 3, 3]);
    }

    #[test]
    fn a_type_gives_at_most_all_its_tokens() {
        assert_eq!(quotas(&[1.0, 99.0], &[100, 5], 50), [45, 5]);
        assert_eq!(quotas(&[0.0, 0.0], &[2, 3], 4), [2, 2]);
    }
}
