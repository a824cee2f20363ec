//! The promise: a guarded file that is cut short does not end the process and is known to be damaged; any other bus error does what it did
//! before the guard.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::MappedFile;

const LENGTH: usize = 100 << 12;

fn file_of(byte: u8) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a");
    fs::write(&path, vec![byte; LENGTH + 5]).unwrap();
    (directory, path)
}

fn cut(path: &PathBuf, length: usize) {
    File::options().write(true).open(path).unwrap().set_len(length as u64).unwrap();
}

fn sum(bytes: &[u8]) -> usize {
    bytes.iter().map(|&byte| usize::from(byte)).sum()
}

#[test]
fn a_file_that_is_cut_short_reads_as_zeros_and_is_damaged() {
    let (_other, other) = file_of(1);
    let other = MappedFile::guarded(other).unwrap();
    for left in [0, 1, 4096, LENGTH] {
        let (_directory, path) = file_of(1);
        let mapped = MappedFile::guarded(&path).unwrap();
        assert_eq!((sum(mapped.bytes()), mapped.is_damaged()), (LENGTH + 5, false));
        cut(&path, left);
        // The rest of the last page that is left is zeros, too.
        assert_eq!(sum(mapped.bytes()), left);
        // From 1 and 4,096 bytes on pages are gone; with LENGTH the last page is, which had 5 bytes.
        assert!(mapped.is_damaged(), "{left}");
        mapped.release(0..LENGTH);
        assert_eq!((sum(&mapped.bytes()[4096.max(left)..]), mapped.is_damaged()), (0, true));
    }
    assert_eq!((sum(other.bytes()), other.is_damaged()), (LENGTH + 5, false));
}

#[test]
fn a_file_mapped_in_the_place_of_a_damaged_one_is_not_damaged() {
    for _ in 0..10 {
        let (_directory, path) = file_of(2);
        let mapped = MappedFile::guarded(&path).unwrap();
        cut(&path, 0);
        assert_eq!((sum(mapped.bytes()), mapped.is_damaged()), (0, true));
        drop(mapped);
        fs::write(&path, vec![3; LENGTH]).unwrap();
        let mapped = MappedFile::guarded(&path).unwrap();
        assert_eq!((sum(mapped.bytes()), mapped.is_damaged()), (3 * LENGTH, false));
    }
}

#[test]
fn threads_that_read_a_file_while_it_is_cut_see_its_bytes_or_the_flag() {
    for round in 0..50 {
        let (_directory, path) = file_of(1);
        let mapped = MappedFile::guarded(&path).unwrap();
        let begun = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let read = sum(mapped.bytes());
                        begun.store(true, Ordering::Relaxed);
                        if mapped.is_damaged() {
                            break;
                        }
                        assert_eq!(read, LENGTH + 5);
                    }
                });
                // Other files come and go meanwhile.
                scope.spawn(|| {
                    while !mapped.is_damaged() {
                        let (_directory, path) = file_of(1);
                        let other = MappedFile::guarded(path).unwrap();
                        assert_eq!((sum(other.bytes()), other.is_damaged()), (LENGTH + 5, false));
                    }
                });
            }
            while !begun.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            cut(&path, round * 4096);
        });
    }
}

const SCENE: &str = "MAXSIMD_TEST_SCENE";

/// Runs [`in_a_process_of_its_own`] in a process of its own, which plays a scene.
fn play(scene: &str) -> ExitStatus {
    let test = std::env::current_exe().unwrap();
    let mut command = Command::new(test);
    command.args(["--exact", "storage::guard_tests::in_a_process_of_its_own"]).env(SCENE, scene);
    command.output().unwrap().status
}

extern "C" fn exit_42(_: libc::c_int) {
    // SAFETY: ends the process without running anything else.
    unsafe { libc::_exit(42) };
}

/// Not a test by itself: plays the scene that the environment names.
#[test]
fn in_a_process_of_its_own() {
    let Ok(scene) = std::env::var(SCENE) else { return };
    if scene == "another handler" {
        // SAFETY: the handler has the type of one without SA_SIGINFO.
        unsafe { libc::signal(libc::SIGBUS, exit_42 as extern "C" fn(libc::c_int) as usize) };
    }
    let (_directory, path) = file_of(1);
    let guarded = MappedFile::guarded(&path).unwrap();
    cut(&path, 0);
    assert_eq!((sum(guarded.bytes()), guarded.is_damaged()), (0, true));
    let (_directory, path) = file_of(1);
    let unguarded = MappedFile::open(&path).unwrap();
    match &scene[..] {
        // SAFETY: raises a signal in this process.
        "raised" => _ = unsafe { libc::raise(libc::SIGBUS) },
        "in the place of a guarded one" => {
            let place = guarded.bytes().as_ptr();
            drop(guarded);
            let maps: Vec<MappedFile> = (0..100).map(|_| MappedFile::open(&path).unwrap()).collect();
            let there = maps.iter().find(|map| map.bytes().as_ptr() == place).unwrap();
            cut(&path, 0);
            assert_eq!(sum(there.bytes()), 0);
            return;
        }
        _ => {}
    }
    cut(&path, 0);
    assert_eq!(sum(unguarded.bytes()), 0);
}

#[test]
fn a_bus_error_elsewhere_ends_the_process_as_before() {
    for scene in ["unguarded", "raised", "in the place of a guarded one"] {
        assert_eq!(play(scene).signal(), Some(libc::SIGBUS), "{scene}");
    }
}

#[test]
fn a_bus_error_elsewhere_goes_to_the_handler_before() {
    let status = play("another handler");
    assert_eq!(status.code(), Some(42), "{status}");
}
