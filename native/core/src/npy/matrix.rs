//! Matrices of token vectors or centroids.

use std::path::Path;

use super::dtype::DType;
use super::npy_file::Npy;
use crate::Result;

/// Maps a matrix `[rows, dim]` whose elements are one of `allowed`, with `dim` of at least 1.
///
/// # Errors
/// As [`Npy::open`], and [`Error::Input`](crate::Error::Input) for another type, rank, or a `dim` of 0.
pub fn open_matrix(path: impl AsRef<Path>, allowed: &[DType]) -> Result<Npy> {
    let npy = Npy::open(path)?;
    npy.require_dtype(allowed)?;
    npy.require_rank(2)?;
    if npy.shape()[1] == 0 {
        return Err(npy.fault("dim", "at least 1", format!("0 (shape {:?})", npy.shape())));
    }
    Ok(npy)
}

/// [`open_matrix`] of half precision.
///
/// # Errors
/// As [`open_matrix`].
pub fn open_f16_matrix(path: impl AsRef<Path>) -> Result<Npy> {
    open_matrix(path, &[DType::F16])
}

/// [`open_matrix`] of single precision.
///
/// # Errors
/// As [`open_matrix`].
pub fn open_f32_matrix(path: impl AsRef<Path>) -> Result<Npy> {
    open_matrix(path, &[DType::F32])
}
