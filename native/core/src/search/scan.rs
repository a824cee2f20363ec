//! Coarse search without a graph: the centroids nearest to each query token, from comparing many of them.
//!
//! In: a query's token vectors, and all centroids as bytes and as `f16`, in groups. Out: per token the `count` centroids with the
//! largest inner product among those of the visited groups, best first, equal ones by smaller id.
//!
//! ```text
//! for each token: compare it with all group vectors; it visits the 2 · count groups with the largest product
//! for each group, for each token that visits it:
//!     products ← bytes(centroids of the group) · bytes(token)          whole numbers
//!     keep the centroids whose product is at least the token's bound
//!     if the token has kept too many: bound ← its count-th best product − margin; drop what is below
//! for each token: drop what is below the bound; score the rest in f32; sort; the first count
//! ```
//!
//! The margin covers the rounding to bytes: [`ERRORS`] standard errors of a difference of two products. What lies below the
//! bound is therefore not among the best of the visited groups. Few centroids are one group (`build/groups.rs`), and then the result
//! is exact. Tokens take turns at a group, so that it is read from memory once.
//!
//! Of 38,361 centroids in 490 groups a token visits 60 groups with a beam of 30, an eighth of the centroids, and finds some
//! 96 % of the 20 nearest. With a beam of 6 it visits 12 groups and finds some 91 % of the nearest 4.

use super::context::Context;
use super::refine::ERRORS;
use crate::Result;
use crate::kernel::{self, LANES};
use crate::quantize::{ByteQuery, NO_ROW};
use crate::ranking::{self, key};
use std::cmp::Reverse;

/// Groups that a token visits for each place of its beam.
const VISITS: usize = 2;
/// Centroids multiplied together: as bytes of 128 dimensions they stay in the first cache, from one token to the next.
const TOGETHER: usize = 128;

/// Scratch of a scan.
#[derive(Default)]
pub(super) struct Scan {
    products: Vec<f32>,
    /// The query as bytes for the group vectors, and ranking keys of one token's products with them.
    for_groups: ByteQuery,
    ranked: Vec<u64>,
    /// The tokens that visit each group.
    visitors: Vec<Vec<u32>>,
    /// Per query token the centroids kept so far, by their product on bytes.
    kept: Vec<Vec<(f32, u32)>>,
    /// Per query token the least product worth keeping.
    bounds: Vec<f32>,
}

impl Scan {
    /// Writes the `count` nearest centroids of each query token to `found`. Calls `cancelled` before each group of centroids.
    pub(super) fn run(
        &mut self,
        on: Context<'_>,
        count: usize,
        cancelled: &dyn Fn() -> Result<()>,
        found: &mut Vec<Vec<(f32, u32)>>,
    ) -> Result<()> {
        let tokens = on.query.rows();
        let count = count.min(on.index.centroid_count());
        let scannable = on.codec().scannable();
        self.kept.resize_with(tokens.max(self.kept.len()), Vec::new);
        self.kept[..tokens].iter_mut().for_each(Vec::clear);
        self.bounds.clear();
        self.bounds.resize(tokens, f32::NEG_INFINITY);
        self.choose_groups(on, count);
        for group in 0..scannable.groups() {
            cancelled()?;
            let (ids, blocks) = scannable.group(group);
            let width = blocks.len() / ids.len().max(1);
            for (ids, blocks) in ids.chunks(TOGETHER).zip(blocks.chunks(TOGETHER * width)) {
                self.products.resize(ids.len(), 0.0);
                for visitor in 0..self.visitors[group].len() {
                    let token = self.visitors[group][visitor] as usize;
                    on.kernels.block_products(
                        blocks,
                        on.query.for_centroids.token(token),
                        &mut self.products,
                    );
                    self.keep(on, token, ids, count);
                }
            }
        }
        found.resize_with(tokens.max(found.len()), Vec::new);
        let (rows, dim) = (on.codec().centroids(), on.index.dim());
        for (token, nearest) in found[..tokens].iter_mut().enumerate() {
            self.tighten(on, token, count);
            let row = |c: u32| &rows[c as usize * dim..(c as usize + 1) * dim];
            self.kept[token].iter().for_each(|&(_, c)| kernel::prefetch(row(c)));
            nearest.clear();
            nearest.extend(
                self.kept[token].iter().map(|&(_, c)| (on.kernels.dot_f16(on.query.row(token), row(c)), c)),
            );
            nearest.sort_unstable_by_key(|&(similarity, c)| Reverse(key(similarity, c)));
            nearest.truncate(count);
        }
        Ok(())
    }

