//! F2: a file is shorter or longer than it was.
//!
//! ```text
//! for each file of each subject, of n bytes: give it the lengths n + 4,096 … n + 1, with zeros at the end, then n − 1 … 0
//!     wanted: Error::Corrupt or Error::Format
//! ```

use super::fence::fence;
use crate::outcome::{Counts, Outcome};
use crate::random::Random;
use crate::subject::{Subject, work_folder};
use maxsimd_core::index::{Check, Index};
use maxsimd_core::{Error, Result};
use std::fs::{self, File};

/// Bytes that a file is lengthened by at most.
const MORE: u64 = 4096;

/// Gives files other lengths; all of them without a `count`, otherwise about as many, chosen by `seed`.
///
/// # Errors
/// [`Error::Io`] of the test itself.
pub fn lengths(subjects: &[Subject], seed: u64, count: Option<u64>) -> Result<Outcome> {
    let files: usize = subjects.iter().map(|subject| subject.files.len()).sum();
    let all = subjects.iter().map(Subject::bytes).sum::<u64>() + files as u64 * MORE;
    let mut counts = Counts::default();
    let (mut random, mut trials) = (Random::new(seed, 2), 0);
    for subject in subjects {
        let folder = work_folder()?;
        subject.write(folder.path())?;
        let entry = folder.path().join(&subject.entry);
        for (name, bytes) in &subject.files {
            let path = folder.path().join(name);
            let io = |e| Error::io(&path, "write", e);
            _ = fs::remove_file(folder.path().join(format!("{name}.verified")));
            let file = File::options().write(true).open(&path).map_err(io)?;
            let right = bytes.len() as u64;
            for length in (0..=right + MORE).rev().filter(|&length| length != right) {
                if count.is_some_and(|count| random.bits() % all >= count) {
                    continue;
                }
                file.set_len(length).map_err(io)?;
                trials += 1;
                let what = || format!("{} {name}, {length} bytes instead of {right}", subject.name);
                match fence(|| Index::open(&entry, Check::Full).map(drop)) {
                    Ok(Err(Error::Corrupt { .. } | Error::Format { .. })) => counts.add("typed"),
                    Ok(Err(error)) => counts.fail("other_errors", || format!("{}: {error}", what())),
                    Ok(Ok(())) => counts.fail("accepted", what),
                    Err(panic) => counts.fail("crashes", || format!("{}: {panic}", what())),
                }
            }
            fs::write(&path, bytes).map_err(io)?;
        }
        if let Err(error) = Index::open(&entry, Check::Full) {
            counts.fail("undamaged_refused", || format!("{}: {error}", subject.name));
        }
    }
    let least = if count.is_none() { all } else { 1 };
    counts.raise("trials", trials);
    let limit = format!("every file of another length is a typed error; at least {least} trials");
    let zero = ["typed", "accepted", "other_errors", "crashes", "undamaged_refused"];
    Ok(counts.outcome(
        "F2",
        "every length from 0 to n - 1 and from n + 1 to n + 4096",
        &zero,
        &limit,
        trials >= least,
    ))
}
