//! Comparing every byte of a container with its checksums, once per file.

use super::checksum;
use super::container::Container;
use super::intact::Condition;
use super::pass::Pass;
use super::verification_stamp::VerificationStamp;
use crate::{Error, Result};
use std::sync::PoisonError;

/// Bytes hashed between two calls of `progress`: 3 ms on one core with AVX2, which bounds how long a caller waits for the
/// work to stop.
const STEP: usize = 8 << 20;

/// Whether [`Container::verify_once`] had to read the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Every byte was read and compared with its checksum.
    Checked,
    /// The file was verified earlier and has not changed since.
    Remembered,
}

impl Container {
    /// Compares every byte with its checksum, in the current rayon pool.
    ///
    /// `progress` is called on this thread with the number of bytes done and the total; the work stops when it returns `false`.
    ///
    /// # Errors
    /// [`Error::Corrupt`], which names the first damaged section; [`Error::Cancelled`] if `progress` returned `false`.
    pub fn verify(&self, progress: &dyn Fn(u64, u64) -> bool) -> Result<()> {
        let total = self.file_length() - self.header().len() as u64;
        let mut pass = Pass::new();
        let mut done = 0;
        loop {
            if !progress(done, total) {
                return Err(Error::Cancelled);
            }
            let next = self.header().len() + done as usize + STEP;
            self.file().will_need(next..next + STEP);
            match pass.step(self, STEP, checksum::update)? {
                0 => return Ok(()),
                bytes => done += bytes,
            }
        }
    }

    /// As [`Self::verify`], followed by `check_values`, but only once per file. Success is saved in `<file>.verified` and holds
    /// for this version of the program, as long as digest, size, times and inode of the file stay the same. If the stamp cannot
    /// be written, the container is verified each time.
    ///
    /// A disk that loses bits without a write is not detected this way; `verify` detects it.
    ///
    /// # Errors
    /// As [`Self::verify`], and those of `check_values`.
    pub fn verify_once(
        &self,
        progress: &dyn Fn(u64, u64) -> bool,
        check_values: &dyn Fn() -> Result<()>,
    ) -> Result<Verification> {
        let known = self.condition()?;
        // A file that changed was written to by who knows whom; see there why its state must be older than a tick.
        let state = if known == Condition::Intact { self.file().identity()? } else { self.settled()? };
        let stamp = VerificationStamp::of(self, &state);
        if stamp.is_remembered(self.path()) {
            if known != Condition::Intact {
                self.trust_if_still(state)?;
            }
            return Ok(Verification::Remembered);
        }
        self.verify(progress)?;
        check_values()?;
        // Searches read the pages that they need again. The others should not count as memory of this process.
        self.file().release(0..usize::MAX);
        // A file that changed while it was read is not verified.
        self.trust_if_still(state)?;
        self.was_verified();
        stamp.remember(self.path());
        Ok(Verification::Checked)
    }

    /// Saves that the file was verified, with its values, in the state in which it is trusted. The next [`Self::verify_once`] need not read it.
    pub fn remember(&self) {
        let state = *self.trust().state.read().unwrap_or_else(PoisonError::into_inner);
        VerificationStamp::of(self, &state).remember(self.path());
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;

    use super::super::verification_stamp::stamp_path;
    use super::*;
    use crate::format::ContainerWriter;

    fn write(path: &Path, sections: &[Vec<u8>]) {
        let mut writer = ContainerWriter::create(path, sections.len() + 1).unwrap();
        for (id, content) in sections.iter().enumerate() {
            writer.section(id as u32, content).unwrap();
        }
        writer.finish().unwrap();
    }

    fn container_of(sections: &[Vec<u8>]) -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        write(&path, sections);
        (directory, path)
    }

    fn check(path: &Path) -> Result<()> {
        Container::open(path)?.verify(&|_, _| true)
    }

    fn typed(result: &Result<()>) -> bool {
        matches!(result, Err(Error::Corrupt { .. } | Error::Format { .. }))
    }

