//! The loops over 8-bit integers, written once over [`Lanes`]. They are `#[inline(always)]` as those in `algorithms`.
//!
//! `adc_scores` scores the coded tokens of a document (asymmetric distance computation: the query is not coded as a word):
//!
//! ```text
//! for each 32 or 16 query tokens:
//!     for each block of T tokens of the document (8, 4, 2 or 1):
//!         sums[t] ← 0
//!         for each subspace m, for each quad i of four dimensions:
//!             q ← the query tokens' bytes of this quad                     one load for all T tokens
//!             sums[t] ← sums[t] + ⟨quad i of word codes[t][m], q⟩           one instruction with VNNI
//!         score[t] ← unit · sums[t] · norm[t] + score of token t's centroid; store it
//!         best ← the larger of best and each score[t]
//! ```
//!
//! `byte_products` does the same with whole 8-bit rows in place of words, and stores the products.
//!
//! In both a lane is a query token, and lanes are idle where a query has fewer than 16. `block_products` makes each lane a row:
//!
//! ```text
//! for each 4 blocks of 16 rows:
//!     sums[b] ← 0
//!     for each quad i of four dimensions:
//!         q ← the query token's bytes of this quad, in every lane      one load for all 4 blocks
//!         sums[b] ← sums[b] + ⟨quad i of the rows of block b, q⟩        one instruction with VNNI
//!     store unit · sums[b]
//! ```

use super::lanes::Lanes;
use super::{BytePanels, ByteTables, ByteToken, CodedTokens, LANES, prefetch};

/// # Safety
/// The processor has `V`'s instructions; `Kernels::adc_scores` checked the lengths and the centroid rows.
#[inline(always)]
pub(super) unsafe fn adc_scores<V: Lanes>(
    tokens: CodedTokens<'_>,
    tables: ByteTables<'_>,
    scores: &mut [f32],
    best: &mut [f32],
) {
    let (mut first, columns) = (0, tables.query.columns());
    while first < columns {
        // SAFETY: `P` panels begin at column `first` and end at or before `columns`.
        unsafe {
            if columns - first >= 2 * LANES {
                adc_score_panels::<V, 2>(tokens, tables, first, scores, best);
                first += 2 * LANES;
            } else {
                adc_score_panels::<V, 1>(tokens, tables, first, scores, best);
                first += LANES;
            }
        }
    }
}

/// # Safety
/// As [`adc_scores`]; `first + P · 16 <= columns`.
#[inline(always)]
unsafe fn adc_score_panels<V: Lanes, const P: usize>(
    tokens: CodedTokens<'_>,
    tables: ByteTables<'_>,
    first: usize,
    scores: &mut [f32],
    best: &mut [f32],
) {
    let n = tokens.centroid_rows.len();
    // SAFETY: blocks of tokens end at or before the last one.
    unsafe {
        let mut top = [V::splat(f32::NEG_INFINITY); P];
        let mut token = 0;
        while token < n {
            if V::MANY_REGISTERS && P == 1 && n - token >= 8 {
                adc_score_block::<V, P, 8>(tokens, tables, token, first, scores, &mut top);
                token += 8;
            } else if V::MANY_REGISTERS && n - token >= 4 {
                adc_score_block::<V, P, 4>(tokens, tables, token, first, scores, &mut top);
                token += 4;
            } else if n - token >= 2 {
                adc_score_block::<V, P, 2>(tokens, tables, token, first, scores, &mut top);
                token += 2;
            } else {
                adc_score_block::<V, P, 1>(tokens, tables, token, first, scores, &mut top);
                token += 1;
            }
        }
        for (p, top) in top.into_iter().enumerate() {
            top.store(best.as_mut_ptr().add(first + p * LANES));
        }
    }
}

