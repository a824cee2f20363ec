//! The spread of token types, and their errors after clustering.

use crate::corpus::TokenVectors;

/// Mean squared distance of the rows to their mean, in `f64`: the variance, summed over the dimensions.
pub fn spread(vectors: TokenVectors<'_>, rows: &[u32]) -> f64 {
    let mean = mean(vectors, rows);
    mean_square(vectors, rows, |_| &mean)
}

/// Mean squared distance of the rows to their centroids, in `f64`.
pub fn error(vectors: TokenVectors<'_>, rows: &[u32], centroids: &[f32], assignments: &[u32]) -> f64 {
    let dim = vectors.dim;
    mean_square(vectors, rows, |row| &centroids[assignments[row as usize] as usize * dim..][..dim])
}

fn mean_square<'a, C: Copy + Into<f64> + 'a>(
    vectors: TokenVectors<'_>,
    rows: &[u32],
    centre: impl Fn(u32) -> &'a [C],
) -> f64 {
    let mut sum = 0.0;
    for &row in rows {
        for (value, &centre) in vectors.row(row as usize).iter().zip(centre(row)) {
            let distance = f64::from(value.to_f32()) - centre.into();
            sum += distance * distance;
        }
    }
    sum / rows.len().max(1) as f64
}

/// Mean of the rows, `[dim]`, in `f64`.
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

    #[test]
    fn error_is_the_mean_squared_distance_to_the_centroids() {
        let values: Vec<f16> = [0.0, 0.0, 3.0, 4.0, 1.0, 1.0, 2.0, -0.5].map(f16::from_f32).to_vec();
        let vectors = TokenVectors { values: &values, dim: 2 };
        let of = |rows: &[u32]| error(vectors, rows, &[0.0, 0.0, 1.0, 0.0], &[0, 0, 1, 1]);
        // Squares 0 and 25; 1 and 1 + 0.25.
        assert_eq!((of(&[0, 1]), of(&[2, 3])), (12.5, 1.125));
    }
}
