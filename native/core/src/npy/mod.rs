//! NumPy's `.npy` files, read through a map and written whole.
//!
//! Versions 1.0, 2.0 and 3.0; little-endian; C order; one-element types. All else is an
//! [`Error::Input`](crate::Error::Input) that names the file, what was expected and what was found.

mod dtype;
mod header;
mod integers;
mod matrix;
mod npy_file;
mod write_npy;

pub use dtype::{DType, Element};
pub use integers::{U32Vector, read_assignments, read_doclens, read_token_ids};
pub use matrix::{open_f16_matrix, open_f32_matrix, open_matrix};
pub use npy_file::Npy;
pub use write_npy::write_npy;
