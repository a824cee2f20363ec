//! Running work that may panic, and saying where it did.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

static LAST: Mutex<String> = Mutex::new(String::new());
/// Number of fences that work runs in.
static FENCES: AtomicUsize = AtomicUsize::new(0);

/// From now on panics print nothing while work runs in a [`fence`], which returns what they say.
pub fn quiet_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if FENCES.load(Ordering::Relaxed) == 0 {
            print(info);
        }
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = info.to_string();
    }));
}

/// Runs `work`. `Err` says what a panic in it said.
pub(crate) fn fence<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    FENCES.fetch_add(1, Ordering::Relaxed);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    FENCES.fetch_sub(1, Ordering::Relaxed);
    result.map_err(|_| LAST.lock().unwrap_or_else(PoisonError::into_inner).clone())
}
