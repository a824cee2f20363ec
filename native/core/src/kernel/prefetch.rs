//! Loading memory into the caches before it is read.

/// Size of a cache line in bytes.
const LINE: usize = 64;

/// Starts loading `values` into the caches, without waiting. Does nothing on processors other than x86-64.
#[inline]
pub fn prefetch<T>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let first: *const i8 = values.as_ptr().cast();
        for at in (0..size_of_val(values)).step_by(LINE) {
            // SAFETY: `at` is inside the slice; a prefetch has no effect that a program can observe.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(first.add(at)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, LINE);
}

/// Prefetches the line of one value.
#[inline(always)]
pub fn prefetch_one<T>(value: &T) {
    prefetch(std::slice::from_ref(value));
}
