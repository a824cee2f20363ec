//! Opening an index: reading the container, and checking it as far as the caller asks for.

use super::codec::Codec;
use super::segment::Segment;
use super::validate;
use super::version::Index;
use crate::Result;
use crate::format::Container;
use std::path::Path;
use std::sync::Arc;

/// How much is checked when an index is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Only counts and sizes. A search of a damaged file may then fail or give wrong answers, but cannot harm the process.
    Quick,
    /// Also the checksum of every byte, and every value. The result is saved next to the file, so that it is done once.
    Full,
}

impl Index {
    /// Maps the container at `path` and checks it.
    ///
    /// # Errors
    /// [`crate::Error::Format`] if the file is not an index, [`crate::Error::Corrupt`] if it is damaged, [`crate::Error::Io`].
    pub fn open(path: impl AsRef<Path>, check: Check) -> Result<Self> {
        let file = Arc::new(Container::open(path)?);
        let meta = validate::meta(&file)?;
        validate::sizes(&file, &meta)?;
        let codec = Arc::new(Codec::over(file.clone(), meta));
        let segment = Arc::new(Segment::over(file.clone(), meta));
        let index = Self::of(file, codec, vec![segment]);
        if check == Check::Full {
            index.file().verify_once(&|_, _| true, &|| validate::values(&index))?;
        }
        Ok(index)
    }

    /// Checks every byte and every value again, whether or not the file was verified before. `progress` takes the number of
    /// bytes done and the total, and returns whether to go on.
    ///
    /// # Errors
    /// As [`Index::open`]; [`crate::Error::Cancelled`].
    pub fn verify(&self, progress: &dyn Fn(u64, u64) -> bool) -> Result<()> {
        self.file().verify(progress)?;
        validate::values(self)
    }
}
