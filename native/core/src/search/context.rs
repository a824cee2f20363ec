//! What every step of a search works with.

use super::query::Query;
use crate::index::Index;
use crate::kernel::Kernels;

/// A query, the index, and the kernels.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) kernels: &'static Kernels,
    pub(super) index: &'a Index,
    pub(super) query: &'a Query,
}
