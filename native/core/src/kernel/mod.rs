//! The inner loops, in a table of functions that is chosen at run time.
//!
//! Every loop is written once, generic over [`lanes::Lanes`], a vector of sixteen `f32` values. A backend implements the
//! vector (one AVX-512 register, two AVX registers, an array), and the compiler makes one copy of each loop for each backend.
//!
//! | loop | computes | cost in multiply-adds |
//! |---|---|---|
//! | `products` | all inner products of rows with columns | rows · columns · dim |
//! | `nearest` | the nearest column of each row, in k-means and coding | rows · columns · dim |
//! | `dot_f16` | one inner product, in a walk of the graph | dim |
//! | `byte_products` | inner products of chosen 8-bit rows with all query tokens | rows · columns · dim, four to an instruction |
//! | `block_products` | inner products of blocks of 8-bit rows with one query token | rows · dim, the same |
//! | `row_max` | the largest of chosen rows, in each column | rows · columns comparisons |
//! | `adc_scores` | the scores of a document's coded tokens for all query tokens, and the best of them for each | tokens · columns · dim, the same |
//!
//! # Exactness
//!
//! All backends give the same bits. A lane is one output (one centroid or one query token). Its sum runs over the dimensions
//! in ascending order with fused multiply-add, and no backend reorders it. `dot_f16`, the only reduction across lanes, uses 32
//! partial sums and a fixed tree. The loops over bytes add integers. So an index or a score is the same on every machine;
//! property tests compare the backends for equality.

mod algorithms;
mod byte_algorithms;
mod lanes;
mod panels;
mod portable;
mod prefetch;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use half::f16;
use std::sync::OnceLock;

pub use panels::{LANES, Panels, padded};
pub use prefetch::{prefetch, prefetch_one};

/// Product-quantised tokens of one document, as [`Kernels::adc_scores`] reads them.
#[derive(Clone, Copy)]
pub struct CodedTokens<'a> {
    /// Codes, `[tokens][subspaces]`.
    pub codes: &'a [u8],
    /// Residual norms, `[tokens]`.
    pub norms: &'a [f16],
    /// Row of each token's centroid in `centroid_scores`, `[tokens]`.
    pub centroid_rows: &'a [u32],
}

/// A query's tokens as signed bytes. Dimensions are grouped in *quads* of four.
#[derive(Clone, Copy)]
pub struct BytePanels<'a> {
    /// Query tokens, `[panel][quad][16][4]`; never −128.
    pub bytes: &'a [i8],
    /// Sum of a query token's bytes, `[columns]`.
    pub sums: &'a [i32],
    /// Factor from a sum of byte products to an inner product, `[columns]`, padded to a multiple of [`LANES`].
    pub units: &'a [f32],
}

impl BytePanels<'_> {
    fn columns(&self) -> usize {
        self.units.len()
    }

    /// Bytes of a vector that can be multiplied with this query.
    fn width(&self) -> usize {
        self.bytes.len() / self.units.len().max(1)
    }

    fn check(&self) {
        let columns = self.columns();
        assert!(columns > 0 && columns.is_multiple_of(LANES), "bytes: columns are padded");
        assert_eq!(self.sums.len(), columns, "bytes: one sum a column");
        assert!(self.bytes.len().is_multiple_of(4 * columns), "bytes: not whole quads");
    }
}

/// One query token as signed bytes.
#[derive(Clone, Copy)]
pub struct ByteToken<'a> {
    /// Its values, `[quads][4]`; never −128.
    pub bytes: &'a [i8],
    /// Sum of the bytes.
    pub sum: i32,
    /// Factor from a sum of byte products to an inner product.
    pub unit: f32,
}

