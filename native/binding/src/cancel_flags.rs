//! Flags that stop native work from any thread of the process.

use napi_derive::napi;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

#[derive(Default)]
struct Flags {
    live: HashMap<u32, Arc<AtomicBool>>,
    last: u32,
}

static FLAGS: LazyLock<Mutex<Flags>> = LazyLock::new(Mutex::default);

/// A new flag's id; never 0.
#[napi]
pub fn create_cancel_flag() -> u32 {
    let mut flags = FLAGS.lock().unwrap_or_else(PoisonError::into_inner);
    // After four thousand million calls ids begin again; one that is still live is passed over.
    loop {
        flags.last = flags.last.wrapping_add(1).max(1);
        let id = flags.last;
        if let Entry::Vacant(place) = flags.live.entry(id) {
            place.insert(Arc::default());
            return id;
        }
    }
}

/// Raises the flag; work that polls it ends with CANCELLED. An id that is not live is ignored: its work has ended.
#[napi]
pub fn raise_cancel_flag(id: u32) {
    if let Some(flag) = flag(id) {
        flag.store(true, Ordering::Relaxed);
    }
}

/// Forgets the flag.
#[napi]
pub fn release_cancel_flag(id: u32) {
    FLAGS.lock().unwrap_or_else(PoisonError::into_inner).live.remove(&id);
}

/// The flag with `id`, if it is live.
pub(crate) fn flag(id: u32) -> Option<Arc<AtomicBool>> {
    FLAGS.lock().unwrap_or_else(PoisonError::into_inner).live.get(&id).cloned()
}

/// Whether a flag is raised; 0 and ids that are not live never are.
pub(crate) fn polled(id: u32) -> impl Fn() -> bool + Send + Sync {
    let flag = flag(id);
    move || flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
}
