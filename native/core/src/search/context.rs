//! What every step of a search works with.

use super::query::Query;
use crate::index::{Codec, Index, Segment};
use crate::kernel::Kernels;

/// A query, the index, and the kernels.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) kernels: &'static Kernels,
    pub(super) index: &'a Index,
    pub(super) query: &'a Query,
}

impl<'a> Context<'a> {
    pub(super) fn codec(self) -> &'a Codec {
        self.index.codec()
    }

    /// A segment of the index, by number.
    pub(super) fn segment(self, number: usize) -> &'a Segment {
        &self.index.segments()[number].segment
    }
}
