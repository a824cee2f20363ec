//! The operations that a backend provides: a vector of sixteen `f32` values.

use half::f16;

/// Sixteen lanes. Every operation acts on each lane separately, in IEEE 754 single precision, so that all implementations
/// give the same bits.
///
/// # Safety
///
/// Methods may use instructions that only some processors have. The caller must be compiled for these instructions and run on
/// a processor that has them. Pointers must be valid for sixteen elements; they need no alignment.
pub(super) trait Lanes: Copy {
    /// Whether the processor has registers for at least 24 values of this type.
    const MANY_REGISTERS: bool;
    /// Sixteen column numbers.
    type Columns: Copy;
    /// Sixteen 32-bit sums.
    type Sums: Copy;
    /// Four bytes, once for each lane.
    type Quad: Copy;
    /// Offset that [`Lanes::add_dots`] leaves in the bytes of a quad: 128 if it multiplies them unsigned, otherwise 0.
    const BIAS: i32;

    /// # Safety
    /// See the trait.
    unsafe fn splat(value: f32) -> Self;
    /// # Safety
    /// See the trait.
    unsafe fn load(from: *const f32) -> Self;
    /// # Safety
    /// See the trait.
    unsafe fn load_f16(from: *const f16) -> Self;
    /// # Safety
    /// See the trait.
    unsafe fn store(self, to: *mut f32);
    /// # Safety
    /// See the trait.
    unsafe fn add(self, other: Self) -> Self;
    /// `self · factor + addend`, rounded once.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The larger of the two. Operands are never NaN.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn max(self, other: Self) -> Self;
    /// `column` in every lane.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn columns(column: u32) -> Self::Columns;
    /// In lanes where `score > self`: `score` and `new`. In the others: `self` and `old`.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn keep_larger(self, score: Self, old: Self::Columns, new: Self::Columns)
    -> (Self, Self::Columns);
    /// # Safety
    /// See the trait.
    unsafe fn store_columns(columns: Self::Columns, to: *mut u32);

    /// # Safety
    /// See the trait.
    unsafe fn load_sums(from: *const i32) -> Self::Sums;
    /// The four bytes at `from`, in every lane.
    ///
    /// # Safety
    /// `from` is valid for four bytes.
    unsafe fn quad(from: *const u8) -> Self::Quad;
    /// Adds `Σ_i (quad[i] − 128 + BIAS) · q[lane][i]` to each lane. The caller subtracts the share of [`Lanes::BIAS`]. Values of
    /// `q` are never −128.
    ///
    /// # Safety
    /// See the trait; `q` is valid for 64 bytes.
    unsafe fn add_dots(sums: Self::Sums, quad: Self::Quad, q: *const i8) -> Self::Sums;
    /// Adds `Σ_i (rows[lane][i] − 128 + BIAS) · q[i]` to each lane. The caller subtracts the share of [`Lanes::BIAS`]. Values of `q`
    /// are never −128.
    ///
    /// # Safety
    /// See the trait; `rows` is valid for 64 bytes and `q` for four.
    unsafe fn add_row_dots(sums: Self::Sums, rows: *const u8, q: *const i8) -> Self::Sums;
    /// The sums as `f32`, rounded to nearest, ties to even.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn from_sums(sums: Self::Sums) -> Self;
}
