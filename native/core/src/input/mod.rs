//! Arrays that users bring: `.npy` files, members of `.npz` archives, tensors of `.safetensors` files.
//!
//! An array is named by its path, and inside an archive by `path:name`. Opening one for a build goes like this:
//!
//! ```text
//! find the array:  .npy          map the file, read the header
//!                  .safetensors  map the file, read the table of tensors
//!                  .npz          map the file, inflate the member's first bytes, read the header
//! compare its size with what type and shape ask for
//! if the mapped bytes are aligned and of the wanted type: use them as they are
//! else: read them in blocks, convert each, write it to an unnamed temporary file, and map that
//! ```
//!
//! So an array of any size takes a few megabytes of memory. Integers convert without loss or not at all. Wider floats
//! are rounded to `f16`, to the nearest and ties to even; [`Array::rounded_from`] says when that changed a value.
//!
//! Everything malformed is an [`Error::Input`](crate::Error::Input) that names the file and the array, what was expected
//! and what was found.

mod array;
mod dtype;
mod element;
mod find;
mod found;
mod npy_header;
mod npz;
mod safetensors_file;
#[cfg(test)]
mod testing;
mod write_npy;

pub use array::{Array, Reader, Shape, array_shape, read_array};
pub use dtype::DType;
pub use element::{Converted, Element};
pub use find::array_names;
pub use write_npy::write_npy;
