//! The container: one self-contained, checksummed file of numbered sections. The meaning of the sections is defined in
//! [`crate::index`]. `FORMAT.md` in this folder defines every byte of both, for whoever writes a reader.
//!
//! ```text
//! offset         size
//! 0              8     magic "MAXSIMD\0"
//! 8              4     format version
//! 12             4     endianness mark 0x01020304
//! 16             4     number of sections, n
//! 20             4     header length H: the offset of the first section
//! 24             8     length of the file
//! 32             32    version of the writer, ASCII, padded with zeros
//! 64             32    zero
//! 96             56·n  table: id u32, zero u32, offset u64, length u64, checksum 32 bytes
//! 96 + 56·n            zero
//! H − 32         32    digest: BLAKE3 of the bytes 0 .. H − 32
//! H                    the sections, in the order of the table
//! ```
//!
//! Numbers are little-endian. A section begins at the first multiple of 64 after the end of the previous one, or at the first
//! multiple of 4,096 if it is 64 KiB or longer. The file ends at the first multiple of 64 after the last section. The bytes
//! between are zero.
//!
//! A section's checksum is the BLAKE3 of its bytes and of the zeros after them. The digest covers the checksums, so it
//! identifies every byte of the file: two files with the same digest have the same content. The offset of every section
//! follows from the lengths of those before it, so sections can neither overlap nor leave gaps.

mod checksum;
mod container;
mod container_writer;
mod intact;
#[cfg(test)]
mod intact_tests;
mod layout;
mod pass;
mod trust;
mod verification_stamp;
mod verify;

pub use container::Container;
pub use container_writer::ContainerWriter;
pub use intact::Condition;
pub use layout::{FORMAT_VERSION, MAX_SECTIONS, Section};
pub use pass::Pass;
pub use verify::Verification;
