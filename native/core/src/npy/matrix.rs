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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::npy::write_npy;

    #[test]
    fn a_matrix_has_its_type_two_axes_and_a_dim() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npy");
        let cases: [(DType, &[u64], Option<&str>); 6] = [
            (DType::F16, &[2, 3], None),
            (DType::F16, &[0, 3], None),
            (DType::F32, &[2, 3], Some("dtype")),
            (DType::F16, &[6], Some("rank")),
            (DType::F16, &[1, 2, 3], Some("rank")),
            (DType::F16, &[6, 0], Some("dim")),
        ];
        for (dtype, shape, fault) in cases {
            let elements = shape.iter().product::<u64>() as usize;
            write_npy(&path, dtype, shape, &vec![0; elements * dtype.size()]).unwrap();
            match (open_f16_matrix(&path), fault) {
                (Ok(npy), None) => assert_eq!([npy.rows() as u64, npy.cols() as u64], shape),
                (Err(Error::Input { what, .. }), Some(fault)) => assert_eq!(what, fault),
                (result, _) => panic!("{dtype} {shape:?}: {result:?}"),
            }
            let single = open_f32_matrix(&path);
            assert_eq!(single.is_ok(), dtype == DType::F32, "{single:?}");
        }
    }
}
