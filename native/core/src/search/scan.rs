//! Coarse search without a graph: the centroids nearest to each query token, from comparing all of them.
//!
//! In: a query's token vectors and all centroids, as bytes and as `f16`. Out: per token the `count` centroids with the largest
//! inner product, best first, equal ones by smaller id: exactly those that comparing all in `f32` would give.
//!
//! ```text
//! for each group of centroids, for each token:
//!     products ← bytes(group) · bytes(token)          whole numbers
//!     keep the centroids whose product is at least the token's bound
//!     if the token has kept too many: bound ← its count-th best product − margin; drop what is below
//! for each token: drop what is below the bound; score the rest in f32; sort; the first count
//! ```
//!
//! The margin covers the rounding to bytes: [`ERRORS`] standard errors of a difference of two products. What lies below the
//! bound is therefore not among the best. The cost is `k · dim` bytes read once per query, whatever its number of tokens. 38,361
//! centroids of 128 dimensions are 5 MB and take some 1 ms for up to 16 tokens.

use super::query::Query;
use super::refine::ERRORS;
use crate::Result;
use crate::index::Index;
use crate::kernel::{self, Kernels, LANES};
use crate::quantize::ByteQuery;
use crate::ranking::key;
use std::cmp::Reverse;

/// Centroids multiplied together, for one query token after the other: as bytes they stay in the first cache.
const GROUP: usize = 128;

/// Scratch of a scan.
#[derive(Default)]
pub(super) struct Scan {
    query: ByteQuery,
    products: Vec<f32>,
    /// Per query token the centroids kept so far, by their product on bytes.
    kept: Vec<Vec<(f32, u32)>>,
    /// Per query token the least product worth keeping.
    bounds: Vec<f32>,
}

impl Scan {
    /// Writes the `count` nearest centroids of each query token to `found`. Calls `cancelled` before each group of centroids.
    pub(super) fn run(
        &mut self,
        kernels: &Kernels,
        index: &Index,
        query: &Query,
        count: usize,
        cancelled: &dyn Fn() -> Result<()>,
        found: &mut Vec<Vec<(f32, u32)>>,
    ) -> Result<()> {
        let (centroids, tokens) = (index.centroid_count(), query.rows());
        let count = count.min(centroids);
        let bytes = index.byte_centroids();
        self.query.set(&query.tokens, bytes.layout());
        self.kept.resize_with(tokens.max(self.kept.len()), Vec::new);
        self.kept[..tokens].iter_mut().for_each(Vec::clear);
        self.bounds.clear();
        self.bounds.resize(tokens, f32::NEG_INFINITY);
        let group_bytes = GROUP * bytes.blocks().len() / centroids.next_multiple_of(LANES);
        for (group, blocks) in bytes.blocks().chunks(group_bytes).enumerate() {
            cancelled()?;
            self.products.resize(GROUP * blocks.len() / group_bytes, 0.0);
            for token in 0..tokens {
                kernels.block_products(blocks, self.query.token(token), &mut self.products);
                let bound = self.bounds[token];
                let kept = &mut self.kept[token];
                for (block, products) in self.products.chunks_exact(LANES).enumerate() {
                    // Nearly all blocks end here: no branch a centroid.
                    if !products.iter().fold(false, |any, &product| any | (product >= bound)) {
                        continue;
                    }
                    for (centroid, &product) in (group * GROUP + block * LANES..centroids).zip(products) {
                        if product >= bound {
                            kept.push((product, centroid as u32));
                        }
                    }
                }
                if kept.len() > 4 * count + GROUP {
                    self.tighten(token, count);
                }
            }
        }
        found.resize_with(tokens.max(found.len()), Vec::new);
        let (rows, dim) = (index.centroids(), index.dim());
        for (token, nearest) in found[..tokens].iter_mut().enumerate() {
            self.tighten(token, count);
            let row = |c: u32| &rows[c as usize * dim..(c as usize + 1) * dim];
            self.kept[token].iter().for_each(|&(_, c)| kernel::prefetch(row(c)));
            nearest.clear();
            nearest.extend(
                self.kept[token].iter().map(|&(_, c)| (kernels.dot_f16(query.row(token), row(c)), c)),
            );
            nearest.sort_unstable_by_key(|&(similarity, c)| Reverse(key(similarity, c)));
            nearest.truncate(count);
        }
        Ok(())
    }

    /// Raises a token's bound to its `count`-th best product less the margin, and drops what is below.
    fn tighten(&mut self, token: usize, count: usize) {
        let kept = &mut self.kept[token];
        if kept.len() <= count {
            return;
        }
        let (_, &mut (worst, _), _) = kept.select_nth_unstable_by(count - 1, |a, b| b.0.total_cmp(&a.0));
        let bound = worst - ERRORS * (2.0 * self.query.variances[token]).sqrt();
        kept.retain(|&(product, _)| product >= bound);
        self.bounds[token] = bound;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{BuildParams, build};
    use crate::corpus::{Corpus, InputNames, TokenVectors};
    use crate::index::Check;
    use crate::kernel;
    use crate::monitor::Unwatched;
    use crate::testing::Random;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

        /// A scan finds what comparing all centroids in `f32` finds, to the bit and in the same order.
        #[test]
        fn a_scan_finds_the_nearest_of_all_centroids(
            seed: u64, dim in 1_usize..70, tokens in 700_usize..3000, rows in 1_usize..40, count in 1_usize..400, near: bool,
        ) {
            let mut random = Random::new(seed);
            let values = random.halves(tokens * dim);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("index.maxsim");
            let vectors = TokenVectors { values: &values, dim };
            let ids = std::borrow::Cow::Owned((0..tokens as u32).map(|i| i % 300).collect());
            let corpus =
                Corpus::new(vectors, Some(ids), &[tokens as u32], &InputNames::default(), &Unwatched).unwrap();
            build(&corpus, &BuildParams { exact_below: 0, ..BuildParams::default() }, &path, &Unwatched).unwrap();
            let index = Index::open(&path, Check::Full).unwrap();
            let mut query = Query::default();
            let mut tokens = random.floats(rows * dim);
            if near {
                let from = random.below(values.len() / dim - rows) * dim;
                tokens.iter_mut().zip(&values[from..]).for_each(|(t, v)| *t = v.to_f32());
            }
            query.set(&tokens, dim);
            let mut scan = Scan::default();
            for kernels in kernel::available() {
                let mut found = Vec::new();
                scan.run(kernels, &index, &query, count, &|| Ok(()), &mut found).unwrap();
                for (token, found) in found.iter().enumerate() {
                    let rows = index.centroids().chunks_exact(dim).zip(0..);
                    let mut all: Vec<(f32, u32)> =
                        rows.map(|(row, c)| (kernels.dot_f16(query.row(token), row), c)).collect();
                    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                    all.truncate(count);
                    prop_assert_eq!(found, &all);
                }
            }
        }
    }
}
