//! Writing an array.

use std::path::Path;

use super::dtype::DType;
use crate::storage::AtomicFile;
use crate::{Error, Result};

/// Magic, version and length of the text.
const PREAMBLE: usize = 10;
/// NumPy aligns the elements to this.
const ALIGNMENT: usize = 64;

/// Writes `bytes`, the elements of a C-ordered array of `shape`, as a version 1.0 file at `path`, which is
/// replaced whole. The bytes are those that NumPy writes.
///
/// # Errors
/// [`Error::Input`] if `bytes` is not as long as `shape` asks for, or `shape` has more than 64 axes;
/// [`Error::Io`].
pub fn write_npy(path: impl AsRef<Path>, dtype: DType, shape: &[u64], bytes: &[u8]) -> Result<()> {
    let path = path.as_ref();
    let fault = |what, expected: String, got: String| {
        Err(Error::input(path.display().to_string(), what, expected, got))
    };
    // NumPy's own limit; it keeps the header far below the 65,535 bytes of version 1.0.
    if shape.len() > 64 {
        return fault("rank", "at most 64".into(), shape.len().to_string());
    }
    let size = dtype.size() as u64;
    let expected = shape.iter().try_fold(size, |product, &length| product.checked_mul(length));
    if expected != Some(bytes.len() as u64) && !(shape.contains(&0) && bytes.is_empty()) {
        let expected = format!("the bytes of {dtype} {shape:?}");
        return fault("body", expected, format!("{} bytes", bytes.len()));
    }
    let mut file = AtomicFile::create(path)?;
    file.write_all(&header(dtype, shape))?;
    file.write_all(bytes)?;
    file.commit()
}

fn header(dtype: DType, shape: &[u64]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    // A Python tuple of one element ends in a comma.
    let axes = if axes.len() == 1 { format!("{},", axes[0]) } else { axes.join(", ") };
    let text = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({axes}), }}", dtype.descr());
    let end = (PREAMBLE + text.len() + 1).next_multiple_of(ALIGNMENT);
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend_from_slice(&((end - PREAMBLE) as u16).to_le_bytes());
    header.extend_from_slice(text.as_bytes());
    header.resize(end - 1, b' ');
    header.push(b'\n');
    header
}
