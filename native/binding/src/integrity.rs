//! Whether the files of open indexes are what they were when they were opened.

use crate::job::{Job, job};
use crate::numbers::whole;
use crate::registry::{cancelled, find_index, find_sweep, insert_sweep};
use maxsimd_core::format::Condition;
use maxsimd_core::index::Sweep;
use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use std::sync::PoisonError;
use std::time::Duration;

/// The condition of the worst file of an open index: intact; relinked (the number of its names changed: to be verified when there is time);
/// changed (it may have been written to: nothing is answered until it was rechecked); damaged (it is to be opened again).
#[napi(ts_return_type = "Promise<'intact' | 'relinked' | 'changed' | 'damaged'>")]
pub fn index_condition(index_id: u32) -> napi::Result<AsyncTask<Job<String>>> {
    let index = find_index(index_id)?;
    let name = |condition| match condition {
        Condition::Intact => "intact",
        Condition::Relinked => "relinked",
        Condition::Changed => "changed",
        Condition::Damaged => "damaged",
    };
    Ok(job(None, move || Ok(name(index.condition()?).to_owned())))
}

/// Verifies the files that are not intact. Resolves if their bytes are right; they are intact again then.
#[napi(ts_return_type = "Promise<void>")]
pub fn recheck_index(index_id: u32, cancel_flag: u32) -> napi::Result<AsyncTask<Job<()>>> {
    let index = find_index(index_id)?;
    let cancelled = cancelled(cancel_flag);
    Ok(job(None, move || index.recheck(&|_, _| !cancelled())))
}

/// Begins a verification of an index in small steps, of the files that were last verified more than `age_ms` ago; returns its id.
#[napi]
pub fn begin_sweep(index_id: u32, age_ms: f64) -> napi::Result<u32> {
    let index = find_index(index_id)?;
    crate::errors::fence_core(|| {
        let age = whole("ageMs", Some(age_ms), 0, crate::numbers::MAX_SAFE)?.unwrap_or_default();
        Ok(insert_sweep(Sweep::new(index, Duration::from_millis(age))))
    })
}

/// Verifies at most `most` bytes more, on one thread. Resolves to their number, which is 0 when all are verified.
#[napi(ts_return_type = "Promise<number>")]
pub fn step_sweep(sweep_id: u32, most: u32) -> napi::Result<AsyncTask<Job<u32>>> {
    let sweep = find_sweep(sweep_id)?;
    Ok(job(None, move || {
        let mut sweep = sweep.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(sweep.step(most as usize)? as u32)
    }))
}
