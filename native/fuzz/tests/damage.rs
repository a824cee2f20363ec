//! The promise: an index file that is damaged or hostile is refused with a typed error, or searched without harm. A share of
//! `npm run damage -- --full`.

use maxsimd_core::index::sections;
use maxsimd_fuzz::container_bytes::ContainerBytes;
use maxsimd_fuzz::damage::{Structure, flips, formats, lengths, quiet_panics, structure};
use maxsimd_fuzz::memory::{Counting, peak_of};
use maxsimd_fuzz::outcome::Outcome;
use maxsimd_fuzz::subject::Subject;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[allow(clippy::unwrap_used, reason = "without its files the test fails")]
static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    quiet_panics();
    Subject::all().unwrap()
});

/// One test at a time: memory is counted for the whole process, so that what another test takes or frees would be counted too.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn require(outcome: &Outcome) {
    assert!(outcome.pass, "{outcome:#?}");
}

#[test]
fn the_damaged_files_have_every_section_but_one_and_the_container_writer_of_the_tests_agrees_with_that_of_the_core()
 {
    let _alone = alone();
    let mut found = BTreeSet::new();
    for (name, bytes) in SUBJECTS.iter().flat_map(|subject| &subject.files) {
        let content = ContainerBytes::read(bytes).unwrap();
        found.extend(content.sections.iter().map(|section| section.0));
        // The core leaves room for more entries in its table. What both wrote is read alike.
        assert_eq!(ContainerBytes::read(&content.write()).unwrap().sections, content.sections, "{name}");
    }
    // No subject has so few of its codec's centroids that only their lists are stored.
    let all = (1..=sections::COUNT as u32).filter(|&section| section != sections::LIST_CENTROIDS);
    assert_eq!(found, all.collect());
    let largest = SUBJECTS.iter().flat_map(|subject| &subject.files).map(|file| file.1.len()).max();
    assert!(largest >= Some(64 << 10), "{largest:?}");
}

#[test]
fn f1_every_damaged_byte_is_a_typed_error() {
    let _alone = alone();
    require(&flips(&SUBJECTS, 1, Some(15_000)).unwrap());
}

#[test]
fn f2_every_wrong_length_is_a_typed_error() {
    let _alone = alone();
    require(&lengths(&SUBJECTS, 1, Some(10_000)).unwrap());
}

#[test]
fn f3_hostile_values_under_right_checksums_are_refused_or_searched_without_harm() {
    let _alone = alone();
    let outcome = structure(&SUBJECTS, 1, Structure { trials: 10_000, searches: 5 }).unwrap();
    require(&outcome);
    // Both ends are reached: refusals and searches.
    assert!(outcome.figures["accepted"] > 500 && outcome.figures["typed"] > 5000, "{outcome:?}");
}

#[test]
fn f5_golden_files_open_and_other_formats_are_errors_that_name_both() {
    let _alone = alone();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../binding/testing/golden");
    require(&formats(&golden).unwrap());
}

#[test]
fn memory_is_counted() {
    let _alone = alone();
    let ((), peak) = peak_of(|| drop(std::hint::black_box(vec![1_u8; 3 << 20])));
    assert!(peak >= 3 << 20, "{peak}");
}
