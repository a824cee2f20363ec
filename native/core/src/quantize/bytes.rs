//! Codebooks, centroids and queries as 8-bit integers, for approximate scores that take four dimensions an instruction.
//!
//! ```text
//! vectors (words or centroids):
//!     scale[d] ← the largest absolute value of dimension d / 127
//!     byte[d]  ← value[d] / scale[d], rounded; stored plus 128
//! query token:
//!     scaled[d] ← value[d] · scale[d]
//!     unit      ← the largest absolute value of scaled / 127
//!     byte[d]   ← scaled[d] / unit, rounded
//! inner product ≈ unit · Σ_d (stored byte of the vector − 128) · byte of the query
//! ```
//!
//! Rounding errors of the two factors are independent and uniform within half a unit. The variance of the inner product follows
//! from that; `search/refine.rs` uses it as an error bound.

use super::codebooks::{Codebooks, WORDS};
use crate::kernel::{ByteToken, LANES, padded};
use half::f16;

/// The largest absolute value of a byte. −128 is not used, so that every value has an opposite.
const MOST: f32 = 127.0;
/// Number of dimensions in a quad.
const QUAD: usize = 4;

/// The layout of vectors as bytes. A vector consists of parts (subspaces), each padded with zeros to whole quads. Each dimension
/// has a scale, by which the query is multiplied.
#[derive(Debug, Clone, PartialEq)]
pub struct ByteLayout {
    /// First dimension and width of each part.
    parts: Vec<(usize, usize)>,
    /// Number of quads of each part.
    quads: Vec<usize>,
    /// Value of one unit of a byte, `[dim]`.
    scales: Vec<f32>,
    /// Mean square of the bytes of a dimension, `[dim]`.
    mean_squares: Vec<f32>,
}

impl ByteLayout {
    fn new(parts: Vec<(usize, usize)>) -> Self {
        let dim = parts.iter().map(|&(_, width)| width).sum();
        let quads = parts.iter().map(|&(_, width)| width.div_ceil(QUAD)).collect();
        Self { parts, quads, scales: vec![0.0; dim], mean_squares: vec![0.0; dim] }
    }

    /// Number of bytes of a vector.
    fn width(&self) -> usize {
        QUAD * self.quads.iter().sum::<usize>()
    }

    /// Raises the largest absolute values of part `m`, which are kept in `scales`, to those of `values`.
    fn measure(&mut self, m: usize, values: &[f32]) {
        let (first, width) = self.parts[m];
        let most = &mut self.scales[first..first + width];
        most.iter_mut().zip(values).for_each(|(most, value)| *most = most.max(value.abs()));
    }

    /// Computes the scales from the largest absolute values.
    fn set_scales(&mut self) {
        self.scales.iter_mut().for_each(|most| *most /= MOST);
    }

    /// Appends part `m` of one of `vectors` vectors as bytes plus 128.
    fn write(&mut self, m: usize, values: &[f32], vectors: usize, bytes: &mut Vec<u8>) {
        let (first, width) = self.parts[m];
        for (d, &value) in (first..first + width).zip(values) {
            let byte = if self.scales[d] > 0.0 { to_byte(value / self.scales[d]) } else { 0 };
            self.mean_squares[d] += f32::from(byte) * f32::from(byte) / vectors as f32;
            bytes.push((i16::from(byte) + 128) as u8);
        }
        bytes.extend(std::iter::repeat_n(128, self.quads[m] * QUAD - width));
    }
}

/// The words of all codebooks as bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct ByteCodebooks {
    layout: ByteLayout,
    words: Vec<u8>,
}

impl ByteCodebooks {
    /// Rounds every word. Values that are not finite become arbitrary numbers.
    pub fn new(codebooks: Codebooks<'_>) -> Self {
        let parts: Vec<_> = (0..codebooks.subspaces.len()).map(|m| codebooks.subspaces.range(m)).collect();
        let mut layout = ByteLayout::new(parts.clone());
        for (m, &(_, width)) in parts.iter().enumerate() {
            codebooks.of(m).chunks_exact(width).for_each(|word| layout.measure(m, word));
        }
        layout.set_scales();
        let mut words = Vec::with_capacity(WORDS * layout.width());
        for (m, &(_, width)) in parts.iter().enumerate() {
            codebooks.of(m).chunks_exact(width).for_each(|word| layout.write(m, word, WORDS, &mut words));
        }
        Self { layout, words }
    }

