//! Ends the process although some of its threads do not.

use crate::errors::exception;
use napi_derive::napi;
use std::thread;
use std::time::Duration;

/// Ends the process with `code` after `ms` milliseconds, unless it has ended before. Does not wait for any thread, and runs no exit
/// handlers: Node's `process.exit` waits for worker threads, and so for a thread that native code keeps. Returns at once.
/// Throws if the system starts no thread.
#[napi]
pub fn exit_within(ms: u32, code: i32) -> napi::Result<()> {
    thread::Builder::new()
        .name("exit-within".to_owned())
        .spawn(move || {
            thread::sleep(Duration::from_millis(u64::from(ms)));
            // SAFETY: `_exit` has no preconditions. It ends the process without running exit handlers or destructors, so it
            // touches no memory that another thread uses.
            unsafe { libc::_exit(code) }
        })
        .map(drop)
        .map_err(|error| {
            exception("INTERNAL", &format!("no thread to end the process with: {error}"), "", "", "")
        })
}
