//! Threads for one call.

use crate::errors::exception;
use crate::fence::fence_core;

/// Runs core work on `threads` threads of its own; on the process's shared pool if 0.
pub(crate) fn run<T: Send>(
    threads: u32,
    work: impl FnOnce() -> maxsimd_core::Result<T> + Send,
) -> napi::Result<T> {
    if threads == 0 {
        return fence_core(work);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build().map_err(|error| {
        exception("INTERNAL", &format!("cannot start {threads} threads: {error}"), "numThreads", "", "")
    })?;
    fence_core(|| pool.install(work))
}