    /// The layout of a row of words, one for each subspace.
    pub fn layout(&self) -> &ByteLayout {
        &self.layout
    }

    /// See [`crate::kernel::ByteTables::words`].
    pub fn words(&self) -> &[u8] {
        &self.words
    }

    /// See [`crate::kernel::ByteTables::quads`].
    pub fn quads(&self) -> &[usize] {
        &self.layout.quads
    }
}

/// All centroids as bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct ByteCentroids {
    layout: ByteLayout,
    rows: Vec<u8>,
}

impl ByteCentroids {
    /// Rounds `centroids`, `[k][dim]`. Values that are not finite become arbitrary numbers.
    pub fn new(centroids: &[f16], dim: usize) -> Self {
        let mut layout = ByteLayout::new(vec![(0, dim)]);
        let mut wide = vec![0.0; dim];
        let widen =
            |row: &[f16], wide: &mut [f32]| wide.iter_mut().zip(row).for_each(|(w, v)| *w = v.to_f32());
        for row in centroids.chunks_exact(dim) {
            widen(row, &mut wide);
            layout.measure(0, &wide);
        }
        layout.set_scales();
        let k = centroids.len() / dim;
        let mut rows = Vec::with_capacity(k * layout.width());
        for row in centroids.chunks_exact(dim) {
            widen(row, &mut wide);
            layout.write(0, &wide, k, &mut rows);
        }
        Self { layout, rows }
    }

    /// The layout of a centroid.
    pub fn layout(&self) -> &ByteLayout {
        &self.layout
    }

    /// Centroids plus 128, `[k][quads][4]`.
    pub fn rows(&self) -> &[u8] {
        &self.rows
    }

    /// The rows named by `ids` in blocks of sixteen, `[block][quads][16][4]`. Places with [`NO_ROW`] are zero.
    fn blocks(&self, ids: &[u32]) -> Vec<u8> {
        let width = self.layout.width();
        let mut blocks = vec![128; ids.len() * width];
        for (place, &id) in ids.iter().enumerate().filter(|&(_, &id)| id != NO_ROW) {
            let row = &self.rows[id as usize * width..(id as usize + 1) * width];
            for (quad, bytes) in row.chunks_exact(QUAD).enumerate() {
                let at = (place / LANES * width + quad * QUAD) * LANES + place % LANES * QUAD;
                blocks[at..at + QUAD].copy_from_slice(bytes);
            }
        }
        blocks
    }
}

/// A place of a block that no row fills.
pub const NO_ROW: u32 = u32::MAX;

/// Centroids as a scan reads them: as bytes, group after group, in blocks of sixteen for
/// [`crate::kernel::Kernels::block_products`].
#[derive(Debug, Clone, PartialEq)]
pub struct Scannable {
    blocks: Vec<u8>,
    /// The centroid in each place of the blocks; [`NO_ROW`] in what fills up a group's last block.
    ids: Vec<u32>,
    /// First place of each group, and the number of places.
    offsets: Vec<usize>,
    /// The group vectors as bytes, `[groups]` filled up to whole blocks; `None` if all centroids are one group.
    group_vectors: Option<(ByteLayout, Vec<u8>)>,
}

