//! Whether the bytes of an open container are still those of its digest.
//!
//! A file should be replaced by rename; then an open one stays as it is. A file that is written to in place changes under its readers. So
//! whoever computes something from a container asks [`Container::check_intact`] when it is done, and uses the result only if the answer is
//! `Ok`:
//!
//! ```text
//! pages could not be read, or a verification failed           damaged, for as long as the container is open
//! fstat of the open file = its state when it was trusted      intact
//! only the number of its names differs                        intact; to be verified when there is time
//! otherwise                                                   changed: nothing is trusted until every byte was verified again
//! ```
//!
//! A file is trusted in the state in which it was opened, and after each verification in the state that it had before and after it.
//! A system that writes to a file sets its times first and then its bytes, so who has read new bytes finds new times.
//!
//! What this does not find, until the bytes are next verified:
//!
//! - Writes through a shared writable map. Most file systems set the times when a page is first written to; on tmpfs they never do.
//! - A write that follows the one before it within a tick of the file system's clock (at most 10 ms). A verification that follows a change
//!   waits for the next tick, so this concerns only a file that was opened within a tick of its last change.
//! - A write after which somebody set the modification time back and changed the number of names, with no look at the file in between.
//! - A disk or memory that changes bytes by itself.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::container::Container;
use crate::storage::FileIdentity;
use crate::{Error, Result};

/// Longer than a tick of any file system's clock.
const TICK: Duration = Duration::from_millis(20);

/// Whether an open file is what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// It is.
    Intact,
    /// The number of its names changed, and nothing says that its bytes did. It should be verified when there is time.
    Relinked,
    /// It may have been written to. It must be verified before it is used on.
    Changed,
    /// Its bytes are others, or could not be read. It must be opened again.
    Damaged,
}

impl Container {
    /// Whether the file is what it was when it was opened, or last verified. One system call.
    ///
    /// # Errors
    /// [`Error::Io`] if the system call fails.
    pub fn condition(&self) -> Result<Condition> {
        let trust = self.trust();
        if self.file().is_damaged() || trust.damaged.load(Ordering::Acquire) {
            return Ok(Condition::Damaged);
        }
        let now = self.file().identity()?;
        let state = *trust.state.read().unwrap_or_else(PoisonError::into_inner);
        let relinked = now.only_links_differ(&state);
        if now != state && !relinked {
            trust.changed.store(true, Ordering::Release);
        }
        Ok(match trust.changed.load(Ordering::Acquire) {
            true => Condition::Changed,
            false if relinked => Condition::Relinked,
            false => Condition::Intact,
        })
    }

    /// Whether what was read from the container before this call was read from the bytes of its digest.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the file is damaged, [`Error::Changed`] if it may be, [`Error::Io`].
    pub fn check_intact(&self) -> Result<()> {
        match self.condition()? {
            Condition::Intact | Condition::Relinked => Ok(()),
            Condition::Changed => Err(Error::Changed { path: self.path().to_path_buf() }),
            Condition::Damaged => {
                let expected = "a file that stays as it is while it is open";
                let got = "one that was cut short or written to, or cannot be read";
                Err(Error::corrupt(self.path(), "the open file", expected, got))
            }
        }
    }

    /// Whether the file is known to be damaged. No system call.
    pub fn is_damaged(&self) -> bool {
        self.file().is_damaged() || self.trust().damaged.load(Ordering::Acquire)
    }

    /// The result of `make`, which is computed from the container and kept. If the file may have changed before it was computed, no later
    /// verification makes it right, so that the container counts as damaged then.
    pub(crate) fn derive<T>(&self, make: impl FnOnce() -> T) -> T {
        let made = make();
        self.keep_only_if_intact();
        made
    }

    /// As [`Self::derive`], for what was just computed from several containers.
    pub(crate) fn keep_only_if_intact(&self) {
        if self.check_intact().is_err() {
            self.damage();
        }
    }

    /// Compares every byte with its checksum, and trusts the file again if they agree.
    ///
    /// # Errors
    /// [`Error::Corrupt`]; [`Error::Changed`] if the file changes meanwhile; [`Error::Cancelled`] if `progress` returned `false`, see
    /// [`Self::verify`].
    pub fn reverify(&self, progress: &dyn Fn(u64, u64) -> bool) -> Result<()> {
        let before = self.settled()?;
        self.verify(progress)?;
        self.trust_if_still(before)?;
        self.was_verified();
        Ok(())
    }

    /// The state of the file, later than a tick after its last change. So any later write changes the state.
    pub(super) fn settled(&self) -> Result<FileIdentity> {
        let state = self.file().identity()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let age = now as i128 - state.ctime_ns;
        if age < TICK.as_nanos() as i128 {
            std::thread::sleep(TICK);
        }
        Ok(state)
    }

    /// Trusts the file in a state, in which its bytes were verified, if it is in that state.
    pub(super) fn trust_if_still(&self, state: FileIdentity) -> Result<()> {
        let trust = self.trust();
        if self.file().identity()? != state {
            trust.changed.store(true, Ordering::Release);
            return Err(Error::Changed { path: self.path().to_path_buf() });
        }
        *trust.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        trust.changed.store(false, Ordering::Release);
        self.check_intact()
    }

    /// All of it was verified just now.
    pub(crate) fn was_verified(&self) {
        *self.trust().verified.write().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Time since all of it was last verified; `None` if it was not since it was opened.
    pub fn verified_before(&self) -> Option<Duration> {
        let verified = *self.trust().verified.read().unwrap_or_else(PoisonError::into_inner);
        verified.map(|verified| verified.elapsed())
    }

    /// From now on the file is damaged.
    pub(super) fn damage(&self) {
        self.trust().damaged.store(true, Ordering::Release);
    }
}
