//! Damaged and hostile files against the parsers of the core.
//!
//! ```text
//! damage/   F1 single bytes, F2 lengths, F3 structure under right checksums, F5 other formats: each returns an `Outcome`
//! subject   the index files that are damaged; together they have 37 of 38 sections
//! exercise  what is asked of a file that was accepted
//! memory    an allocator that counts bytes
//! targets/  a target for each parser, and the changes that inputs go through
//! ```

pub mod container_bytes;
pub mod damage;
pub mod exercise;
pub mod memory;
pub mod outcome;
pub mod random;
pub mod subject;
pub mod targets;
