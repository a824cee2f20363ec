//! The Node addon of `@maxsimd/native`: passes arguments to `maxsimd-core` and returns results. It contains no algorithm.
//!
//! The TypeScript in `lib/` calls these functions; users do not call them directly. The documentation of exported structs becomes
//! that of the TypeScript declarations in `gen/`. Open indexes and cancel flags belong to the process, so that worker threads,
//! which all load this library once, share them.

#![cfg_attr(
    test,
    allow(dead_code, reason = "napi registers its exports in the library alone, not in its tests")
)]
#![allow(unreachable_pub, reason = "what napi exports is public to its macros, not to other crates")]

mod build;
mod cluster;
mod collection;
mod errors;
mod exit;
mod index;
mod inflate;
mod input;
mod integrity;
mod job;
mod npy;
mod numbers;
#[cfg(feature = "panics")]
mod panics;
mod progress;
mod reasons;
mod registry;
mod search;
mod searcher;
mod token_buffer;
mod tokens;
mod trim;

use napi_derive::napi;

/// Version of this library.
#[napi]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Name of the kernels chosen for this processor.
#[napi]
pub fn kernels() -> String {
    maxsimd_core::kernel::active().name.to_owned()
}
