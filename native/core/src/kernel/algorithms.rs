//! The loops over `f32` and `f16` values, written once over [`Lanes`].
//!
//! `products` and `nearest` multiply rows with packed columns, a block of rows at a time:
//!
//! ```text
//! for each block of R rows (8, 4 or 1):
//!     for each panel of 16 columns:
//!         sums[r] ← 0, or the columns' biases, for each row r
//!         for each dimension d:
//!             column ← the panel's 16 values at d                 one load for all R rows
//!             sums[r] ← row r at d · column + sums[r]             one fused multiply-add
//!         products: store the sums
//!         nearest:  in each lane keep the largest sum, and its panel
//!     nearest: compare the 16 lanes
//! ```
//!
//! R is limited by the number of registers. All functions are `#[inline(always)]`: a backend wraps each in a function that is
//! compiled for its instructions, and the whole loop must be inside that function.

use super::lanes::Lanes;
use super::{LANES, Panels};
use half::f16;

/// # Safety
/// The processor has `V`'s instructions; both slices have the same length.
#[inline(always)]
pub(super) unsafe fn widen<V: Lanes>(from: &[f16], to: &mut [f32]) {
    let whole = from.len() / LANES * LANES;
    for i in (0..whole).step_by(LANES) {
        // SAFETY: `i + 16 <= whole`, which both slices hold.
        unsafe { V::load_f16(from.as_ptr().add(i)).store(to.as_mut_ptr().add(i)) };
    }
    for i in whole..from.len() {
        to[i] = from[i].to_f32();
    }
}

/// Adds the product of element `i` to partial sum `i mod 32`, then adds the partial sums in a tree: 32 → 16 → 8 → 4 → 2 → 1.
///
/// # Safety
/// The processor has `V`'s instructions; both slices have the same length.
#[inline(always)]
pub(super) unsafe fn dot_f16<V: Lanes>(query: &[f32], row: &[f16]) -> f32 {
    const STEP: usize = 2 * LANES;
    let whole = query.len() / STEP * STEP;
    // SAFETY: every access stays below `whole`, or inside the two padded arrays.
    let sums: [f32; LANES] = unsafe {
        let (mut low, mut high) = (V::splat(0.0), V::splat(0.0));
        for i in (0..whole).step_by(STEP) {
            let (q, r) = (query.as_ptr().add(i), row.as_ptr().add(i));
            low = V::load(q).mul_add(V::load_f16(r), low);
            high = V::load(q.add(LANES)).mul_add(V::load_f16(r.add(LANES)), high);
        }
        if whole < query.len() {
            // The padding is zero, and adding a zero product does not change a sum.
            let (mut q, mut r) = ([0.0_f32; STEP], [f16::ZERO; STEP]);
            q[..query.len() - whole].copy_from_slice(&query[whole..]);
            r[..query.len() - whole].copy_from_slice(&row[whole..]);
            low = V::load(q.as_ptr()).mul_add(V::load_f16(r.as_ptr()), low);
            high = V::load(q.as_ptr().add(LANES)).mul_add(V::load_f16(r.as_ptr().add(LANES)), high);
        }
        let mut sums = [0.0; LANES];
        low.add(high).store(sums.as_mut_ptr());
        sums
    };
    let mut sums = sums;
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    sums[0]
}

/// # Safety
/// The processor has `V`'s instructions; `Kernels::products` checked the lengths.
#[inline(always)]
pub(super) unsafe fn products<V: Lanes>(rows: &[f32], pitch: usize, panels: Panels<'_>, out: &mut [f32]) {
    let columns = panels.columns();
    let n = out.len() / columns.max(1);
    let block = if V::MANY_REGISTERS { 8 } else { 4 };
    let mut r = 0;
    while r < n {
        // SAFETY: a block of `R` rows begins at `r` and ends at or before row `n`, which both slices hold.
        unsafe {
            let (from, to) = (rows.as_ptr().add(r * pitch), out.as_mut_ptr().add(r * columns));
            if block == 8 && n - r >= 8 {
                products_block::<V, 8>(from, pitch, panels, to);
                r += 8;
            } else if n - r >= 4 {
                products_block::<V, 4>(from, pitch, panels, to);
                r += 4;
            } else {
                products_block::<V, 1>(from, pitch, panels, to);
                r += 1;
            }
        }
    }
}

/// # Safety
/// The processor has `V`'s instructions; `rows` holds `R` rows, `out` holds `R · columns` values.
#[inline(always)]
unsafe fn products_block<V: Lanes, const R: usize>(
    rows: *const f32,
    pitch: usize,
    panels: Panels<'_>,
    out: *mut f32,
) {
    for p in 0..panels.count() {
        let panel = panels.panel(p);
        // SAFETY: dimensions stay below the panel's and the rows' width.
        unsafe {
            let sums = row_panel::<V, R>(rows, pitch, panel, panels.width(), [V::splat(0.0); R]);
            for (r, sum) in sums.into_iter().enumerate() {
                sum.store(out.add(r * panels.columns() + p * LANES));
            }
        }
    }
}

