//! Codebooks and queries in whole numbers of one byte: for scoring many tokens nearly, four dimensions an instruction.

use super::codebooks::{Codebooks, WORDS};
use crate::kernel::{LANES, padded};

/// The largest byte: numbers are symmetric, so that none lacks its opposite.
const MOST: f32 = 127.0;
/// Dimensions in a quad.
const QUAD: usize = 4;

/// All words as bytes. Each dimension has a scale of its own, which the query takes up.
#[derive(Debug, Clone, PartialEq)]
pub struct ByteCodebooks {
    /// Words plus 128, `[256][quads][4]` for each subspace; a quad's places beyond the width hold 128, which is zero.
    words: Vec<u8>,
    /// Quads of a word in each subspace.
    quads: Vec<usize>,
    /// What one unit of a dimension is worth, `[dim]`.
    scales: Vec<f32>,
    /// Mean square of a dimension's bytes, `[dim]`.
    mean_squares: Vec<f32>,
    /// First dimension and width of each subspace.
    ranges: Vec<(usize, usize)>,
}

impl ByteCodebooks {
    /// Rounds every word. Values that are not finite become some number.
    pub fn new(codebooks: Codebooks<'_>) -> Self {
        let ranges: Vec<_> = (0..codebooks.subspaces.len()).map(|m| codebooks.subspaces.range(m)).collect();
        let quads: Vec<_> = ranges.iter().map(|&(_, width)| width.div_ceil(QUAD)).collect();
        let dim = codebooks.subspaces.dim();
        let (mut scales, mut mean_squares) = (vec![0.0_f32; dim], vec![0.0_f32; dim]);
        let mut words = Vec::with_capacity(WORDS * QUAD * quads.iter().sum::<usize>());
        for (m, (&(first, width), &quads)) in ranges.iter().zip(&quads).enumerate() {
            let scales = &mut scales[first..first + width];
            for word in codebooks.of(m).chunks_exact(width) {
                scales.iter_mut().zip(word).for_each(|(most, value)| *most = most.max(value.abs()));
            }
            scales.iter_mut().for_each(|most| *most /= MOST);
            for word in codebooks.of(m).chunks_exact(width) {
                for i in 0..quads * QUAD {
                    let byte = match word.get(i) {
                        Some(&value) if scales[i] > 0.0 => to_byte(value / scales[i]),
                        _ => 0,
                    };
                    if i < width {
                        mean_squares[first + i] += f32::from(byte) * f32::from(byte) / WORDS as f32;
                    }
                    words.push((i16::from(byte) + 128) as u8);
                }
            }
        }
        Self { words, quads, scales, mean_squares, ranges }
    }

    /// See [`crate::kernel::ByteTables::words`].
    pub fn words(&self) -> &[u8] {
        &self.words
    }

    /// See [`crate::kernel::ByteTables::quads`].
    pub fn quads(&self) -> &[usize] {
        &self.quads
    }
}

/// A query's tokens as bytes, for one [`ByteCodebooks`].
#[derive(Default)]
pub struct ByteQuery {
    /// See [`crate::kernel::ByteTables::query`].
    pub bytes: Vec<i8>,
    /// See [`crate::kernel::ByteTables::query_sums`].
    pub sums: Vec<i32>,
    /// See [`crate::kernel::ByteTables::units`].
    pub units: Vec<f32>,
    /// Standard error of a token's residual product, were its norm 1, summed over the query's tokens as if independent.
    pub error: f32,
    scaled: Vec<f32>,
}

