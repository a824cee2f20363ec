//! A target for each parser: valid inputs, which are changed at random, and what is done with each.
//!
//! ```text
//! for each case: take a seed of the target; change it one to six times (`change.rs`); run the target
//!     wanted: it returns, with a result or a typed error; at most 64 MiB + 16 × the input of memory
//! ```
//!
//! Inputs are not guided by coverage: that needs a compiler that instruments the code, which stable Rust is not. The changes know of lengths,
//! numbers and words of each format instead. A panic, an endless loop, or an answer that breaks a promise is a failure.

mod arrays;
mod change;
mod texts;
mod values;

use crate::damage::fence;
use crate::memory::peak_of;
use crate::outcome::{Counts, Outcome};
use crate::random::Random;
use crate::subject::work_folder;
use maxsimd_core::Result;
use std::path::Path;
use std::time::{Duration, Instant};

/// A parser with inputs.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Valid inputs.
    seeds: fn() -> Result<Vec<Vec<u8>>>,
    /// Words of its format.
    words: &'static [&'static str],
    /// Parses an input; may write into the folder. `Err` says which promise was broken.
    run: fn(&[u8], &Path) -> std::result::Result<(), String>,
}

/// All targets.
pub const ALL: [Target; 8] = [
    arrays::NPY,
    arrays::NPZ,
    arrays::SAFETENSORS,
    values::CONTAINER,
    values::COLUMN,
    values::IDS,
    texts::FILTER,
    texts::RECORD,
];

/// Memory that a case may take besides a multiple of its input.
const SPARE_MEMORY: u64 = 64 << 20;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// After as many cases of each target.
    Cases(u64),
    /// After as long for each target.
    Time(Duration),
}

/// Runs targets, those with a name in `names`, or all if it is empty.
///
/// # Errors
/// [`maxsimd_core::Error::Io`] of the test itself.
pub fn fuzz(names: &[String], seed: u64, first: u64, until: Until) -> Result<Outcome> {
    let folder = work_folder()?;
    let mut counts = Counts::default();
    let mut cases = 0;
    for target in ALL.iter().filter(|target| names.is_empty() || names.iter().any(|name| name == target.name))
    {
        let seeds = (target.seeds)()?;
        for seed in &seeds {
            if let Err(wrong) = (target.run)(seed, folder.path()) {
                counts.fail("broken_promises", || format!("{}, a seed: {wrong}", target.name));
            }
        }
        let began = Instant::now();
        let mut number = first;
        while match until {
            Until::Cases(count) => number < first + count,
            Until::Time(time) => began.elapsed() < time,
        } {
            let mut random = Random::new(seed, number);
            let input = change::change(&seeds, target.words, &mut random);
            let (result, peak) = peak_of(|| fence(|| (target.run)(&input, folder.path())));
            let what = || format!("{} case {number}, {} bytes", target.name, input.len());
            match result {
                Ok(Ok(())) => {}
                Ok(Err(wrong)) => counts.fail("broken_promises", || format!("{}: {wrong}", what())),
                Err(panic) => counts.fail("crashes", || format!("{}: {panic}", what())),
            }
            if peak > SPARE_MEMORY + 16 * input.len() as u64 {
                counts.fail("too_much_memory", || format!("{}: {peak} bytes", what()));
            }
            number += 1;
            cases += 1;
        }
    }
    counts.raise("cases", cases);
    let limit = "no panic, no broken promise, memory within 64 MiB + 16 x input";
    let zero = ["crashes", "broken_promises", "too_much_memory"];
    Ok(counts.outcome("fuzz", "changed inputs of every parser", &zero, limit, cases > 0))
}