    /// Sets `visitors`: each token visits the nearest groups.
    fn choose_groups(&mut self, on: Context<'_>, count: usize) {
        let scannable = on.codec().scannable();
        let (groups, visits) = (scannable.groups(), VISITS * count);
        self.visitors.resize_with(groups, Vec::new);
        self.visitors.iter_mut().for_each(Vec::clear);
        let Some((layout, blocks)) = scannable.group_vectors().filter(|_| visits < groups) else {
            self.visitors.iter_mut().for_each(|visitors| visitors.extend(0..on.query.rows() as u32));
            return;
        };
        self.for_groups.set(&on.query.tokens, layout);
        self.products.resize(groups.next_multiple_of(LANES), 0.0);
        for token in 0..on.query.rows() {
            on.kernels.block_products(blocks, self.for_groups.token(token), &mut self.products);
            self.ranked.clear();
            self.ranked
                .extend((0..).zip(&self.products[..groups]).map(|(group, &product)| key(product, group)));
            self.ranked.select_nth_unstable_by_key(visits, |&key| Reverse(key));
            for &group in &self.ranked[..visits] {
                self.visitors[ranking::id(group) as usize].push(token as u32);
            }
        }
    }

    /// The groups that each token visits for a beam of `count`, in ascending order.
    #[cfg(test)]
    pub(super) fn visited(&mut self, on: Context<'_>, count: usize) -> Vec<Vec<usize>> {
        self.choose_groups(on, count.min(on.index.centroid_count()));
        let groups = 0..on.codec().scannable().groups();
        let visited =
            |token: u32| groups.clone().filter(|&group| self.visitors[group].contains(&token)).collect();
        (0..on.query.rows() as u32).map(visited).collect()
    }

    /// Keeps the centroids `ids` whose product with a token is at least its bound.
    fn keep(&mut self, on: Context<'_>, token: usize, ids: &[u32], count: usize) {
        let (bound, kept) = (self.bounds[token], &mut self.kept[token]);
        for (ids, products) in ids.chunks_exact(LANES).zip(self.products.chunks_exact(LANES)) {
            // Nearly all blocks end here: no branch a centroid.
            if !products.iter().fold(false, |any, &product| any | (product >= bound)) {
                continue;
            }
            for (&id, &product) in ids.iter().zip(products) {
                if product >= bound && id != NO_ROW {
                    kept.push((product, id));
                }
            }
        }
        if kept.len() > 2 * count + TOGETHER {
            self.tighten(on, token, count);
        }
    }

    /// Raises a token's bound to its `count`-th best product less the margin, and drops what is below.
    fn tighten(&mut self, on: Context<'_>, token: usize, count: usize) {
        let kept = &mut self.kept[token];
        if kept.len() <= count {
            return;
        }
        let (_, &mut (worst, _), _) = kept.select_nth_unstable_by(count - 1, |a, b| b.0.total_cmp(&a.0));
        let bound = worst - ERRORS * (2.0 * on.query.for_centroids.variances[token]).sqrt();
        kept.retain(|&(product, _)| product >= bound);
        self.bounds[token] = bound;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{BuildParams, build};
    use crate::corpus::{Corpus, InputNames, TokenVectors};
    use crate::index::{Check, Index};
    use crate::kernel;
    use crate::monitor::Unwatched;
    use crate::search::query::Query;
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
            query.for_centroids.set(&tokens, index.codec().byte_centroids().layout());
            let mut scan = Scan::default();
            for kernels in kernel::available() {
                let mut found = Vec::new();
                scan.run(Context { kernels, index: &index, query: &query, selection: None }, count, &|| Ok(()), &mut found).unwrap();
                for (token, found) in found.iter().enumerate() {
                    let rows = index.codec().centroids().chunks_exact(dim).zip(0..);
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
