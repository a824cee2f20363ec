//! Files as the index needs them: mapped for reading, replaced whole for writing; and the program's own.

mod atomic_file;
mod leftovers;
mod mapped_file;

pub use atomic_file::AtomicFile;
pub use leftovers::{remove_all_leftovers, remove_leftovers};
pub use mapped_file::{Access, FileIdentity, MappedFile};

/// The mapped bytes are used as they are, so the host must have the byte order and word size of the format.
#[cfg(not(all(target_endian = "little", target_pointer_width = "64")))]
compile_error!("maxsimd maps its files: it needs a little-endian, 64-bit host");