impl Scannable {
    /// Puts `centroids` in the order of their groups: group `g` has the `members` from `offsets[g]` to `offsets[g + 1]` and the mean
    /// `vectors[g]`, `[dim]`. Without groups all centroids are one.
    pub fn new(centroids: &ByteCentroids, vectors: &[f16], offsets: &[u32], members: &[u32]) -> Self {
        let padded_group = |members: &mut dyn Iterator<Item = u32>, ids: &mut Vec<u32>| {
            ids.extend(members);
            ids.resize(padded(ids.len()), NO_ROW);
            ids.len()
        };
        let (mut ids, mut starts) = (Vec::new(), vec![0]);
        if vectors.is_empty() {
            let all = (centroids.rows.len() / centroids.layout.width()) as u32;
            starts.push(padded_group(&mut (0..all), &mut ids));
        }
        for ends in offsets.windows(2) {
            let group = &members[ends[0] as usize..ends[1] as usize];
            starts.push(padded_group(&mut group.iter().copied(), &mut ids));
        }
        let group_vectors = (!vectors.is_empty()).then(|| {
            let rows = ByteCentroids::new(vectors, centroids.layout.scales.len());
            let mut groups: Vec<u32> = (0..offsets.len() as u32 - 1).collect();
            groups.resize(padded(groups.len()), NO_ROW);
            let blocks = rows.blocks(&groups);
            (rows.layout, blocks)
        });
        Self { blocks: centroids.blocks(&ids), ids, offsets: starts, group_vectors }
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The centroids of a group, [`NO_ROW`] where there is no more, and their blocks.
    pub fn group(&self, group: usize) -> (&[u32], &[u8]) {
        let (first, last) = (self.offsets[group], self.offsets[group + 1]);
        let width = self.blocks.len() / self.ids.len();
        (&self.ids[first..last], &self.blocks[first * width..last * width])
    }

    /// Layout and blocks of the group vectors; `None` if there is one group.
    pub fn group_vectors(&self) -> Option<(&ByteLayout, &[u8])> {
        self.group_vectors.as_ref().map(|(layout, blocks)| (layout, &blocks[..]))
    }
}

/// A query's tokens as bytes, for vectors of one [`ByteLayout`].
#[derive(Default)]
pub struct ByteQuery {
    /// Query tokens, `[panel][quad][16][4]`; never −128.
    pub bytes: Vec<i8>,
    /// The same bytes token after token, `[columns][quads][4]`.
    rows: Vec<i8>,
    /// Sum of a query token's bytes, `[columns]`.
    pub sums: Vec<i32>,
    /// Factor from a sum of byte products to an inner product, `[columns]`.
    pub units: Vec<f32>,
    /// Variance of a query token's product with one of the vectors, `[columns]`.
    pub variances: Vec<f32>,
    scaled: Vec<f32>,
}

impl ByteQuery {
    /// Replaces the query by `tokens`, `[rows][dim]`. Reuses memory.
    pub fn set(&mut self, tokens: &[f32], layout: &ByteLayout) {
        let dim = layout.scales.len();
        let columns = padded(tokens.len() / dim);
        self.bytes.clear();
        self.bytes.resize(columns * layout.width(), 0);
        self.rows.clear();
        self.rows.resize(columns * layout.width(), 0);
        self.sums.clear();
        self.sums.resize(columns, 0);
        self.units.clear();
        self.units.resize(columns, 0.0);
        self.variances.clear();
        self.variances.resize(columns, 0.0);
        for (column, token) in tokens.chunks_exact(dim).enumerate() {
            self.scaled.clear();
            self.scaled.extend(token.iter().zip(&layout.scales).map(|(value, scale)| value * scale));
            let most = self.scaled.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            let unit = most / MOST;
            if unit <= 0.0 || !unit.is_finite() {
                continue;
            }
            let panel = column / LANES * layout.width() * LANES;
            let mut quad = 0;
            for (&(first, width), &quads) in layout.parts.iter().zip(&layout.quads) {
                for i in 0..width {
                    let value = self.scaled[first + i];
                    let byte = to_byte(value / unit);
                    let at = panel + ((quad + i / QUAD) * LANES + column % LANES) * QUAD + i % QUAD;
                    self.bytes[at] = byte;
                    self.rows[column * layout.width() + quad * QUAD + i] = byte;
                    self.sums[column] += i32::from(byte);
                    // A uniform error within half a unit has a variance of a twelfth of the unit's square.
                    self.variances[column] +=
                        (value * value + unit * unit * layout.mean_squares[first + i]) / 12.0;
                }
                quad += quads;
            }
            self.units[column] = unit;
        }
    }
}

impl ByteQuery {
    /// One token, for [`crate::kernel::Kernels::block_products`].
    pub fn token(&self, column: usize) -> ByteToken<'_> {
        let width = self.rows.len() / self.sums.len();
        ByteToken {
            bytes: &self.rows[column * width..(column + 1) * width],
            sum: self.sums[column],
            unit: self.units[column],
        }
    }
}

