//! Progress of a build, told to JavaScript a few times a second.

use maxsimd_core::monitor::{Monitor, Stage};
use napi::bindgen_prelude::FnArgs;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The stage's name, its units done and in all, and the share of the whole work that is done.
type Update = FnArgs<(String, f64, f64, f64)>;

/// Called with every [`Update`].
pub(crate) type OnProgress = ThreadsafeFunction<Update, (), Update, napi::Status, false>;

/// Least time between two calls within a stage.
const INTERVAL: Duration = Duration::from_millis(50);

/// Tells JavaScript of progress and hears its cancel flag.
pub(crate) struct Watcher {
    told: Option<OnProgress>,
    flag: Option<Arc<AtomicBool>>,
    last: Mutex<Option<(Stage, f64, Instant)>>,
    /// Expected seconds of each stage.
    weights: OnceLock<[f64; Stage::ALL.len()]>,
}

impl Watcher {
    /// Watches for `told`, if any, until the flag with `cancel_flag` is raised.
    pub(crate) fn new(told: Option<OnProgress>, cancel_flag: u32) -> Self {
        Self {
            told,
            flag: crate::cancel_flags::flag(cancel_flag),
            last: Mutex::default(),
            weights: OnceLock::new(),
        }
    }

    /// Says how long each stage is expected to take; until then no share of the whole is known, and 0 is told.
    pub(crate) fn expect(&self, seconds: [f64; Stage::ALL.len()]) {
        // Said once; a second word would only move the shares.
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
        let Some(told) = &self.told else { return };
        let fraction = if total > 0 { done as f64 / total as f64 } else { 1.0 };
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // Never back, and not too often; the end of a stage is always told.
        if let Some((last_stage, last_fraction, at)) = *last {
            let behind = stage < last_stage || (stage == last_stage && fraction <= last_fraction);
            let soon = stage == last_stage && now.duration_since(at) < INTERVAL && done < total;
            if behind || soon {
                return;
            }
        }
        *last = Some((stage, fraction, now));
        let update = (stage.name().to_owned(), done as f64, total as f64, self.overall(stage, fraction));
        // Under the lock, so that updates of two threads arrive in order; the call only queues it.
        told.call(update.into(), ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn cancelled(&self) -> bool {
        self.flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}
