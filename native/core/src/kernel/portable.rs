//! Lanes as an array: runs everywhere, and is the measure of what the others must give.

use super::lanes::Lanes;
use super::{Kernels, LANES, algorithms};
use half::f16;
use std::array::from_fn;

#[derive(Clone, Copy)]
struct Portable([f32; LANES]);

impl Lanes for Portable {
    const MANY_REGISTERS: bool = false;
    type Columns = [u32; LANES];
    type Words = [i16; LANES];

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
    unsafe fn zero_words() -> Self::Words {
        [0; LANES]
    }

    #[inline(always)]
    unsafe fn add_words(sums: Self::Words, from: *const i16) -> Self::Words {
        // SAFETY: the caller gives a pointer valid for sixteen elements.
        let words = unsafe { from.cast::<[i16; LANES]>().read_unaligned() };
        from_fn(|i| sums[i].wrapping_add(words[i]))
    }

    #[inline(always)]
    unsafe fn from_words(sums: Self::Words) -> Self {
        Self(sums.map(f32::from))
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16) {
        let words = self.0.map(|value| value.round_ties_even() as i16);
        // SAFETY: the caller gives a pointer valid for sixteen elements.
        unsafe { to.cast::<[i16; LANES]>().write_unaligned(words) }
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
    adc_max: |tokens, tables, best| unsafe { algorithms::adc_max::<Portable>(tokens, tables, best) },
    // SAFETY: as above.
    narrow: |from, factors, to| unsafe { algorithms::narrow::<Portable>(from, factors, to) },
    // SAFETY: as above.
    adc_max_narrow: |tokens, tables, best| unsafe {
        algorithms::adc_max_narrow::<Portable>(tokens, tables, best);
    },
};