impl ByteQuery {
    /// Takes up `tokens`, `[rows][dim]`, reusing the memory of the query before.
    pub fn set(&mut self, tokens: &[f32], codebooks: &ByteCodebooks) {
        let dim = codebooks.scales.len();
        let columns = padded(tokens.len() / dim);
        let quads: usize = codebooks.quads.iter().sum();
        self.bytes.clear();
        self.bytes.resize(columns * quads * QUAD, 0);
        self.sums.clear();
        self.sums.resize(columns, 0);
        self.units.clear();
        self.units.resize(columns, 0.0);
        let mut variance = 0.0;
        for (column, token) in tokens.chunks_exact(dim).enumerate() {
            self.scaled.clear();
            self.scaled.extend(token.iter().zip(&codebooks.scales).map(|(value, scale)| value * scale));
            let most = self.scaled.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            let unit = most / MOST;
            if unit <= 0.0 || !unit.is_finite() {
                continue;
            }
            let panel = column / LANES * quads * QUAD * LANES;
            let mut quad = 0;
            for (&(first, width), &quads) in codebooks.ranges.iter().zip(&codebooks.quads) {
                for i in 0..width {
                    let value = self.scaled[first + i];
                    let byte = to_byte(value / unit);
                    let at = panel + ((quad + i / QUAD) * LANES + column % LANES) * QUAD + i % QUAD;
                    self.bytes[at] = byte;
                    self.sums[column] += i32::from(byte);
                    // Each factor is off by at most half a unit, evenly: a twelfth of its square.
                    variance += (value * value + unit * unit * codebooks.mean_squares[first + i]) / 12.0;
                }
                quad += quads;
            }
            self.units[column] = unit;
        }
        self.error = variance.sqrt();
    }
}

fn to_byte(value: f32) -> i8 {
    value.round_ties_even().clamp(-MOST, MOST) as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{ByteTables, CodedTokens, available};
    use crate::quantize::Subspaces;
    use crate::testing::Random;
    use half::f16;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

        #[test]
        fn products_of_bytes_are_near_the_true_ones(
            seed: u64, dim in 1_usize..70, parts in 1_usize..40, rows in 1_usize..40, zeros: bool,
        ) {
            let mut random = Random::new(seed);
            let subspaces = Subspaces::split(dim, parts);
            let mut words = random.floats(WORDS * dim);
            if zeros {
                words[..WORDS].fill(0.0);
            }
            let codebooks = Codebooks { words: &words, subspaces: &subspaces };
            let bytes = ByteCodebooks::new(codebooks);
            let tokens = random.floats(rows * dim);
            let mut query = ByteQuery::default();
            query.set(&tokens, &bytes);
            let columns = padded(rows);
            let codes: Vec<u8> = (0..subspaces.len()).map(|_| random.below(256) as u8).collect();
            let mut residual = vec![0.0; dim];
            codebooks.decode(&codes, &mut residual);
            let mut found = vec![f32::NEG_INFINITY; columns];
            let tables = ByteTables {
                words: bytes.words(),
                quads: bytes.quads(),
                query: &query.bytes,
                query_sums: &query.sums,
                units: &query.units,
                centroid_scores: &vec![0.0; columns],
                columns,
            };
            let coded = CodedTokens { codes: &codes, norms: &[f16::ONE], centroid_rows: &[0] };
            available()[0].adc_max(coded, tables, &mut found);
            // The error of a sum is independent in each token: what is called its standard error is one.
            let mut square = 0.0;
            for (token, found) in tokens.chunks_exact(dim).zip(&found) {
                let truth: f32 = token.iter().zip(&residual).map(|(q, r)| q * r).sum();
                square += (truth - found).powi(2);
            }
            prop_assert!(square.sqrt() <= 4.0 * query.error, "{} {}", square.sqrt(), query.error);
            prop_assert!(found[rows..].iter().all(|&score| score == 0.0));
        }
    }

    #[test]
    fn a_query_of_zeros_and_one_that_overflows_score_zero() {
        let subspaces = Subspaces::split(4, 2);
        let words = Random::new(3).floats(WORDS * 4);
        let bytes = ByteCodebooks::new(Codebooks { words: &words, subspaces: &subspaces });
        let mut query = ByteQuery::default();
        query.set(&[0.0; 4], &bytes);
        assert!(query.units.iter().all(|&unit| unit == 0.0) && query.error == 0.0);
        query.set(&[f32::MAX; 4], &bytes);
        assert!(query.units.iter().all(|unit| unit.is_finite()));
    }
}
