//! Panics on purpose, in a library that only the gate L3 builds, with the feature `panics`. Without the feature there is nothing here.
//!
//! There are two kinds of places: the beginning of each call that may panic (`fence`), and each place in a search where the work asks
//! whether it was cancelled. At each of them, one visit in as many as [`inject_panics`] was given panics, chosen by a hash of the visit's
//! number, so that a run can be repeated.

use napi_derive::napi;
use std::sync::atomic::{AtomicU32, Ordering};

/// One visit in so many panics; 0 for no panics.
static AT_CALLS: AtomicU32 = AtomicU32::new(0);
static AT_POLLS: AtomicU32 = AtomicU32::new(0);
static VISITS: AtomicU32 = AtomicU32::new(0);
static PANICS: AtomicU32 = AtomicU32::new(0);

/// From now on, of the calls and of the places inside of them one in so many panics; none for 0. Returns the number of panics so far.
#[napi]
pub fn inject_panics(at_calls: u32, at_polls: u32) -> u32 {
    AT_CALLS.store(at_calls, Ordering::Relaxed);
    AT_POLLS.store(at_polls, Ordering::Relaxed);
    PANICS.load(Ordering::Relaxed)
}

/// The beginning of a call.
pub(crate) fn at_call() {
    maybe(&AT_CALLS, "at the beginning of a call");
}

/// A place where work asks whether it was cancelled.
pub(crate) fn at_poll() {
    maybe(&AT_POLLS, "where work asks whether it was cancelled");
}

#[allow(clippy::panic, reason = "the purpose of this module")]
fn maybe(one_in: &AtomicU32, place: &str) {
    let one_in = one_in.load(Ordering::Relaxed);
    if one_in == 0 {
        return;
    }
    let visit = VISITS.fetch_add(1, Ordering::Relaxed);
    // The high bits of a multiplicative hash.
    if (visit.wrapping_mul(0x9E37_79B9) >> 8).is_multiple_of(one_in) {
        PANICS.fetch_add(1, Ordering::Relaxed);
        panic!("injected {place}");
    }
}
