//! Opening an index: reading the segment, and checking it as far as the caller asks for.

use super::opened::Index;
use super::validate;
use crate::Result;
use crate::format::Segment;
use crate::quantize::Subspaces;
use std::path::Path;

/// How much is checked when an index is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Only counts and sizes. A search of a damaged file may then fail or give wrong answers, but cannot harm the process.
    Quick,
    /// Also the checksum of every byte, and every value. The result is saved next to the file, so that it is done once.
    Full,
}

impl Index {
    /// Maps the segment at `path` and checks it.
    ///
    /// # Errors
    /// [`crate::Error::Format`] if the file is not an index, [`crate::Error::Corrupt`] if it is damaged, [`crate::Error::Io`].
    pub fn open(path: impl AsRef<Path>, check: Check) -> Result<Self> {
        let segment = Segment::open(path)?;
        let meta = validate::meta(&segment)?;
        let subspaces = Subspaces::split(meta.dim as usize, meta.subspaces.max(1) as usize);
        validate::sizes(&segment, &meta, &subspaces)?;
        let index = Self::over(segment, meta, subspaces);
        if check == Check::Full {
            index.segment().verify_once(&|_, _| true, &|| validate::values(&index))?;
        }
        Ok(index)
    }

    /// Checks every byte and every value again, whether or not the file was verified before. `progress` takes the number of
    /// bytes done and the total, and returns whether to go on.
    ///
    /// # Errors
    /// As [`Index::open`]; [`crate::Error::Cancelled`].
    pub fn verify(&self, progress: &dyn Fn(u64, u64) -> bool) -> Result<()> {
        self.segment().verify(progress)?;
        validate::values(self)
    }
}