/// The nearest byte, ties to even. Near `1.5 · 2²³` all `f32` are integers, so adding and subtracting that rounds. It is faster
/// than `round_ties_even`, which calls the mathematics library on targets without an instruction for it.
fn to_byte(value: f32) -> i8 {
    const WHOLE: f32 = 12_582_912.0;
    (value.clamp(-MOST, MOST) + WHOLE - WHOLE) as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{BytePanels, ByteTables, CodedTokens, available};
    use crate::quantize::Subspaces;
    use crate::testing::Random;
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
            query.set(&tokens, bytes.layout());
            let columns = padded(rows);
            let codes: Vec<u8> = (0..subspaces.len()).map(|_| random.below(256) as u8).collect();
            let mut residual = vec![0.0; dim];
            codebooks.decode(&codes, &mut residual);
            let mut found = vec![f32::NEG_INFINITY; columns];
            let tables = ByteTables {
                words: bytes.words(),
                quads: bytes.quads(),
                query: BytePanels { bytes: &query.bytes, sums: &query.sums, units: &query.units },
                centroid_scores: &vec![0.0; columns],
            };
            let coded = CodedTokens { codes: &codes, norms: &[f16::ONE], centroid_rows: &[0] };
            available()[0].adc_scores(coded, tables, &mut found, &mut vec![0.0; columns]);
            // The error of a sum is independent in each token: what is called its standard error is one.
            let mut square = 0.0;
            for (token, found) in tokens.chunks_exact(dim).zip(&found) {
                let truth: f32 = token.iter().zip(&residual).map(|(q, r)| q * r).sum();
                square += (truth - found).powi(2);
            }
            let variance: f32 = query.variances.iter().sum();
            prop_assert!(square.sqrt() <= 4.0 * variance.sqrt(), "{} {variance}", square.sqrt());
            prop_assert!(found[rows..].iter().all(|&score| score == 0.0));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

        #[test]
        fn products_with_centroids_are_near_the_true_ones(
            seed: u64, dim in 1_usize..70, k in 1_usize..40, rows in 1_usize..40,
        ) {
            let mut random = Random::new(seed);
            let centroids = random.halves(k * dim);
            let bytes = ByteCentroids::new(&centroids, dim);
            let tokens = random.floats(rows * dim);
            let mut query = ByteQuery::default();
            query.set(&tokens, bytes.layout());
            let ids: Vec<u32> = (0..k as u32).rev().collect();
            let mut found = vec![0.0; k * padded(rows)];
            let byte_query = BytePanels { bytes: &query.bytes, sums: &query.sums, units: &query.units };
            available()[0].byte_products(bytes.rows(), &ids, byte_query, &mut found);
            for (&id, found) in ids.iter().zip(found.chunks_exact(padded(rows))) {
                let centroid = &centroids[id as usize * dim..][..dim];
                let square: f32 = tokens
                    .chunks_exact(dim)
                    .zip(found)
                    .map(|(token, found)| {
                        let truth: f32 = token.iter().zip(centroid).map(|(q, c)| q * c.to_f32()).sum();
                        (truth - found).powi(2)
                    })
                    .sum();
                let variance: f32 = query.variances.iter().sum();
                prop_assert!(square <= 16.0 * variance, "{square} {variance}");
                prop_assert!(found[rows..].iter().all(|&score| score == 0.0));
            }
        }
    }

    #[test]
    fn a_query_of_zeros_and_one_that_overflows_score_zero() {
        let subspaces = Subspaces::split(4, 2);
        let words = Random::new(3).floats(WORDS * 4);
        let bytes = ByteCodebooks::new(Codebooks { words: &words, subspaces: &subspaces });
        let mut query = ByteQuery::default();
        query.set(&[0.0; 4], bytes.layout());
        assert!(
            query.units.iter().all(|&unit| unit == 0.0)
                && query.variances.iter().all(|&variance| variance == 0.0)
        );
        query.set(&[f32::MAX; 4], bytes.layout());
        assert!(query.units.iter().all(|unit| unit.is_finite()));
    }
}
