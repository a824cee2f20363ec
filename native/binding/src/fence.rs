//! A panic must not end the process: every export runs behind this.

use crate::errors::{exception, to_napi};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic becomes an INTERNAL exception with its message.
///
/// Unwind safety: what `work` borrows is either dropped with it or, like the index registry and a searcher's scratch, left
/// in a state that later calls check or overwrite.
pub(crate) fn fence<T>(work: impl FnOnce() -> napi::Result<T>) -> napi::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(exception("INTERNAL", &format!("native code panicked: {message}"), "", "", ""))
    })
}

/// Runs core `work` behind the fence.
pub(crate) fn fence_core<T>(work: impl FnOnce() -> maxsimd_core::Result<T>) -> napi::Result<T> {
    fence(|| work().map_err(to_napi))
}
