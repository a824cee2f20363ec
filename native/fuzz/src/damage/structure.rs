//! F3: the values of a file are hostile, and its checksums are right.
//!
//! ```text
//! for each trial: choose a subject and a file of it; change it one to three times (`mutation.rs`); make all checksums right
//!     open the version with every check            wanted: a typed error, or it is accepted
//!     if it is accepted: search it (`exercise.rs`)  wanted: only documents of the index, no panic
//!     most memory in use meanwhile                  wanted: at most 2 × the bytes of the files + 64 MiB
//! ```

use super::fence::fence;
use super::mutation::mutate;
use crate::container_bytes::{self, ContainerBytes};
use crate::exercise::exercise;
use crate::memory::peak_of;
use crate::outcome::{Counts, Outcome};
use crate::random::Random;
use crate::subject::{Subject, work_folder};
use maxsimd_core::index::{Check, Index, sections};
use maxsimd_core::{Error, Result};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// How much to do.
#[derive(Debug, Clone, Copy)]
pub struct Structure {
    /// Number of trials.
    pub trials: u64,
    /// Searches of each file that is accepted.
    pub searches: usize,
}

/// Memory that a version may take besides twice its files' bytes.
const SPARE_MEMORY: u64 = 64 << 20;
/// Longest that a trial may take, in milliseconds: far more than any needs, so that only an endless loop is found.
const MOST_MS: u64 = 20_000;

/// Damages structure under right checksums.
///
/// # Errors
/// [`Error::Io`] of the test itself.
pub fn structure(subjects: &[Subject], seed: u64, how: Structure) -> Result<Outcome> {
    let mut counts = Counts::default();
    let mut folders = Vec::new();
    for subject in subjects {
        let folder = work_folder()?;
        subject.write(folder.path())?;
        folders.push(folder);
    }
    for number in 0..how.trials {
        let mut random = Random::new(seed, number);
        let which = random.below(subjects.len());
        trial(subjects, which, folders[which].path(), number, how.searches, &mut random, &mut counts)?;
    }
    counts.raise("trials", how.trials);
    let limit = format!(
        "no crash, no document that the index does not have, memory within 2 x file + 64 MiB, every refusal typed; {} trials, {} searches of each accepted file",
        how.trials, how.searches
    );
    let zero =
        ["accepted", "typed", "other_errors", "crashes", "wrong_answers", "too_much_memory", "too_slow"];
    Ok(counts.outcome(
        "F3",
        "counts, offsets, dims, ids and values damaged under right checksums",
        &zero,
        &limit,
        true,
    ))
}

/// Runs one trial of [`structure`] again.
///
/// # Errors
/// As [`structure`].
pub fn repeat(subjects: &[Subject], seed: u64, number: u64, searches: usize) -> Result<Outcome> {
    let mut random = Random::new(seed, number);
    let which = random.below(subjects.len());
    let folder = work_folder()?;
    subjects[which].write(folder.path())?;
    let mut counts = Counts::default();
    trial(subjects, which, folder.path(), number, searches, &mut random, &mut counts)?;
    Ok(counts.outcome("F3", "one trial", &[], "as of F3", true))
}

fn trial(
    subjects: &[Subject],
    which: usize,
    folder: &Path,
    number: u64,
    searches: usize,
    random: &mut Random,
    counts: &mut Counts,
) -> Result<()> {
    let subject = &subjects[which];
    let mut files = subject.files.clone();
    let chosen = random.below(files.len());
    let mut what = Vec::new();
    let Some(mut content) = ContainerBytes::read(&files[chosen].1) else { return Ok(()) };
    for _ in 0..=random.below(3) {
        what.push(mutate(&mut content, subjects, random));
    }
    let mut bytes = content.write();
    if random.chance(12) {
        what.push(damage_header(&mut bytes, random));
    }
    // A manifest names its parts by their digests, so that of the damaged part becomes right, too.
    let (old, new) = (container_bytes::digest(&files[chosen].1), container_bytes::digest(&bytes));
    files[chosen].1 = bytes;
    let mut written = vec![chosen];
    if let Some(entry) =
        files.iter().position(|file| file.0 == subject.entry).filter(|&entry| entry != chosen)
        && let Some(mut manifest) = ContainerBytes::read(&files[entry].1)
    {
        if let Some(json) = manifest.section(sections::MANIFEST) {
            *json = String::from_utf8_lossy(json).replace(&old, &new).into_bytes();
        }
        files[entry].1 = manifest.write();
        written.push(entry);
    }
    for &file in &written {
        overwrite(&folder.join(&files[file].0), &files[file].1)?;
    }
    let began = Instant::now();
    let entry = folder.join(&subject.entry);
    let (result, peak) = peak_of(|| {
        fence(|| -> Result<_> {
            let index = match Index::open(&entry, Check::Full) {
                Ok(index) => Arc::new(index),
                Err(error) => return Ok(Err(error)),
            };
            exercise(&index, searches, random).map(Ok)
        })
    });
    let ms = began.elapsed().as_millis() as u64;
    let what = || format!("trial {number}, {} {}: {}", subject.name, files[chosen].0, what.join("; "));
    match result {
        Ok(Ok(Ok(None))) => counts.add("accepted"),
        Ok(Ok(Ok(Some(wrong)))) => counts.fail("wrong_answers", || format!("{}: {wrong}", what())),
        Ok(Ok(Err(error))) if is_typed(&error) => counts.add("typed"),
        Ok(Ok(Err(error))) => counts.fail("other_errors", || format!("{}: {error}", what())),
        Ok(Err(error)) => counts.fail("wrong_answers", || format!("{}: {error}", what())),
        Err(panic) => counts.fail("crashes", || format!("{}: {panic}", what())),
    }
    let most = 2 * files.iter().map(|file| file.1.len() as u64).sum::<u64>() + SPARE_MEMORY;
    if peak > most {
        counts.fail("too_much_memory", || format!("{}: {peak} bytes, at most {most}", what()));
    }
    if ms > MOST_MS {
        counts.fail("too_slow", || format!("{}: {ms} ms", what()));
    }
    counts.raise("peak_bytes", peak);
    counts.raise("slowest_ms", ms);
    for &file in &written {
        overwrite(&folder.join(&files[file].0), &subject.files[file].1)?;
    }
    Ok(())
}

/// A manifest may name a file that is not there.
fn is_typed(error: &Error) -> bool {
    match error {
        Error::Corrupt { .. } | Error::Format { .. } => true,
        Error::Io { source, .. } => source.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// Sets a field of the header or of the table, and makes the digest right.
fn damage_header(bytes: &mut [u8], random: &mut Random) -> String {
    let sections = u32::from_le_bytes([bytes[16], bytes[17], bytes[18], bytes[19]]) as usize;
    let at = match random.below(3) {
        0 => 8 + 4 * random.below(6),
        _ => 96 + 56 * random.below(sections.max(1)) + *random.of(&[0, 4, 8, 16]),
    };
    let value = super::mutation::extreme(random, 1 << 16);
    let width = if random.chance(2) { 4 } else { 8 };
    bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    container_bytes::seal(bytes);
    format!("header[{at}] = {value}")
}

fn overwrite(path: &Path, bytes: &[u8]) -> Result<()> {
    let io = |e| Error::io(path, "write", e);
    let file = File::options().write(true).open(path).map_err(io)?;
    file.write_all_at(bytes, 0).and_then(|()| file.set_len(bytes.len() as u64)).map_err(io)
}
