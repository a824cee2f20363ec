//! Progress of a build, told to JavaScript a few times a second.

use maxsimd_core::monitor::{Monitor, Stage};
use napi::bindgen_prelude::FnArgs;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Called with the stage's name, units done and units in all.
pub(crate) type OnProgress =
    ThreadsafeFunction<FnArgs<(String, f64, f64)>, (), FnArgs<(String, f64, f64)>, napi::Status, false>;

/// Least time between two calls within a stage.
const INTERVAL: Duration = Duration::from_millis(50);

/// Tells JavaScript of progress and hears its cancel flag.
pub(crate) struct Watcher {
    told: Option<OnProgress>,
    flag: Option<Arc<AtomicBool>>,
    last: Mutex<Option<(Stage, u64, Instant)>>,
}

impl Watcher {
    /// Watches for `told`, if any, until the flag with `cancel_flag` is raised.
    pub(crate) fn new(told: Option<OnProgress>, cancel_flag: u32) -> Self {
        Self { told, flag: crate::cancel_flags::flag(cancel_flag), last: Mutex::default() }
    }
}

impl Monitor for Watcher {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        let Some(told) = &self.told else { return };
        let now = Instant::now();
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            // Never back, and not too often; the end of a stage is always told.
            if let Some((last_stage, last_done, at)) = *last {
                let behind = stage < last_stage || (stage == last_stage && done <= last_done);
                let soon = stage == last_stage && now.duration_since(at) < INTERVAL && done < total;
                if behind || soon {
                    return;
                }
            }
            *last = Some((stage, done, now));
        }
        let update = (stage.name().to_owned(), done as f64, total as f64);
        told.call(update.into(), ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn cancelled(&self) -> bool {
        self.flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}
