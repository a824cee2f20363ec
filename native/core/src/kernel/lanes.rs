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
    /// Sixteen 16-bit sums.
    type Words: Copy;

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

    /// Sixteen zeros.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn zero_words() -> Self::Words;
    /// Adds the sixteen integers at `from`; no sum leaves the range.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn add_words(sums: Self::Words, from: *const i16) -> Self::Words;
    /// The sums as `f32`, exactly.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn from_words(sums: Self::Words) -> Self;
    /// Writes the nearest integers, ties to even; all are within the range.
    ///
    /// # Safety
    /// See the trait.
    unsafe fn store_words(self, to: *mut i16);
}
