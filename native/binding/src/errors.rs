//! Errors of the core as JavaScript exceptions.
//!
//! The message of an exception is JSON with `code`, `message`, `field`, `expected` and `got`. The TypeScript side parses it into
//! a `MaxsimError` in one place.

use maxsimd_core::Error;
use maxsimd_core::error::QueryFault;
use maxsimd_core::index::Index;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`. A panic becomes an INTERNAL exception with its message and does not end the process; every export that can
/// panic runs in here.
///
/// Unwind safety: what `work` borrows is dropped with it or, like the registries and a searcher's scratch buffers, left in a
/// state that later calls check or overwrite.
pub(crate) fn fence<T>(work: impl FnOnce() -> napi::Result<T>) -> napi::Result<T> {
    let work = || {
        #[cfg(feature = "panics")]
        crate::panics::at_call();
        work()
    };
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(exception("INTERNAL", &format!("native code panicked: {message}"), "", "", ""))
    })
}

/// Runs `work` of the core as [`fence`] does.
pub(crate) fn fence_core<T>(work: impl FnOnce() -> maxsimd_core::Result<T>) -> napi::Result<T> {
    fence(|| work().map_err(to_napi))
}

/// As [`fence`], for work that reads `index`. Whatever it returned, or however it failed, counts only if the bytes that it read were those of
/// the index; otherwise the exception says so.
pub(crate) fn fence_over<T>(index: &Index, work: impl FnOnce() -> napi::Result<T>) -> napi::Result<T> {
    let result = fence(work);
    index.check_intact().map_err(to_napi)?;
    result
}

/// As [`fence_over`], for work of the core.
pub(crate) fn fence_core_over<T>(
    index: &Index,
    work: impl FnOnce() -> maxsimd_core::Result<T>,
) -> napi::Result<T> {
    fence_over(index, || work().map_err(to_napi))
}

/// The exception for an error of the core.
pub(crate) fn to_napi(error: Error) -> napi::Error {
    let message = error.to_string();
    let none = String::new;
    let (code, field, expected, got) = match error {
        Error::Input { input, what, expected, got } => {
            ("INVALID_INPUT", format!("{input}: {what}"), expected, got)
        }
        Error::Parameter { name, expected, got } => ("INVALID_PARAMETER", name.to_owned(), expected, got),
        Error::Query { what, expected, got } => {
            let code = match what {
                QueryFault::Dtype => "INVALID_DTYPE",
                QueryFault::Dim => "DIM_MISMATCH",
                QueryFault::Shape => "SHAPE_MISMATCH",
                QueryFault::NonFinite => "NON_FINITE",
                QueryFault::Empty => "EMPTY_QUERY",
            };
            (code, "query".to_owned(), expected, got)
        }
        Error::Filter { field, expected, got } => ("INVALID_FILTER", field, expected, got),
        Error::Conflict { base, current } => ("CONFLICT", "base".to_owned(), current, base),
        Error::Format { what, expected, got, .. } => ("INDEX_FORMAT", what.to_owned(), expected, got),
        Error::Corrupt { what, expected, got, .. } => ("INDEX_CORRUPT", what, expected, got),
        Error::Changed { .. } => {
            ("INDEX_CHANGED", none(), "a file that is not written to".into(), "one that was".into())
        }
        Error::Io { action, source, .. } => ("IO", action.to_owned(), none(), source.to_string()),
        Error::Memory { needed, budget } => {
            ("MEMORY", "maxMemory".to_owned(), format!("at least {needed} bytes"), format!("{budget} bytes"))
        }
        Error::Cancelled => ("CANCELLED", none(), none(), none()),
        // A kind that this binding does not know yet.
        _ => ("INTERNAL", none(), none(), none()),
    };
    exception(code, &message, &field, &expected, &got)
}

/// The exception for an index or searcher that is not open.
pub(crate) fn closed(what: &str, id: u32) -> napi::Error {
    let message = format!("{what} {id} is not open: it was closed, or never opened in this process");
    exception("CLOSED", &message, &format!("{what}Id"), "an open one", &id.to_string())
}

/// An exception with the given parts.
pub(crate) fn exception(code: &str, message: &str, field: &str, expected: &str, got: &str) -> napi::Error {
    let parts = json!({ "code": code, "message": message, "field": field, "expected": expected, "got": got });
    napi::Error::from_reason(parts.to_string())
}