    #[test]
    fn every_flipped_bit_and_blanked_byte_of_a_file_is_found() {
        let sections = [vec![7; 300], vec![], (0..=255).collect(), vec![0; 1000], vec![0xff; 65]];
        let (_directory, path) = container_of(&sections);
        let right = fs::read(&path).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        let mut tried = 0;
        for (offset, &byte) in right.iter().enumerate() {
            let flips = (0..8).map(|bit| byte ^ (1 << bit));
            for value in flips.chain([0, 0xff]).filter(|&value| value != byte) {
                file.write_all_at(&[value], offset as u64).unwrap();
                let result = check(&path);
                assert!(typed(&result), "byte {offset} = {value:#04x}: {result:?}");
                tried += 1;
            }
            file.write_all_at(&[byte], offset as u64).unwrap();
        }
        assert!(tried > 8 * right.len());
        check(&path).unwrap();
    }

    #[test]
    fn the_damaged_section_is_named() {
        let (_directory, path) = container_of(&[vec![1; 100], vec![2; 200_000], vec![3; STEP + 100]]);
        let sections = Container::open(&path).unwrap().sections().to_vec();
        let right = fs::read(&path).unwrap();
        for section in sections {
            for place in [0, section.length / 2, section.length - 1, section.length] {
                // Written in place, as a broken disk would.
                let file = File::options().write(true).open(&path).unwrap();
                let offset = section.offset + place;
                file.write_all_at(&[99], offset).unwrap();
                let error = check(&path).unwrap_err().to_string();
                let name = format!("section {} at offset {} is damaged", section.id, section.offset);
                assert!(error.contains(&name), "{error}");
                file.write_all_at(&[right[offset as usize]], offset).unwrap();
            }
        }
    }

    #[test]
    fn bytes_after_a_section_must_be_zero_even_under_a_right_checksum() {
        let (_directory, path) = container_of(&[vec![1; 100]]);
        let container = Container::open(&path).unwrap();
        let (header, section) = (container.header().len(), container.sections()[0]);
        let mut bytes = fs::read(&path).unwrap();
        let start = section.offset as usize;
        bytes[start + 100] = 1;
        let checksum = blake3::hash(&bytes[start..]);
        bytes[96 + 24..96 + 56].copy_from_slice(checksum.as_bytes());
        let digest = blake3::hash(&bytes[..header - 32]);
        bytes[header - 32..header].copy_from_slice(digest.as_bytes());
        drop(container);
        fs::write(&path, &bytes).unwrap();
        let error = check(&path).unwrap_err().to_string();
        assert!(error.contains("expected zeros after it"), "{error}");
    }

    #[test]
    fn progress_reaches_the_end_and_can_stop_the_work() {
        let (_directory, path) = container_of(&[vec![1; 3 * STEP + 5], vec![2; 70]]);
        let container = Container::open(&path).unwrap();
        let calls = RefCell::new(Vec::new());
        container
            .verify(&|done, total| {
                calls.borrow_mut().push((done, total));
                true
            })
            .unwrap();
        let calls = calls.into_inner();
        let total = container.file_length() - container.header().len() as u64;
        assert!(calls.iter().all(|call| call.1 == total) && calls.is_sorted());
        assert_eq!((calls[0].0, calls[calls.len() - 1].0), (0, total));
        for stop in 0..calls.len() {
            let called = Cell::new(0);
            let result = container.verify(&|_, _| {
                called.set(called.get() + 1);
                called.get() <= stop
            });
            assert!(matches!(result, Err(Error::Cancelled)), "{stop}: {result:?}");
            assert_eq!(called.get(), stop + 1);
        }
    }

    fn once(path: &Path) -> Verification {
        Container::open(path).unwrap().verify_once(&|_, _| true, &|| Ok(())).unwrap()
    }

