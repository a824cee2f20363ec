//! Reports the progress of a build to JavaScript, a few times a second.

use maxsimd_core::monitor::{Monitor, Stage};
use napi::bindgen_prelude::FnArgs;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The stage's name, its finished units, all its units, and the finished share of the whole work.
type Update = FnArgs<(String, f64, f64, f64)>;

/// The JavaScript function that takes each [`Update`].
pub(crate) type OnProgress = ThreadsafeFunction<Update, (), Update, napi::Status, false>;

/// Minimum time between two updates within a stage.
const INTERVAL: Duration = Duration::from_millis(50);

/// Passes progress on to JavaScript and polls a cancel flag.
pub(crate) struct Watcher {
    on_progress: Option<OnProgress>,
    cancelled: Box<dyn Fn() -> bool + Send + Sync>,
    last: Mutex<Option<(Stage, f64, Instant)>>,
    /// Expected seconds of each stage.
    weights: OnceLock<[f64; Stage::ALL.len()]>,
}

impl Watcher {
    /// Reports to `on_progress`, if it is given, until the flag with `cancel_flag` is raised.
    pub(crate) fn new(on_progress: Option<OnProgress>, cancel_flag: u32) -> Self {
        let cancelled = Box::new(crate::registry::cancelled(cancel_flag));
        Self { on_progress, cancelled, last: Mutex::default(), weights: OnceLock::new() }
    }

    /// Sets the expected duration of each stage. Until then the finished share of the whole work is unknown and reported as 0.
    pub(crate) fn expect(&self, seconds: [f64; Stage::ALL.len()]) {
        // Only the first call counts: a second one would make the share go back.
        let _ = self.weights.set(seconds);
    }

    /// Share of the whole work that is done when `fraction` of `stage` is.
    fn overall(&self, stage: Stage, fraction: f64) -> f64 {
        let Some(weights) = self.weights.get() else { return 0.0 };
        let before: f64 = Stage::ALL.iter().zip(weights).filter(|(s, _)| **s < stage).map(|(_, w)| w).sum();
        let own = Stage::ALL.iter().zip(weights).find(|(s, _)| **s == stage).map_or(0.0, |(_, w)| *w);
        (before + own * fraction) / weights.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    }
}

impl Monitor for Watcher {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        let Some(on_progress) = &self.on_progress else { return };
        let fraction = if total > 0 { done as f64 / total as f64 } else { 1.0 };
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // Progress never goes back and is not reported too often; the end of a stage is always reported.
        if let Some((last_stage, last_fraction, at)) = *last {
            let behind = stage < last_stage || (stage == last_stage && fraction <= last_fraction);
            let soon = stage == last_stage && now.duration_since(at) < INTERVAL && done < total;
            if behind || soon {
                return;
            }
        }
        *last = Some((stage, fraction, now));
        let update = (stage.name().to_owned(), done as f64, total as f64, self.overall(stage, fraction));
        // The lock is held so that updates of two threads arrive in order; the call only queues the update.
        on_progress.call(update.into(), ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn cancelled(&self) -> bool {
        (self.cancelled)()
    }
}
