//! Work off the event loop.

use crate::errors::{exception, fence, fence_core, fence_core_over, to_napi};
use crate::numbers::whole;
use maxsimd_core::index::Index;
use napi::bindgen_prelude::{AsyncTask, ToNapiValue, TypeName};
use napi::{Env, Task};
use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};
use std::sync::Arc;

type Work<T> = Box<dyn FnOnce() -> napi::Result<T> + Send>;

/// One piece of work for a thread of libuv's pool.
pub struct Job<T>(Option<Work<T>>);

impl<T: ToNapiValue + TypeName + Send + 'static> Task for Job<T> {
    type Output = T;
    type JsValue = T;

    fn compute(&mut self) -> napi::Result<T> {
        let again = || exception("INTERNAL", "a job runs once", "", "", "");
        fence(self.0.take().ok_or_else(again)?)
    }

    fn resolve(&mut self, _: Env, output: T) -> napi::Result<T> {
        Ok(output)
    }
}

/// A promise of what `work` returns. The work runs on the process's shared thread pool, or on `threads` threads of its own if
/// that is neither absent nor 0.
pub(crate) fn job<T: Send>(
    threads: Option<f64>,
    work: impl FnOnce() -> maxsimd_core::Result<T> + Send + 'static,
) -> AsyncTask<Job<T>>
where
    Job<T>: Task,
{
    AsyncTask::new(Job(Some(Box::new(move || run(threads, || fence_core(work))))))
}

/// As [`job`], for work that reads `index`: see [`fence_over`](crate::errors::fence_over).
pub(crate) fn job_over<T: Send>(
    index: Arc<Index>,
    threads: Option<f64>,
    work: impl FnOnce(&Arc<Index>) -> maxsimd_core::Result<T> + Send + 'static,
) -> AsyncTask<Job<T>>
where
    Job<T>: Task,
{
    let work = move || run(threads, || fence_core_over(&index, || work(&index)));
    AsyncTask::new(Job(Some(Box::new(work))))
}

fn run<T: Send>(threads: Option<f64>, work: impl FnOnce() -> napi::Result<T> + Send) -> napi::Result<T> {
    match thread_count(threads)? {
        0 => work(),
        threads => ThreadPoolBuilder::new().num_threads(threads).build().map_err(cannot_start)?.install(work),
    }
}

/// As [`job`], on `threads` threads of its own, or as many as the machine has cores, which leave the processor to others: searches of the
/// same process are nearly as fast as without it.
///
/// The threads are not shared with other jobs. A thread that waits for part of its job runs what else its pool has to do; were that another
/// job, and did it wait for a lock of the first, neither would end.
pub(crate) fn background_job<T: Send>(
    threads: Option<f64>,
    work: impl FnOnce() -> maxsimd_core::Result<T> + Send + 'static,
) -> AsyncTask<Job<T>>
where
    Job<T>: Task,
{
    AsyncTask::new(Job(Some(Box::new(move || {
        let pool =
            ThreadPoolBuilder::new().num_threads(thread_count(threads)?).start_handler(|_| yield_to_others());
        let pool = pool.build().map_err(cannot_start)?;
        fence_core(|| pool.install(work))
    }))))
}

fn thread_count(threads: Option<f64>) -> napi::Result<usize> {
    Ok(whole("numThreads", threads, 0, 1024).map_err(to_napi)?.unwrap_or(0) as usize)
}

fn cannot_start(error: ThreadPoolBuildError) -> napi::Error {
    exception("INTERNAL", &format!("cannot start threads: {error}"), "numThreads", "", "")
}

/// From now on the calling thread runs when no other wants the processor, or nearly so: with Linux's niceness of 19 it gets 1.5 % of a core
/// that it shares with a thread of niceness 0. On other systems nothing changes.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    // SAFETY: the call takes three numbers and changes only the scheduling of the calling thread, which on Linux is what 0 stands for. A
    // thread may always raise its own niceness; if the call fails nevertheless, the thread is as any.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, 19);
    }
}
