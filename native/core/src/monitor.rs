//! Progress and cancellation of long work.

use crate::{Error, Result};

/// A stage of a build. Stages run in the order of the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Inputs are checked: shapes, ids, every value finite.
    Check,
    /// The spreads of token types are measured, and the budget of centroids is shared among them.
    Allocate,
    /// k-means runs for each token type.
    Cluster,
    /// The residual codebooks are trained.
    Train,
    /// The centroid graph is linked.
    Link,
    /// Every token is coded and written.
    Encode,
    /// The inverted lists and the file's header are written.
    Write,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 7] =
        [Self::Check, Self::Allocate, Self::Cluster, Self::Train, Self::Link, Self::Encode, Self::Write];

    /// Lower-case name.
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

/// Observes long work. Its methods are called from many threads, a few hundred times a second from each.
pub trait Monitor: Sync {
    /// Reports that `done` of `total` units of `stage` are complete. Reports of different threads may arrive out of order.
    fn progress(&self, stage: Stage, done: u64, total: u64);
    /// Whether the caller wants the work to stop. Called at least every few milliseconds.
    fn cancelled(&self) -> bool;

    /// Returns [`Error::Cancelled`] if the caller wants the work to stop.
    fn check(&self) -> Result<()> {
        if self.cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// Ignores progress and never cancels.
pub struct Unwatched;

impl Monitor for Unwatched {
    fn progress(&self, _: Stage, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}
