//! Checking every byte of a segment.

use super::checksum;
use super::layout::CHECKSUM_LENGTH;
use super::segment::Segment;
use super::verification_stamp::VerificationStamp;
use crate::{Error, Result};

/// Bytes hashed between two calls of the progress function: 3 ms on one core with AVX2, so that a caller
/// who stops the work need not wait.
const STEP: usize = 8 << 20;

/// How [`Segment::verify_once`] came to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Every byte was read and compared.
    Checked,
    /// It was so earlier, and the file has not changed since.
    Remembered,
}

impl Segment {
    /// Compares every byte with its checksum, in the current rayon pool.
    ///
    /// `progress` is called with the bytes done and the bytes in all, from this thread; when it returns
    /// `false` the work ends.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the first section that is damaged; [`Error::Cancelled`].
    pub fn verify(&self, progress: &dyn Fn(u64, u64) -> bool) -> Result<()> {
        let corrupt = |what: String, expected: String, got: String| {
            Err(Error::corrupt(self.path(), what, expected, got))
        };
        let bytes = self.file().bytes();
        let header = self.header();
        let computed = blake3::hash(&header[..header.len() - CHECKSUM_LENGTH]);
        if computed.as_bytes() != self.digest() {
            return corrupt("the header".into(), self.digest_hex(), computed.to_hex().to_string());
        }
        let total = (bytes.len() - header.len()) as u64;
        let mut done = 0;
        for (index, section) in self.sections().iter().enumerate() {
            let start = section.offset as usize;
            let end = self.sections().get(index + 1).map_or(bytes.len(), |next| next.offset as usize);
            let mut hasher = blake3::Hasher::new();
            for (step, part) in bytes[start..end].chunks(STEP).enumerate() {
                if !progress(done, total) {
                    return Err(Error::Cancelled);
                }
                let next = start + (step + 1) * STEP;
                self.file().will_need(next..next + STEP);
                checksum::update(&mut hasher, part);
                done += part.len() as u64;
            }
            let computed = hasher.finalize();
            let what = || format!("section {} at offset {}", section.id, section.offset);
            if computed.as_bytes() != &section.checksum {
                let expected = format!("checksum {}", checksum::hex(&section.checksum));
                return corrupt(what(), expected, computed.to_hex().to_string());
            }
            let padding = &bytes[start + section.length as usize..end];
            if padding.iter().any(|&byte| byte != 0) {
                return corrupt(what(), "zeros after it".into(), "other bytes".into());
            }
        }
        if progress(done, total) { Ok(()) } else { Err(Error::Cancelled) }
    }

    /// As [`Self::verify`], but only once per file: success is remembered in `<file>.verified` beside it,
    /// and believed as long as digest, size, times and inode are the same. Where that file cannot be written
    /// the segment is verified each time.
    ///
    /// A disk that loses bits without a write is not noticed this way; `verify` notices.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_once(&self, progress: &dyn Fn(u64, u64) -> bool) -> Result<Verification> {
        let before = VerificationStamp::of(self)?;
        if before.is_remembered(self.path()) {
            return Ok(Verification::Remembered);
        }
        self.verify(progress)?;
        // A file that was written to while it was read is not the one that was verified.
        if VerificationStamp::of(self)? == before {
            before.remember(self.path());
        }
        Ok(Verification::Checked)
    }
}
