//! Work off the event loop.

use crate::errors::{exception, fence, fence_core, to_napi};
use crate::numbers::whole;
use napi::bindgen_prelude::{AsyncTask, ToNapiValue, TypeName};
use napi::{Env, Task};

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
    AsyncTask::new(Job(Some(Box::new(move || {
        let threads = whole("numThreads", threads, 0, 1024).map_err(to_napi)?.unwrap_or(0);
        if threads == 0 {
            return fence_core(work);
        }
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build().map_err(|error| {
                exception(
                    "INTERNAL",
                    &format!("cannot start {threads} threads: {error}"),
                    "numThreads",
                    "",
                    "",
                )
            })?;
        fence_core(|| pool.install(work))
    }))))
}
