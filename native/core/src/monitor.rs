//! What long work tells its caller, and how the caller stops it.

use crate::{Error, Result};

/// A step of building an index, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Inputs are checked: shapes, ids, every value finite.
    Check,
    /// Token types are measured and the centroid budget is shared out.
    Allocate,
    /// k-means per token type.
    Cluster,
    /// The residual codebooks are trained.
    Train,
    /// The centroid graph is linked.
    Link,
    /// Every token is coded and written.
    Encode,
    /// Inverted lists and the file's end are written.
    Write,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 7] =
        [Self::Check, Self::Allocate, Self::Cluster, Self::Train, Self::Link, Self::Encode, Self::Write];

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Allocate => "allocate",
            Self::Cluster => "cluster",
            Self::Train => "train",
            Self::Link => "link",
            Self::Encode => "encode",
            Self::Write => "write",
        }
    }
}

/// Watches long work. Called from many threads, some hundred times a second at most per thread.
pub trait Monitor: Sync {
    /// `done` of `total` units of `stage` are complete. `done` may arrive out of order from different threads.
    fn progress(&self, stage: Stage, done: u64, total: u64);
    /// Whether the caller wants the work to stop; polled at least every few milliseconds.
    fn cancelled(&self) -> bool;

    /// [`Error::Cancelled`] if the caller wants the work to stop.
    fn check(&self) -> Result<()> {
        if self.cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// Watches nothing and never stops.
pub struct Unwatched;

impl Monitor for Unwatched {
    fn progress(&self, _: Stage, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}
