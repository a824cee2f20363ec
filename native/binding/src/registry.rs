//! Open indexes of the process, by id.

use crate::errors::closed;
use maxsimd_core::index::Index;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

#[derive(Default)]
struct Registry {
    open: HashMap<u32, Arc<Index>>,
    last: u32,
}

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

/// Enters an index; its id is never used again in this process.
pub(crate) fn enter(index: Index) -> u32 {
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    registry.last += 1;
    let id = registry.last;
    registry.open.insert(id, Arc::new(index));
    id
}

/// The index with `id`.
pub(crate) fn find(id: u32) -> napi::Result<Arc<Index>> {
    let registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    registry.open.get(&id).cloned().ok_or_else(|| closed(id))
}

/// Takes the index out; it is unmapped when its last searcher lets go.
pub(crate) fn remove(id: u32) -> bool {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner).open.remove(&id).is_some()
}
