//! F1: one byte of a file is another one.
//!
//! ```text
//! for each file of each subject, for each byte:
//!     for each of its eight bits: flip it;  then 0x00;  then 0xff
//!         write the byte, open the version with every check, write the byte back
//!         wanted: Error::Corrupt or Error::Format
//! ```

use super::fence::fence;
use crate::outcome::{Counts, Outcome};
use crate::random::Random;
use crate::subject::{Subject, work_folder};
use maxsimd_core::index::{Check, Index};
use maxsimd_core::{Error, Result};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

/// Values that each byte is given: eight flips, 0x00 and 0xff.
const VALUES: usize = 10;
/// Trials of a full run at least.
const FULL: u64 = 640_000;

/// Damages bytes; all of them without a `count`, otherwise as many, chosen by `seed`.
///
/// # Errors
/// [`Error::Io`] of the test itself.
pub fn flips(subjects: &[Subject], seed: u64, count: Option<u64>) -> Result<Outcome> {
    let all: u64 = subjects.iter().map(Subject::bytes).sum::<u64>() * VALUES as u64;
    let mut counts = Counts::default();
    let (mut random, mut trials) = (Random::new(seed, 1), 0);
    for subject in subjects {
        let folder = work_folder()?;
        subject.write(folder.path())?;
        let entry = folder.path().join(&subject.entry);
        for (name, bytes) in &subject.files {
            let path = folder.path().join(name);
            let io = |e| Error::io(&path, "write", e);
            // A stamp says that the file was verified. A byte that changes within the same tick of the clock would not show.
            _ = fs::remove_file(folder.path().join(format!("{name}.verified")));
            let file = File::options().write(true).open(&path).map_err(io)?;
            for (offset, &byte) in bytes.iter().enumerate() {
                let mut changed = false;
                for which in 0..VALUES {
                    let value =
                        [0, 0xff].get(which.wrapping_sub(8)).copied().unwrap_or(byte ^ (1 << (which % 8)));
                    let chosen = count.is_none_or(|count| random.bits() % all < count);
                    if value == byte || !chosen {
                        continue;
                    }
                    file.write_all_at(&[value], offset as u64).map_err(io)?;
                    (changed, trials) = (true, trials + 1);
                    let what = || format!("{} {name}, byte {offset} = {value:#04x}", subject.name);
                    match fence(|| Index::open(&entry, Check::Full).map(drop)) {
                        Ok(Err(Error::Corrupt { .. } | Error::Format { .. })) => counts.add("typed"),
                        Ok(Err(error)) => counts.fail("other_errors", || format!("{}: {error}", what())),
                        Ok(Ok(())) => counts.fail("accepted", what),
                        Err(panic) => counts.fail("crashes", || format!("{}: {panic}", what())),
                    }
                }
                if changed {
                    file.write_all_at(&[byte], offset as u64).map_err(io)?;
                }
            }
        }
        if let Err(error) = Index::open(&entry, Check::Full) {
            counts.fail("undamaged_refused", || format!("{}: {error}", subject.name));
        }
    }
    let least = if count.is_none() { FULL } else { 1 };
    let limit = format!("every file with a damaged byte is a typed error; at least {least} trials");
    let zero = ["typed", "accepted", "other_errors", "crashes", "undamaged_refused"];
    counts.raise("trials", trials);
    Ok(counts.outcome("F1", "single bits flipped, bytes set to 00 and FF", &zero, &limit, trials >= least))
}