/// `start[r] + ⟨row r, column⟩` for the sixteen columns of a panel, summed in the order of the dimensions.
///
/// # Safety
/// The processor has `V`'s instructions; `rows` holds `R` rows of `width` values, `panel` holds `width · 16`.
#[inline(always)]
unsafe fn row_panel<V: Lanes, const R: usize>(
    rows: *const f32,
    pitch: usize,
    panel: &[f32],
    width: usize,
    start: [V; R],
) -> [V; R] {
    let mut sums = start;
    for d in 0..width {
        // SAFETY: see above.
        unsafe {
            let column = V::load(panel.as_ptr().add(d * LANES));
            for (r, sum) in sums.iter_mut().enumerate() {
                *sum = V::splat(*rows.add(r * pitch + d)).mul_add(column, *sum);
            }
        }
    }
    sums
}

/// # Safety
/// The processor has `V`'s instructions; `Kernels::nearest` checked the lengths.
#[inline(always)]
pub(super) unsafe fn nearest<V: Lanes>(
    rows: &[f32],
    pitch: usize,
    panels: Panels<'_>,
    bias: &[f32],
    columns: &mut [u32],
    scores: &mut [f32],
) {
    let n = columns.len();
    let mut r = 0;
    while r < n {
        // SAFETY: a block of `R` rows begins at `r` and ends at or before row `n`.
        unsafe {
            let from = rows.as_ptr().add(r * pitch);
            if V::MANY_REGISTERS && n - r >= 8 {
                nearest_block::<V, 8>(from, pitch, panels, bias, &mut columns[r..], &mut scores[r..]);
                r += 8;
            } else if n - r >= 4 {
                nearest_block::<V, 4>(from, pitch, panels, bias, &mut columns[r..], &mut scores[r..]);
                r += 4;
            } else {
                nearest_block::<V, 1>(from, pitch, panels, bias, &mut columns[r..], &mut scores[r..]);
                r += 1;
            }
        }
    }
}

/// # Safety
/// The processor has `V`'s instructions; `rows` holds `R` rows; `bias` holds one value a column.
#[inline(always)]
unsafe fn nearest_block<V: Lanes, const R: usize>(
    rows: *const f32,
    pitch: usize,
    panels: Panels<'_>,
    bias: &[f32],
    columns: &mut [u32],
    scores: &mut [f32],
) {
    // SAFETY: see above; the two arrays hold sixteen values.
    unsafe {
        // Each lane keeps the best of its own columns. The sixteen lanes are compared at the end.
        let mut best = [V::splat(f32::NEG_INFINITY); R];
        let mut best_panel = [V::columns(0); R];
        for p in 0..panels.count() {
            let start = V::load(bias.as_ptr().add(p * LANES));
            let sums = row_panel::<V, R>(rows, pitch, panels.panel(p), panels.width(), [start; R]);
            let panel = V::columns(p as u32);
            for r in 0..R {
                (best[r], best_panel[r]) = best[r].keep_larger(sums[r], best_panel[r], panel);
            }
        }
        for r in 0..R {
            let (mut values, mut panel) = ([0.0_f32; LANES], [0_u32; LANES]);
            best[r].store(values.as_mut_ptr());
            V::store_columns(best_panel[r], panel.as_mut_ptr());
            let (mut column, mut score) = (u32::MAX, f32::NEG_INFINITY);
            for lane in 0..LANES {
                let candidate = panel[lane] * LANES as u32 + lane as u32;
                if values[lane] > score || (values[lane] == score && candidate < column) {
                    (column, score) = (candidate, values[lane]);
                }
            }
            (columns[r], scores[r]) = (column, score);
        }
    }
}

/// # Safety
/// The processor has `V`'s instructions; both slices have the same length.
#[inline(always)]
pub(super) unsafe fn restore<V: Lanes>(word: &mut [f32], norm: f32, centroid: &[f16]) {
    let whole = word.len() / LANES * LANES;
    for i in (0..whole).step_by(LANES) {
        // SAFETY: `i + 16 <= whole`, which both slices hold.
        unsafe {
            let to = word.as_mut_ptr().add(i);
            V::load(to).mul_add(V::splat(norm), V::load_f16(centroid.as_ptr().add(i))).store(to);
        }
    }
    for i in whole..word.len() {
        word[i] = word[i].mul_add(norm, centroid[i].to_f32());
    }
}

/// # Safety
/// The processor has `V`'s instructions; `Kernels::row_max` checked the rows and the lengths.
#[inline(always)]
pub(super) unsafe fn row_max<V: Lanes>(scores: &[f32], rows: &[u32], best: &mut [f32]) {
    let columns = best.len();
    for first in (0..columns).step_by(LANES) {
        // SAFETY: columns `first .. first + 16` of every row are there.
        unsafe {
            let row = |row: u32| V::load(scores.as_ptr().add(row as usize * columns + first));
            // Two chains, so that one comparison need not wait for the last.
            let mut even = V::load(best.as_ptr().add(first));
            let mut odd = even;
            let (pairs, rest) = rows.as_chunks::<2>();
            for &[a, b] in pairs {
                (even, odd) = (even.max(row(a)), odd.max(row(b)));
            }
            for &last in rest {
                even = even.max(row(last));
            }
            even.max(odd).store(best.as_mut_ptr().add(first));
        }
    }
}
