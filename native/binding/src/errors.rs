//! Core errors as the TypeScript side takes them: JSON in an exception's message.

use maxsimd_core::Error;
use maxsimd_core::error::QueryFault;
use serde_json::json;

/// The exception for `error`.
pub(crate) fn to_napi(error: Error) -> napi::Error {
    let message = error.to_string();
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
        Error::Format { what, expected, got, .. } => ("INDEX_FORMAT", what.to_owned(), expected, got),
        Error::Corrupt { what, expected, got, .. } => ("INDEX_CORRUPT", what, expected, got),
        Error::Io { action, source, .. } => ("IO", action.to_owned(), String::new(), source.to_string()),
        Error::Memory { needed, budget } => {
            ("MEMORY", "maxMemory".to_owned(), format!("at least {needed} bytes"), format!("{budget} bytes"))
        }
        Error::Cancelled => ("CANCELLED", String::new(), String::new(), String::new()),
        // A kind this binding does not know yet.
        _ => ("INTERNAL", String::new(), String::new(), String::new()),
    };
    exception(code, &message, &field, &expected, &got)
}

/// The exception for an index that is not open.
pub(crate) fn closed(id: u32) -> napi::Error {
    exception(
        "CLOSED",
        &format!("index {id} is not open; load it first"),
        "indexId",
        "an open index",
        &id.to_string(),
    )
}

/// An exception with the given parts.
pub(crate) fn exception(code: &str, message: &str, field: &str, expected: &str, got: &str) -> napi::Error {
    let parts = json!({ "code": code, "message": message, "field": field, "expected": expected, "got": got });
    napi::Error::from_reason(parts.to_string())
}
