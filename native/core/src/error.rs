//! The error type of the core.

use std::path::PathBuf;

/// Result of every fallible operation of the core.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation failed. Messages are lower-case, have no full stop, and say what was expected and found, or how to fix it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input file or array is wrong.
    #[error("{input}: {what}: expected {expected}, got {got}")]
    Input {
        /// Name of the file or array.
        input: String,
        /// The wrong property: `dtype`, `rank`, `rows`, …
        what: &'static str,
        /// The expected value.
        expected: String,
        /// The value found.
        got: String,
    },
    /// A build or search parameter is outside its range.
    #[error("parameter {name}: expected {expected}, got {got}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The range it must lie in.
        expected: String,
        /// The given value.
        got: String,
    },
    /// A query tensor is wrong for the index.
    #[error("query {what}: expected {expected}, got {got}")]
    Query {
        /// The wrong property.
        what: QueryFault,
        /// The expected value.
        expected: String,
        /// The value found.
        got: String,
    },
    /// A filter does not fit the attributes of the index.
    #[error("filter{}{field}: expected {expected}, got {got}", if .field.is_empty() { "" } else { " on " })]
    Filter {
        /// The attribute; empty if the filter itself cannot be read.
        field: String,
        /// The expected value.
        expected: String,
        /// The value found.
        got: String,
    },
    /// A file is not an index, or has a format version that this program does not read.
    #[error("{path}: {what}: expected {expected}, got {got}")]
    Format {
        /// The file.
        path: PathBuf,
        /// The wrong property: `magic`, `format version`, `endianness`.
        what: &'static str,
        /// The expected value.
        expected: String,
        /// The value found.
        got: String,
    },
    /// An index file is truncated or damaged.
    #[error("{path}: {what} is damaged: expected {expected}, got {got}; restore the file or build it again")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The wrong part.
        what: String,
        /// The expected value.
        expected: String,
        /// The value found.
        got: String,
    },
    /// An open index file was written to, so its bytes may be others.
    #[error(
        "{path}: the file was written to while it is open; verify it before it is used on, and replace index files by rename"
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A change was made against a version that is not current any more.
    #[error("the change was made against version {base}, but {current} is current; make it again from that")]
    Conflict {
        /// The version it was made against.
        base: String,
        /// The current version.
        current: String,
    },
    /// A file operation failed.
    #[error("{path}: cannot {action}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operation, as in "cannot open": `open`, `map`, `write`, `sync`, `rename`, …
        action: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// The work needs more memory than its budget.
    #[error("memory: needs at least {needed} bytes, the budget is {budget}; raise it to at least that")]
    Memory {
        /// The smallest sufficient budget, in bytes.
        needed: u64,
        /// The budget, in bytes.
        budget: u64,
    },
    /// The caller cancelled the work.
    #[error("cancelled")]
    Cancelled,
}

/// What is wrong with a query tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryFault {
    /// The element type is unknown.
    Dtype,
    /// The row length differs from the index's.
    Dim,
    /// The byte or row counts do not add up.
    Shape,
    /// An element is NaN, infinite, or larger than a query may hold.
    NonFinite,
    /// There are no token vectors.
    Empty,
}

impl std::fmt::Display for QueryFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dtype => "dtype",
            Self::Dim => "dim",
            Self::Shape => "shape",
            Self::NonFinite => "values",
            Self::Empty => "rows",
        })
    }
}

impl Error {
    /// An I/O error on `path` during `action`.
    pub fn io(path: impl Into<PathBuf>, action: &'static str, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), action, source }
    }

    /// An input file or array whose `what` should be `expected`.
    pub fn input(
        input: impl Into<String>,
        what: &'static str,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::Input { input: input.into(), what, expected: expected.into(), got: got.into() }
    }

    /// A file that is not an index, or has a format version that this program does not read.
    pub fn format(
        path: impl Into<PathBuf>,
        what: &'static str,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::Format { path: path.into(), what, expected: expected.into(), got: got.into() }
    }

    /// An index file whose part `what` should be `expected`.
    pub fn corrupt(
        path: impl Into<PathBuf>,
        what: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::Corrupt { path: path.into(), what: what.into(), expected: expected.into(), got: got.into() }
    }
}