/// A query and the codebook words as bytes, and the inner products of the query with the centroids.
///
/// A subspace whose width is not a multiple of four ends with a quad that is padded with zeros.
/// `⟨q, word⟩ ≈ unit · Σ (word − 128) · query` over the bytes.
#[derive(Clone, Copy)]
pub struct ByteTables<'a> {
    /// Words plus 128, subspace after subspace, `[256][quads][4]`. No byte is 0.
    pub words: &'a [u8],
    /// Number of quads of a word, for each subspace.
    pub quads: &'a [usize],
    /// Query tokens.
    pub query: BytePanels<'a>,
    /// `⟨q, centroid⟩`, `[rows][columns]`.
    pub centroid_scores: &'a [f32],
}

/// Rows, pitch, panels, biases, columns (output), scores (output).
type Nearest = fn(&[f32], usize, Panels<'_>, &[f32], &mut [u32], &mut [f32]);

/// The functions of one backend. Each method checks the lengths of its arguments, and panics if the caller passed wrong ones.
pub struct Kernels {
    /// Name for logs and benchmarks: `portable`, `avx2` or `avx512`.
    pub name: &'static str,
    widen: fn(&[f16], &mut [f32]),
    dot_f16: fn(&[f32], &[f16]) -> f32,
    products: fn(&[f32], usize, Panels<'_>, &mut [f32]),
    nearest: Nearest,
    adc_scores: fn(CodedTokens<'_>, ByteTables<'_>, &mut [f32], &mut [f32]),
    byte_products: fn(&[u8], &[u32], BytePanels<'_>, &mut [f32]),
    block_products: fn(&[u8], ByteToken<'_>, &mut [f32]),
    row_max: fn(&[f32], &[u32], &mut [f32]),
    restore: fn(&mut [f32], f32, &[f16]),
}

impl Kernels {
    /// Converts `f16` to `f32`, exactly.
    pub fn widen(&self, from: &[f16], to: &mut [f32]) {
        assert_eq!(from.len(), to.len(), "widen: lengths differ");
        (self.widen)(from, to);
    }

    /// `⟨query, row⟩` for a row of `f16`.
    pub fn dot_f16(&self, query: &[f32], row: &[f16]) -> f32 {
        assert_eq!(query.len(), row.len(), "dot: lengths differ");
        (self.dot_f16)(query, row)
    }

    /// `out[r][c] = ⟨row r, column c⟩` for `rows` of `panels.width()` values that start `pitch` apart.
    /// `out` is `[rows][panels.columns()]`.
    pub fn products(&self, rows: &[f32], pitch: usize, panels: Panels<'_>, out: &mut [f32]) {
        let n = out.len() / panels.columns().max(1);
        assert_eq!(out.len(), n * panels.columns(), "products: output is not whole rows");
        assert!(
            pitch >= panels.width() && fits(n, pitch, panels.width(), rows.len()),
            "products: rows too short"
        );
        (self.products)(rows, pitch, panels, out);
    }

    /// For each row, the column with the largest `⟨row, column⟩ + bias` and that value; among equal ones the smaller column.
    /// With `bias = −‖column‖²/2` it is the nearest column by Euclidean distance. Padding columns have bias −∞.
    pub fn nearest(
        &self,
        rows: &[f32],
        pitch: usize,
        panels: Panels<'_>,
        bias: &[f32],
        columns: &mut [u32],
        scores: &mut [f32],
    ) {
        assert_eq!(columns.len(), scores.len(), "nearest: outputs differ in length");
        assert_eq!(bias.len(), panels.columns(), "nearest: one bias a column");
        assert!(
            pitch >= panels.width() && fits(columns.len(), pitch, panels.width(), rows.len()),
            "nearest: rows too short"
        );
        (self.nearest)(rows, pitch, panels, bias, columns, scores);
    }

    /// `scores[t][c] = centroid score + norm · unit · Σ (word − 128) · query` for token `t` and query token `c`, and
    /// `best[c]`, the largest of them and −∞. The sum is over integers, so it is exact.
    pub fn adc_scores(
        &self,
        tokens: CodedTokens<'_>,
        tables: ByteTables<'_>,
        scores: &mut [f32],
        best: &mut [f32],
    ) {
        let ByteTables { words, quads, query, centroid_scores } = tables;
        let (n, columns) = (tokens.centroid_rows.len(), query.columns());
        query.check();
        assert_eq!(query.width(), 4 * quads.iter().sum::<usize>(), "adc: query does not match the quads");
        assert_eq!(words.len(), 256 * query.width(), "adc: words do not match the quads");
        assert_eq!(scores.len(), n * columns, "adc: one score a token and column");
        assert_eq!(best.len(), columns, "adc: one best a column");
        assert_eq!(tokens.norms.len(), n, "adc: one norm a token");
        assert_eq!(tokens.codes.len(), n * quads.len(), "adc: codes do not match");
        let rows = centroid_scores.len() / columns;
        assert!(tokens.centroid_rows.iter().all(|&row| (row as usize) < rows), "adc: centroid row");
        (self.adc_scores)(tokens, tables, scores, best);
    }

    /// `out[i][c] = unit · Σ (byte − 128) · query ≈ ⟨q, row⟩` for row `ids[i]` of `rows`, `[k][quads][4]`, and query token `c`.
    pub fn byte_products(&self, rows: &[u8], ids: &[u32], query: BytePanels<'_>, out: &mut [f32]) {
        query.check();
        assert_eq!(out.len(), ids.len() * query.columns(), "bytes: one output a row and column");
        let k = rows.len().checked_div(query.width()).unwrap_or(0);
        assert!(ids.iter().all(|&id| (id as usize) < k), "bytes: row");
        (self.byte_products)(rows, ids, query, out);
    }

    /// `out[r] = unit · Σ (byte − 128) · token ≈ ⟨token, row r⟩` for rows in blocks of sixteen, `[block][quads][16][4]`.
    pub fn block_products(&self, blocks: &[u8], token: ByteToken<'_>, out: &mut [f32]) {
        assert!(token.bytes.len().is_multiple_of(4), "blocks: not whole quads");
        assert!(out.len().is_multiple_of(LANES), "blocks: not whole blocks");
        assert_eq!(blocks.len(), out.len() * token.bytes.len(), "blocks: one output a row");
        (self.block_products)(blocks, token, out);
    }

    /// Raises `best[c]` to the largest value in column `c` of the named rows of `scores`, `[rows][columns]`.
    pub fn row_max(&self, scores: &[f32], rows: &[u32], best: &mut [f32]) {
        assert!(!best.is_empty() && best.len().is_multiple_of(LANES), "rows: columns are padded");
        let n = scores.len() / best.len();
        assert!(rows.iter().all(|&row| (row as usize) < n), "rows: row");
        (self.row_max)(scores, rows, best);
    }

    /// Replaces `word` by `norm · word + centroid`, which reconstructs a token from its parts.
    pub fn restore(&self, word: &mut [f32], norm: f32, centroid: &[f16]) {
        assert_eq!(word.len(), centroid.len(), "restore: lengths differ");
        (self.restore)(word, norm, centroid);
    }
}

fn fits(n: usize, pitch: usize, width: usize, len: usize) -> bool {
    n == 0 || (n - 1) * pitch + width <= len
}

/// The fastest backend that this processor supports.
pub fn active() -> &'static Kernels {
    static ACTIVE: OnceLock<&'static Kernels> = OnceLock::new();
    ACTIVE.get_or_init(|| {
        let all = available();
        all[all.len() - 1]
    })
}

/// Every backend that this processor supports, slowest first. The first is the portable one.
pub fn available() -> Vec<&'static Kernels> {
    let mut all: Vec<&'static Kernels> = vec![&portable::KERNELS];
    #[cfg(target_arch = "x86_64")]
    all.extend(x86_64::available());
    all
}

#[cfg(test)]
mod tests;
