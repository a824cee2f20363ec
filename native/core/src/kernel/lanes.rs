//! Sixteen `f32` values that move together: what a backend provides.

use half::f16;

/// Sixteen lanes. Every operation acts on each lane alone, in IEEE 754 single precision, so that all implementations
/// give the same bits.
///
/// # Safety
///
/// Methods may use instructions that only some processors have: a caller must run in a function compiled for them, on a
/// processor that has them. Pointers must be valid for sixteen elements; they need no alignment.
pub(super) trait Lanes: Copy {
    /// Whether at least 24 values of this type fit into registers.
    const MANY_REGISTERS: bool;
    /// Sixteen column numbers.
    type Columns: Copy;
    /// Sixteen 32-bit sums.
    type Sums: Copy;
    /// Four bytes, once for each lane.
    type Quad: Copy;
    /// What [`Lanes::add_dots`] takes the bytes to be too large by: 128 where it multiplies them as they are, else 0.
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
    /// The larger of both; operands are never NaN.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn max(self, other: Self) -> Self;
    /// All lanes hold `column`.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn columns(column: u32) -> Self::Columns;
    /// Where `score > self`, takes `score` and `new` for `self` and `old`.
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
    /// Four bytes, in every lane.
    ///
    /// # Safety
    /// `from` is valid for four bytes.
    unsafe fn quad(from: *const u8) -> Self::Quad;
    /// Adds to each lane `Σ_i (quad[i] − 128) · q[lane][i]`, plus what the caller makes up for: the backend's
    /// [`Lanes::BIAS`] times `Σ_i q[lane][i]`. No product of a `q` of −128 is asked for.
    ///
    /// # Safety
    /// See the trait; `q` is valid for 64 bytes.
    unsafe fn add_dots(sums: Self::Sums, quad: Self::Quad, q: *const i8) -> Self::Sums;
    /// The sums as `f32`, rounded to nearest, ties to even.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn from_sums(sums: Self::Sums) -> Self;
}