/// Scores `T` tokens together, so that the query's bytes are loaded once for all of them.
///
/// # Safety
/// As [`adc_score_panels`]; tokens `token .. token + T` are there.
#[inline(always)]
unsafe fn adc_score_block<V: Lanes, const P: usize, const T: usize>(
    tokens: CodedTokens<'_>,
    tables: ByteTables<'_>,
    token: usize,
    first: usize,
    scores: &mut [f32],
    top: &mut [V; P],
) {
    let ByteTables { quads, query, centroid_scores, .. } = tables;
    let columns = query.columns();
    let mut residuals = [[[0.0_f32; LANES]; P]; T];
    // SAFETY: columns `first .. first + P · 16` and tokens `token .. token + T` are there; centroid rows were checked.
    unsafe {
        let codes = tokens.codes.as_ptr().add(token * quads.len());
        if tables.words.len() == 256 * 4 * quads.len() {
            word_dots::<V, P, T, true>(codes, tables, first, &mut residuals);
        } else {
            word_dots::<V, P, T, false>(codes, tables, first, &mut residuals);
        }
        for (t, residuals) in residuals.iter().enumerate() {
            let norm = V::splat(tokens.norms[token + t].to_f32());
            let row = tokens.centroid_rows[token + t] as usize;
            let centroid = centroid_scores.as_ptr().add(row * columns + first);
            for (p, residual) in residuals.iter().enumerate() {
                let score = V::load(residual.as_ptr()).mul_add(norm, V::load(centroid.add(p * LANES)));
                top[p] = top[p].max(score);
                score.store(scores.as_mut_ptr().add((token + t) * columns + first + p * LANES));
            }
        }
    }
}

/// Products of the words of `T` tokens with the query. With `ONE` every subspace is one quad wide.
///
/// # Safety
/// The processor has `V`'s instructions; `codes` holds `T · subspaces`; `Kernels::adc_scores` checked that words and query are as
/// long as the quads say; columns `first .. first + P · 16` are there.
#[inline(always)]
unsafe fn word_dots<V: Lanes, const P: usize, const T: usize, const ONE: bool>(
    codes: *const u8,
    tables: ByteTables<'_>,
    first: usize,
    out: &mut [[[f32; LANES]; P]; T],
) {
    let ByteTables { words, quads, query, .. } = tables;
    let panel = query.width() * LANES;
    // SAFETY: a code is below 256, so every word lies in its codebook.
    unsafe {
        let mut sums = [byte_start::<V, P>(query, first); T];
        let mut q = query.bytes.as_ptr().add(first * query.width());
        let mut book = words.as_ptr();
        for (m, &width) in quads.iter().enumerate() {
            let width = if ONE { 1 } else { width };
            for i in 0..width {
                for (t, sums) in sums.iter_mut().enumerate() {
                    let code = usize::from(*codes.add(t * quads.len() + m));
                    let quad = V::quad(book.add((code * width + i) * 4));
                    for (p, sum) in sums.iter_mut().enumerate() {
                        *sum = V::add_dots(*sum, quad, q.add(p * panel));
                    }
                }
                q = q.add(4 * LANES);
            }
            book = book.add(256 * width * 4);
        }
        for (sums, out) in sums.into_iter().zip(out) {
            byte_finish::<V, P>(sums, query, first, out.as_mut_ptr().cast());
        }
    }
}

/// Initial sums. Bytes of words and rows are values plus 128. For a backend that multiplies them unsigned, the sums begin with
/// minus the share of the 128 (see [`Lanes::BIAS`]).
///
/// # Safety
/// The processor has `V`'s instructions; columns `first .. first + P · 16` are there.
#[inline(always)]
unsafe fn byte_start<V: Lanes, const P: usize>(query: BytePanels<'_>, first: usize) -> [V::Sums; P] {
    // SAFETY: the arrays hold sixteen values.
    unsafe {
        let mut start = [V::load_sums([0; LANES].as_ptr()); P];
        for (p, start) in start.iter_mut().enumerate() {
            let mut bias = [0; LANES];
            for (bias, &sum) in bias.iter_mut().zip(&query.sums[first + p * LANES..]) {
                *bias = -V::BIAS * sum;
            }
            *start = V::load_sums(bias.as_ptr());
        }
        start
    }
}

/// Writes the sums multiplied by the columns' units.
///
/// # Safety
/// The processor has `V`'s instructions; columns `first .. first + P · 16` are there, and `out` has room for as many values.
#[inline(always)]
unsafe fn byte_finish<V: Lanes, const P: usize>(
    sums: [V::Sums; P],
    query: BytePanels<'_>,
    first: usize,
    out: *mut f32,
) {
    // SAFETY: see above.
    unsafe {
        for (p, sum) in sums.into_iter().enumerate() {
            let unit = V::load(query.units.as_ptr().add(first + p * LANES));
            V::from_sums(sum).mul_add(unit, V::splat(0.0)).store(out.add(p * LANES));
        }
    }
}

