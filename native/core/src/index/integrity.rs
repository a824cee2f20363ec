//! Whether the bytes of an open version are still those of its digest, see [`crate::format`]. A version is as intact as the worst of its
//! files; a file that is damaged damages every version that names it.

use super::version::Index;
use crate::Result;
use crate::format::{Condition, Container, Pass};
use std::sync::Arc;
use std::time::Duration;

impl Index {
    /// Whether what was read from the version before this call was read from the bytes of its digest. Whoever computes something from a
    /// version calls it when he is done, and uses the result only if it returns `Ok`. One system call for each file, each some 0.5 µs.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] if a file is damaged; [`crate::Error::Changed`] if one was written to and not verified since;
    /// [`crate::Error::Io`].
    pub fn check_intact(&self) -> Result<()> {
        self.files().iter().try_for_each(|file| file.check_intact())
    }

    /// As [`Self::check_intact`], for the file that holds the document at `position` alone.
    ///
    /// # Errors
    /// As [`Self::check_intact`].
    pub fn check_intact_at(&self, position: usize) -> Result<()> {
        if position >= self.positions() {
            return Ok(());
        }
        self.segments()[self.locate(position).0].segment.file().check_intact()
    }

    /// The condition of the worst file.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub fn condition(&self) -> Result<Condition> {
        let mut conditions = self.files().iter().map(|file| file.condition());
        conditions.try_fold(Condition::Intact, |worst, condition| Ok(worst.max(condition?)))
    }

    /// Verifies the files that are not intact, and trusts those again whose bytes are right.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`], [`crate::Error::Changed`] if a file changes meanwhile, [`crate::Error::Cancelled`].
    pub fn recheck(&self, progress: &dyn Fn(u64, u64) -> bool) -> Result<()> {
        for file in self.files() {
            if file.condition()? != Condition::Intact {
                file.reverify(progress)?;
                file.file().release(0..usize::MAX);
            }
        }
        self.check_intact()
    }
}

/// A verification of a version's files in small steps, on one thread, at whatever speed its caller likes.
pub struct Sweep {
    index: Arc<Index>,
    /// Files to verify, the next one last.
    files: Vec<Arc<Container>>,
    pass: Pass,
    offset: usize,
}

impl Sweep {
    /// A verification of the files of a version that were last verified longer ago than `age`, or not since they were opened.
    pub fn new(index: Arc<Index>, age: Duration) -> Self {
        let due = |file: &&Arc<Container>| file.verified_before().is_none_or(|before| before > age);
        let files = index.files().iter().filter(due).cloned().collect();
        Self { index, files, pass: Pass::new(), offset: 0 }
    }

    /// Verifies some bytes more, `most` at most, and returns how many; 0 when all are verified.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`], after which the version is damaged; [`crate::Error::Changed`] if a file was written to.
    pub fn step(&mut self, most: usize) -> Result<usize> {
        while let Some(file) = self.files.last() {
            let read = self.pass.step_on_one_thread(file, most)?;
            if read > 0 {
                // Searches map the pages that they need again. The others should not count as memory of this process.
                file.file().release(self.offset..self.offset + read);
                self.offset += read;
                return Ok(read);
            }
            file.check_intact()?;
            file.was_verified();
            self.files.pop();
            (self.pass, self.offset) = (Pass::new(), 0);
        }
        self.index.check_intact().map(|()| 0)
    }
}
