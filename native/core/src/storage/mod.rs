//! Files: mapped for reading, and replaced whole for writing.

mod atomic_file;
mod guard;
#[cfg(test)]
mod guard_tests;
mod leftovers;
mod mapped_file;

pub use atomic_file::AtomicFile;
pub use leftovers::remove_abandoned;
pub use mapped_file::{FileIdentity, MappedFile};

/// Mapped bytes are used without conversion, so the host must have the byte order and word size of the format.
#[cfg(not(all(target_endian = "little", target_pointer_width = "64")))]
compile_error!("maxsimd maps its files: it needs a little-endian, 64-bit host");
