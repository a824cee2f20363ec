//! The mean of all token vectors.

use crate::Result;
use crate::corpus::TokenVectors;
use crate::monitor::Monitor;
use rayon::prelude::*;

/// Rows of a part. Parts are summed in parallel and their sums added in order. The size is fixed, so that the mean does not
/// depend on the number of threads.
const PART_ROWS: usize = 1 << 16;

/// Mean of all rows, `[dim]`, computed in `f64`; zeros if there are no rows.
pub(super) fn mean(vectors: TokenVectors<'_>, monitor: &dyn Monitor) -> Result<Vec<f32>> {
    let parts: Vec<Vec<f64>> = vectors
        .values
        .par_chunks(PART_ROWS * vectors.dim)
        .map(|part| {
            let mut sums = vec![0.0; vectors.dim];
            for rows in part.chunks(1024 * vectors.dim) {
                monitor.check()?;
                for row in rows.chunks_exact(vectors.dim) {
                    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(value.to_f32()));
                }
            }
            Ok(sums)
        })
        .collect::<Result<_>>()?;
    let n = vectors.len().max(1) as f64;
    Ok((0..vectors.dim).map(|d| (parts.iter().map(|part| part[d]).sum::<f64>() / n) as f32).collect())
}
