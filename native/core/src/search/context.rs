//! What every step of a search works with.

use super::query::Query;
use crate::index::{Codec, Index, Segment, Selection};
use crate::kernel::Kernels;

/// A query, the index, the documents that may be returned, and the kernels.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) kernels: &'static Kernels,
    pub(super) index: &'a Index,
    pub(super) query: &'a Query,
    pub(super) selection: Option<&'a Selection>,
}

impl<'a> Context<'a> {
    /// Number of documents that may be returned.
    pub(super) fn selectable(self) -> usize {
        self.selection.map_or_else(|| self.index.documents_with_tokens(), Selection::count)
    }

    pub(super) fn codec(self) -> &'a Codec {
        self.index.codec()
    }

    /// A segment of the index, by number.
    pub(super) fn segment(self, number: usize) -> &'a Segment {
        &self.index.segments()[number].segment
    }
}
