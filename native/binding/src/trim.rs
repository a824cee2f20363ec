//! Gives memory back to the system.

use napi_derive::napi;

/// Gives the free pages of the C library's heap back to the system; returns whether there were any. Takes 1 to 20 ms. Only glibc keeps free
/// pages between pages in use: with another library this does nothing and returns false.
#[napi]
pub fn trim_memory() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: `malloc_trim` may be called at any time and from any thread; it takes the heap's own locks, and releases only pages that
        // are free.
        unsafe { libc::malloc_trim(0) == 1 }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    {
        false
    }
}
