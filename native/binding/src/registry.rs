//! Values that all threads of the process share, by id: open indexes, verifications of them, and flags that stop native work.

use crate::errors::closed;
use maxsimd_core::index::{Index, Sweep};
use napi_derive::napi;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// Values by id.
pub(crate) struct Registry<T>(Mutex<Entries<T>>);

struct Entries<T> {
    values: HashMap<u32, Arc<T>>,
    last: u32,
}

static INDEXES: LazyLock<Registry<Index>> = LazyLock::new(Registry::new);
static SWEEPS: LazyLock<Registry<Mutex<Sweep>>> = LazyLock::new(Registry::new);
static FLAGS: LazyLock<Registry<AtomicBool>> = LazyLock::new(Registry::new);

impl<T> Registry<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Entries { values: HashMap::new(), last: 0 }))
    }

    fn lock(&self) -> MutexGuard<'_, Entries<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a value and returns its id, which is never 0. After 2^32 ids they begin again, without those in use.
    pub(crate) fn insert(&self, value: T) -> u32 {
        let mut entries = self.lock();
        loop {
            entries.last = entries.last.wrapping_add(1).max(1);
            let id = entries.last;
            if let Entry::Vacant(place) = entries.values.entry(id) {
                place.insert(Arc::new(value));
                return id;
            }
        }
    }

    /// The value with `id`, if there is one.
    pub(crate) fn find(&self, id: u32) -> Option<Arc<T>> {
        self.lock().values.get(&id).cloned()
    }

    /// Removes the value with `id` and returns it. It is dropped with its last user, and not while the registry is locked.
    pub(crate) fn remove(&self, id: u32) -> Option<Arc<T>> {
        self.lock().values.remove(&id)
    }
}

/// Stores an open index.
pub(crate) fn insert_index(index: Index) -> u32 {
    INDEXES.insert(index)
}

/// The open index with `id`.
pub(crate) fn find_index(id: u32) -> napi::Result<Arc<Index>> {
    INDEXES.find(id).ok_or_else(|| closed("index", id))
}

/// Closes the index and returns whether it was open. It is unmapped when no search and no searcher uses it any more.
#[napi]
pub fn close_index(index_id: u32) -> bool {
    INDEXES.remove(index_id).is_some()
}

/// Stores a verification.
pub(crate) fn insert_sweep(sweep: Sweep) -> u32 {
    SWEEPS.insert(Mutex::new(sweep))
}

/// The verification with `id`.
pub(crate) fn find_sweep(id: u32) -> napi::Result<Arc<Mutex<Sweep>>> {
    SWEEPS.find(id).ok_or_else(|| closed("sweep", id))
}

/// Ends a verification.
#[napi]
pub fn end_sweep(sweep_id: u32) {
    SWEEPS.remove(sweep_id);
}

/// Creates a flag and returns its id, which is never 0.
#[napi]
pub fn create_cancel_flag() -> u32 {
    FLAGS.insert(AtomicBool::new(false))
}

/// Raises the flag: work that polls it ends with CANCELLED. An unknown id is ignored, because its work has ended.
#[napi]
pub fn raise_cancel_flag(id: u32) {
    if let Some(flag) = FLAGS.find(id) {
        flag.store(true, Ordering::Relaxed);
    }
}

/// Deletes the flag.
#[napi]
pub fn release_cancel_flag(id: u32) {
    FLAGS.remove(id);
}

/// A function that says whether the flag with `id` is raised; never true for 0 and unknown ids.
pub(crate) fn cancelled(id: u32) -> impl Fn() -> bool + Send + Sync {
    let flag = FLAGS.find(id);
    move || {
        #[cfg(feature = "panics")]
        crate::panics::at_poll();
        flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}
