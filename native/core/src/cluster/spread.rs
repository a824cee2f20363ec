//! How far the vectors of a token type lie apart.

use crate::corpus::TokenVectors;

/// Sum over the dimensions of the variance: the mean squared distance to the mean. Two passes in `f64`, rows in order.
pub fn spread(vectors: TokenVectors<'_>, rows: &[u32]) -> f64 {
    if rows.is_empty() {
        return 0.0;
    }
    let mean = mean(vectors, rows);
    let mut sum = 0.0;
    for &row in rows {
        for (value, mean) in vectors.row(row as usize).iter().zip(&mean) {
            let distance = f64::from(value.to_f32()) - mean;
            sum += distance * distance;
        }
    }
    sum / rows.len() as f64
}

/// Mean of the rows, summed in `f64` in order.
pub fn mean(vectors: TokenVectors<'_>, rows: &[u32]) -> Vec<f64> {
    let mut mean = vec![0.0; vectors.dim];
    for &row in rows {
        for (sum, value) in mean.iter_mut().zip(vectors.row(row as usize)) {
            *sum += f64::from(value.to_f32());
        }
    }
    for sum in &mut mean {
        *sum /= rows.len().max(1) as f64;
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;

    #[test]
    fn spread_is_the_mean_squared_distance_to_the_mean() {
        let values: Vec<f16> = [0.0, 0.0, 9.0, 9.0, 2.0, 4.0].map(f16::from_f32).to_vec();
        // Rows 0 and 2: mean (1, 2), both at distance sqrt(5).
        assert_eq!(spread(TokenVectors { values: &values, dim: 2 }, &[0, 2]), 5.0);
        assert_eq!(spread(TokenVectors { values: &values, dim: 2 }, &[1]), 0.0);
    }
}
