//! How much of an index is checked.

/// How much is checked when an index is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Only counts and sizes. A search of a damaged file may then fail or give wrong answers, but cannot harm the process.
    Quick,
    /// Also the checksum of every byte, and every value. The result is saved next to the file, so that it is done once.
    Full,
}