/// # Safety
/// The processor has `V`'s instructions; `Kernels::byte_products` checked the lengths and the ids.
#[inline(always)]
pub(super) unsafe fn byte_products<V: Lanes>(
    rows: &[u8],
    ids: &[u32],
    query: BytePanels<'_>,
    out: &mut [f32],
) {
    const AHEAD: usize = 16;
    const BLOCK: usize = 4;
    let width = query.width();
    let row = |i: usize| &rows[ids[i] as usize * width..][..width];
    (0..ids.len().min(AHEAD)).for_each(|i| prefetch(row(i)));
    let mut i = 0;
    while i < ids.len() {
        (i + AHEAD..ids.len().min(i + AHEAD + BLOCK)).for_each(|later| prefetch(row(later)));
        // SAFETY: ids were checked; a block ends at or before the last.
        unsafe {
            if ids.len() - i >= BLOCK {
                byte_products_block::<V, BLOCK>(rows, ids, i, query, out);
                i += BLOCK;
            } else {
                byte_products_block::<V, 1>(rows, ids, i, query, out);
                i += 1;
            }
        }
    }
}

/// # Safety
/// As [`byte_products`]; ids `at .. at + T` are there.
#[inline(always)]
unsafe fn byte_products_block<V: Lanes, const T: usize>(
    rows: &[u8],
    ids: &[u32],
    at: usize,
    query: BytePanels<'_>,
    out: &mut [f32],
) {
    let (columns, width) = (query.columns(), query.width());
    // SAFETY: see above; a panel of the query is `width · 16` bytes.
    unsafe {
        for first in (0..columns).step_by(LANES) {
            let mut sums = [byte_start::<V, 1>(query, first); T];
            let q = query.bytes.as_ptr().add(first * width);
            let mut row = [rows.as_ptr(); T];
            for (t, row) in row.iter_mut().enumerate() {
                *row = row.add(ids[at + t] as usize * width);
            }
            for d in (0..width).step_by(4) {
                for (row, sums) in row.iter().zip(&mut sums) {
                    sums[0] = V::add_dots(sums[0], V::quad(row.add(d)), q.add(d * LANES));
                }
            }
            for (t, sums) in sums.into_iter().enumerate() {
                byte_finish::<V, 1>(sums, query, first, out.as_mut_ptr().add((at + t) * columns + first));
            }
        }
    }
}

/// # Safety
/// The processor has `V`'s instructions; `Kernels::block_products` checked the lengths.
#[inline(always)]
pub(super) unsafe fn block_products<V: Lanes>(blocks: &[u8], token: ByteToken<'_>, out: &mut [f32]) {
    const TOGETHER: usize = 4;
    let (count, size) = (out.len() / LANES, token.bytes.len() * LANES);
    let mut block = 0;
    while block < count {
        // SAFETY: blocks `block .. block + B` are there.
        unsafe {
            let (rows, out) = (blocks.as_ptr().add(block * size), out.as_mut_ptr().add(block * LANES));
            if count - block >= TOGETHER {
                some_block_products::<V, TOGETHER>(rows, token, out);
                block += TOGETHER;
            } else {
                some_block_products::<V, 1>(rows, token, out);
                block += 1;
            }
        }
    }
}

/// # Safety
/// The processor has `V`'s instructions; `blocks` is valid for `B` blocks and `out` for `16 · B` values.
#[inline(always)]
unsafe fn some_block_products<V: Lanes, const B: usize>(
    blocks: *const u8,
    token: ByteToken<'_>,
    out: *mut f32,
) {
    let width = token.bytes.len();
    // SAFETY: see above; the arrays hold sixteen values.
    unsafe {
        let mut sums = [V::load_sums([-V::BIAS * token.sum; LANES].as_ptr()); B];
        for d in (0..width).step_by(4) {
            let q = token.bytes.as_ptr().add(d);
            for (b, sums) in sums.iter_mut().enumerate() {
                *sums = V::add_row_dots(*sums, blocks.add((b * width + d) * LANES), q);
            }
        }
        for (b, sums) in sums.into_iter().enumerate() {
            let product = V::from_sums(sums).mul_add(V::splat(token.unit), V::splat(0.0));
            product.store(out.add(b * LANES));
        }
    }
}
