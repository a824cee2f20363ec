//! Lanes as an array. It runs on every processor, and the tests compare the other backends with it.

use super::lanes::Lanes;
use super::{Kernels, LANES, algorithms, byte_algorithms};
use half::f16;
use std::array::from_fn;

#[derive(Clone, Copy)]
struct Portable([f32; LANES]);

impl Lanes for Portable {
    const MANY_REGISTERS: bool = false;
    type Columns = [u32; LANES];
    type Sums = [i32; LANES];
    type Quad = [i32; 4];
    const BIAS: i32 = 0;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller gives a pointer valid for sixteen elements.
        Self(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn load_f16(from: *const f16) -> Self {
        // SAFETY: the caller gives a pointer valid for sixteen elements.
        let halves = unsafe { from.cast::<[f16; LANES]>().read_unaligned() };
        Self(halves.map(f16::to_f32))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller gives a pointer valid for sixteen elements.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(from_fn(|i| self.0[i].mul_add(factor.0[i], addend.0[i])))
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        Self(from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    unsafe fn columns(column: u32) -> Self::Columns {
        [column; LANES]
    }

    #[inline(always)]
    unsafe fn keep_larger(
        self,
        score: Self,
        old: Self::Columns,
        new: Self::Columns,
    ) -> (Self, Self::Columns) {
        let larger: [bool; LANES] = from_fn(|i| score.0[i] > self.0[i]);
        (
            Self(from_fn(|i| if larger[i] { score.0[i] } else { self.0[i] })),
            from_fn(|i| if larger[i] { new[i] } else { old[i] }),
        )
    }

    #[inline(always)]
    unsafe fn store_columns(columns: Self::Columns, to: *mut u32) {
        // SAFETY: the caller gives a pointer valid for sixteen elements.
        unsafe { to.cast::<[u32; LANES]>().write_unaligned(columns) }
    }

    #[inline(always)]
    unsafe fn load_sums(from: *const i32) -> Self::Sums {
        // SAFETY: the caller gives a pointer valid for sixteen elements.
        unsafe { from.cast::<[i32; LANES]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn quad(from: *const u8) -> Self::Quad {
        // SAFETY: the caller gives a pointer valid for four bytes.
        let bytes = unsafe { from.cast::<[u8; 4]>().read_unaligned() };
        bytes.map(|byte| i32::from(byte) - 128)
    }

    #[inline(always)]
    unsafe fn add_dots(sums: Self::Sums, quad: Self::Quad, q: *const i8) -> Self::Sums {
        // SAFETY: the caller gives a pointer valid for 64 bytes.
        let q = unsafe { q.cast::<[[i8; 4]; LANES]>().read_unaligned() };
        from_fn(|lane| sums[lane] + (0..4).map(|i| quad[i] * i32::from(q[lane][i])).sum::<i32>())
    }

    #[inline(always)]
    unsafe fn add_row_dots(sums: Self::Sums, rows: *const u8, q: *const i8) -> Self::Sums {
        // SAFETY: the caller gives pointers valid for 64 and four bytes.
        let (rows, q) = unsafe {
            (rows.cast::<[[u8; 4]; LANES]>().read_unaligned(), q.cast::<[i8; 4]>().read_unaligned())
        };
        from_fn(|lane| {
            let dots = (0..4).map(|i| (i32::from(rows[lane][i]) - 128) * i32::from(q[i]));
            sums[lane] + dots.sum::<i32>()
        })
    }

    #[inline(always)]
    unsafe fn from_sums(sums: Self::Sums) -> Self {
        Self(sums.map(|sum| sum as f32))
    }
}

/// The portable backend.
pub(super) static KERNELS: Kernels = Kernels {
    name: "portable",
    // SAFETY: `Portable` uses no instruction beyond the target's own; `Kernels` checked the lengths.
    widen: |from, to| unsafe { algorithms::widen::<Portable>(from, to) },
    // SAFETY: as above.
    dot_f16: |query, row| unsafe { algorithms::dot_f16::<Portable>(query, row) },
    // SAFETY: as above.
    products: |rows, pitch, panels, out| unsafe {
        algorithms::products::<Portable>(rows, pitch, panels, out);
    },
    // SAFETY: as above.
    nearest: |rows, pitch, panels, bias, columns, scores| unsafe {
        algorithms::nearest::<Portable>(rows, pitch, panels, bias, columns, scores);
    },
    // SAFETY: as above.
    adc_scores: |tokens, tables, scores, best| unsafe {
        byte_algorithms::adc_scores::<Portable>(tokens, tables, scores, best);
    },
    // SAFETY: as above.
    byte_products: |rows, ids, query, out| unsafe {
        byte_algorithms::byte_products::<Portable>(rows, ids, query, out);
    },
    // SAFETY: as above.
    block_products: |blocks, token, out| unsafe {
        byte_algorithms::block_products::<Portable>(blocks, token, out);
    },
    // SAFETY: as above.
    row_max: |scores, rows, best| unsafe { algorithms::row_max::<Portable>(scores, rows, best) },
    // SAFETY: as above.
    restore: |word, norm, centroid| unsafe { algorithms::restore::<Portable>(word, norm, centroid) },
};