    #[test]
    fn a_file_is_verified_once_until_it_changes() {
        let (_directory, path) = container_of(&[vec![1; 100]]);
        assert_eq!([once(&path), once(&path)], [Verification::Checked, Verification::Remembered]);
        // Another index in its place, then the same one again: other inodes.
        for content in [2, 1] {
            write(&path, &[vec![content; 100]]);
            assert_eq!([once(&path), once(&path)], [Verification::Checked, Verification::Remembered]);
        }
    }

    #[test]
    fn damage_is_found_though_size_inode_and_modification_time_are_the_same() {
        let (_directory, path) = container_of(&[vec![1; 100]]);
        once(&path);
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let before = Container::open(&path).unwrap().file().identity().unwrap();
        let offset = Container::open(&path).unwrap().sections()[0].offset;
        // The file system's clock ticks every few milliseconds; two writes within a tick have the same times.
        while Container::open(&path).unwrap().file().identity().unwrap().ctime_ns == before.ctime_ns {
            let file = File::options().write(true).open(&path).unwrap();
            file.write_all_at(&[2], offset).unwrap();
            file.set_modified(modified).unwrap();
        }
        let container = Container::open(&path).unwrap();
        assert_eq!(container.file().identity().unwrap().mtime_ns, before.mtime_ns);
        assert!(typed(&container.verify_once(&|_, _| true, &|| Ok(())).map(drop)));
        // A failure leaves no stamp.
        assert!(typed(&container.verify_once(&|_, _| true, &|| Ok(())).map(drop)));
    }

    #[test]
    fn a_stamp_is_valid_only_if_every_field_is_right() {
        let (_directory, path) = container_of(&[vec![1; 100]]);
        once(&path);
        let stamp = fs::read_to_string(stamp_path(&path)).unwrap();
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&stamp).unwrap();
        assert_eq!(fields.len(), 8);
        let mut wrong: Vec<String> =
            vec![String::new(), "{}".into(), "null".into(), stamp.repeat(2), " ".repeat(9999)];
        wrong.push(format!("{}{stamp}", " ".repeat(4096)));
        for (name, value) in &fields {
            let mut changed = fields.clone();
            let other = match value {
                serde_json::Value::String(text) => format!("{text}1").into(),
                _ => (value.as_u64().unwrap() + 1).into(),
            };
            changed.insert(name.clone(), other);
            wrong.push(serde_json::to_string(&changed).unwrap());
            changed.remove(name);
            wrong.push(serde_json::to_string(&changed).unwrap());
        }
        for text in wrong {
            fs::write(stamp_path(&path), &text).unwrap();
            assert_eq!(once(&path), Verification::Checked, "{text}");
            assert_eq!(fs::read_to_string(stamp_path(&path)).unwrap(), stamp);
        }
        assert_eq!(once(&path), Verification::Remembered);
    }

    #[test]
    fn a_file_is_verified_only_when_its_values_are_right_too() {
        let (_directory, path) = container_of(&[vec![1; 100]]);
        let calls = Cell::new(0);
        let verify = |good: bool| {
            let container = Container::open(&path).unwrap();
            container.verify_once(&|_, _| true, &|| {
                calls.set(calls.get() + 1);
                if good { Ok(()) } else { Err(Error::corrupt(&path, "a value", "1", "2")) }
            })
        };
        assert!(typed(&verify(false).map(drop)));
        assert!(typed(&verify(false).map(drop)));
        assert_eq!(verify(true).unwrap(), Verification::Checked);
        assert_eq!(verify(false).unwrap(), Verification::Remembered);
        assert_eq!(calls.get(), 3);
    }

    #[test]
    fn without_a_stamp_each_opening_verifies() {
        let (directory, path) = container_of(&[vec![1; 100]]);
        // A directory in its place: permissions would not stop a test that runs as root.
        fs::create_dir(stamp_path(&path)).unwrap();
        assert_eq!([once(&path), once(&path)], [Verification::Checked; 2]);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
