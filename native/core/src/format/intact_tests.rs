//! The promise: what is read from an open container is known to come from the bytes of its digest, or known not to; what does not change the
//! bytes costs at most a verification.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::{Condition, Container, ContainerWriter, Pass};
use crate::Error;
use crate::storage::FileIdentity;

const SECTION: usize = 3 << 20;

fn container() -> (TempDir, PathBuf, Container) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("index");
    let mut writer = ContainerWriter::create(&path, 2).unwrap();
    writer.section(1, &[]).unwrap();
    writer.section(2, &vec![7; SECTION]).unwrap();
    writer.finish().unwrap();
    let container = Container::open(&path).unwrap();
    container.check_intact().unwrap();
    (directory, path, container)
}

/// Does something to the file, again until its times are others: two changes within a tick of the clock have the same times.
fn change(container: &Container, what: impl Fn()) {
    let times = |state: FileIdentity| (state.mtime_ns, state.ctime_ns);
    let before = times(container.file().identity().unwrap());
    while times(container.file().identity().unwrap()) == before {
        what();
    }
}

fn write(path: &Path, byte: u8) {
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(&[byte], (SECTION / 2) as u64).unwrap();
}

fn condition(container: &Container) -> Condition {
    container.condition().unwrap()
}

fn reverify(container: &Container) -> Result<(), Error> {
    container.reverify(&|_, _| true)
}

#[test]
fn a_file_written_to_in_place_is_not_used_until_it_is_verified_and_then_is_damaged() {
    let (_directory, path, container) = container();
    change(&container, || write(&path, 8));
    assert!(matches!(container.check_intact(), Err(Error::Changed { .. })));
    assert!(matches!(reverify(&container), Err(Error::Corrupt { .. })));
    // What was computed from the wrong bytes does not become right when they are restored.
    change(&container, || write(&path, 7));
    assert!(matches!(container.check_intact(), Err(Error::Corrupt { .. })));
    Container::open(&path).unwrap().check_intact().unwrap();
}

#[test]
fn a_write_that_sets_the_modification_time_back_is_a_change() {
    let (_directory, path, container) = container();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    change(&container, || {
        write(&path, 8);
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    });
    assert_eq!(container.file().identity().unwrap().mtime_ns, container.file().opened_as().mtime_ns);
    assert_eq!(condition(&container), Condition::Changed);
}

#[test]
fn a_change_once_seen_is_not_forgotten_when_it_looks_like_another_name() {
    let (directory, path, container) = container();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    change(&container, || write(&path, 8));
    assert_eq!(condition(&container), Condition::Changed);
    File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    fs::hard_link(&path, directory.path().join("b")).unwrap();
    assert!(container.file().identity().unwrap().only_links_differ(&container.file().opened_as()));
    assert_eq!(condition(&container), Condition::Changed);
}

#[test]
fn what_leaves_the_bytes_alone_is_a_change_until_they_are_verified() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 3] = [
        ("touch", |path| {
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(std::time::SystemTime::now()).unwrap();
        }),
        ("chmod", |path| fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap()),
        ("the same bytes", |path| write(path, 7)),
    ];
    for (name, act) in changes {
        let (_directory, path, container) = container();
        change(&container, || act(&path));
        assert_eq!(condition(&container), Condition::Changed, "{name}");
        reverify(&container).unwrap();
        assert_eq!(condition(&container), Condition::Intact, "{name}");
        container.check_intact().unwrap();
    }
}

#[test]
fn a_file_that_loses_or_gets_a_name_stays_intact() {
    let (directory, path, container) = container();
    change(&container, || {
        let link = directory.path().join("b");
        _ = fs::remove_file(&link);
        fs::hard_link(&path, link).unwrap();
    });
    assert_eq!(condition(&container), Condition::Relinked);
    container.check_intact().unwrap();
    fs::remove_file(directory.path().join("b")).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(condition(&container), Condition::Relinked);
    reverify(&container).unwrap();
    assert_eq!(condition(&container), Condition::Intact);
}

#[test]
fn what_was_computed_from_a_changed_file_and_kept_makes_it_damaged_for_good() {
    let (_directory, path, container) = container();
    change(&container, || write(&path, 8));
    container.derive(|| container.section(2).unwrap()[0]);
    write(&path, 7);
    assert!(matches!(reverify(&container), Err(Error::Corrupt { .. })));
}

#[test]
fn a_file_that_is_cut_short_is_damaged_whether_its_times_or_its_pages_are_looked_at() {
    for read in [false, true] {
        let (_directory, path, container) = container();
        File::options().write(true).open(path).unwrap().set_len(4096).unwrap();
        if read {
            assert_eq!(container.section(2).unwrap().iter().map(|&byte| u64::from(byte)).sum::<u64>(), 0);
            assert!(matches!(container.check_intact(), Err(Error::Corrupt { .. })));
        } else {
            assert!(matches!(container.check_intact(), Err(Error::Changed { .. })));
        }
        assert!(matches!(reverify(&container), Err(Error::Corrupt { .. })));
        assert_eq!(condition(&container), Condition::Damaged);
    }
}

#[test]
fn a_pass_in_small_steps_reads_every_byte_and_finds_a_wrong_one() {
    let (_directory, path, container) = container();
    for most in [1 << 20, 100_000, usize::MAX] {
        let (mut pass, mut read) = (Pass::new(), 0);
        loop {
            match pass.step_on_one_thread(&container, most).unwrap() {
                0 => break,
                bytes => read += bytes,
            }
        }
        assert_eq!(read, container.file_length() as usize - container.header().len());
    }
    write(&path, 8);
    let mut pass = Pass::new();
    let error = loop {
        match pass.step_on_one_thread(&container, 100_000) {
            Ok(read) => assert!(read > 0),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert_eq!(condition(&container), Condition::Damaged);
}

#[test]
fn it_is_known_how_long_ago_all_of_it_was_verified() {
    let (_directory, _path, container) = container();
    assert_eq!(container.verified_before(), None);
    reverify(&container).unwrap();
    assert!(container.verified_before().is_some_and(|before| before < Duration::from_secs(60)));
}
