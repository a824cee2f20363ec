//! Vectors of counts and ids, of whatever width they were saved in.

use std::ops::Deref;
use std::path::Path;

use super::dtype::{self, DType, Element};
use super::npy_file::Npy;
use crate::Result;

/// A vector of unsigned 32-bit numbers: the mapped file itself where its bytes are such, else a copy.
#[derive(Debug)]
pub struct U32Vector(Repr);

#[derive(Debug)]
enum Repr {
    /// Aligned, of 4 bytes per element, and none of them negative.
    Mapped(Npy),
    Owned(Vec<u32>),
}

impl Deref for U32Vector {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match &self.0 {
            Repr::Mapped(npy) => bytemuck::try_cast_slice(npy.data()).unwrap_or_default(),
            Repr::Owned(values) => values,
        }
    }
}

impl U32Vector {
    /// Whether the numbers are the file's own bytes.
    pub fn is_mapped(&self) -> bool {
        matches!(self.0, Repr::Mapped(_))
    }
}

/// Reads `token_ids`: `[n_tokens]`, i64 or u32.
///
/// # Errors
/// As [`Npy::open`], and [`Error::Input`](crate::Error::Input) for another type or rank, or for a negative id or one
/// above `u32::MAX`, with its row.
pub fn read_token_ids(path: impl AsRef<Path>) -> Result<U32Vector> {
    read(path.as_ref(), &[DType::I64, DType::U32])
}

/// Reads `doclens`: `[n_docs]`, i32 or i64.
///
/// # Errors
/// As [`read_token_ids`].
pub fn read_doclens(path: impl AsRef<Path>) -> Result<U32Vector> {
    read(path.as_ref(), &[DType::I32, DType::I64])
}

/// Reads `assignments`: `[n_tokens]`, u32, u64 or i64.
///
/// # Errors
/// As [`read_token_ids`].
pub fn read_assignments(path: impl AsRef<Path>) -> Result<U32Vector> {
    read(path.as_ref(), &[DType::U32, DType::U64, DType::I64])
}

fn read(path: &Path, allowed: &[DType]) -> Result<U32Vector> {
    let npy = Npy::open(path)?;
    npy.require_dtype(allowed)?;
    npy.require_rank(1)?;
    match npy.dtype() {
        DType::U32 => keep(npy),
        DType::I32 => {
            // Numbers that are not negative have the same bytes with and without a sign.
            let values = npy.as_slice::<i32>()?;
            if let Some(row) = values.iter().position(|&value| value < 0) {
                return Err(outside(&npy, row, values[row]));
            }
            drop(values);
            keep(npy)
        }
        DType::I64 => narrow::<i64>(&npy),
        _ => narrow::<u64>(&npy),
    }
}

fn keep(npy: Npy) -> Result<U32Vector> {
    let aligned = bytemuck::try_cast_slice::<u8, u32>(npy.data()).is_ok();
    let repr = if aligned { Repr::Mapped(npy) } else { Repr::Owned(dtype::copied(npy.data())) };
    Ok(U32Vector(repr))
}

fn narrow<T>(npy: &Npy) -> Result<U32Vector>
where
    T: Element + TryInto<u32> + std::fmt::Display,
{
    let values = npy.as_slice::<T>()?;
    let mut narrowed = Vec::with_capacity(values.len());
    for (row, &value) in values.iter().enumerate() {
        narrowed.push(value.try_into().map_err(|_| outside(npy, row, value))?);
    }
    Ok(U32Vector(Repr::Owned(narrowed)))
}

fn outside(npy: &Npy, row: usize, value: impl std::fmt::Display) -> crate::Error {
    npy.fault("value", format!("0 to {}", u32::MAX), format!("{value} in row {row}"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;
    use crate::Error;
    use crate::npy::npy_file::tests::{file, saved};
    use crate::npy::write_npy;

    fn vector<T: Element>(values: &[T]) -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npy");
        write_npy(&path, T::DTYPE, &[values.len() as u64], bytemuck::cast_slice(values)).unwrap();
        (directory, path)
    }

    type Reader = fn(PathBuf) -> Result<U32Vector>;
    const READERS: [(Reader, &[DType]); 3] = [
        (read_token_ids, &[DType::I64, DType::U32]),
        (read_doclens, &[DType::I32, DType::I64]),
        (read_assignments, &[DType::U32, DType::U64, DType::I64]),
    ];

    #[test]
    fn each_reader_takes_its_types_and_no_other() {
        for dtype in DType::ALL {
            let (_directory, path) = match dtype {
                DType::I32 => vector(&[0_i32, 7, i32::MAX]),
                DType::I64 => vector(&[0_i64, 7, i64::from(i32::MAX)]),
                DType::U32 => vector(&[0_u32, 7, i32::MAX as u32]),
                DType::U64 => vector(&[0_u64, 7, i32::MAX as u64]),
                DType::F16 => vector(&[half::f16::ONE]),
                DType::F32 => vector(&[1_f32]),
                DType::F64 => vector(&[1_f64]),
            };
            for (read, allowed) in READERS {
                let result = read(path.clone());
                if allowed.contains(&dtype) {
                    let values = result.unwrap();
                    assert_eq!(*values, [0, 7, i32::MAX as u32]);
                    assert_eq!(values.is_mapped(), dtype.size() == 4, "{dtype}");
                } else {
                    let error = result.unwrap_err();
                    assert!(matches!(error, Error::Input { what: "dtype", .. }), "{error}");
                }
            }
        }
    }

    #[test]
    fn the_row_of_a_number_that_does_not_fit_is_named() {
        let cases: [((TempDir, PathBuf), Reader, &str); 5] = [
            (vector(&[0_i64, 1, -1]), read_token_ids, "-1 in row 2"),
            (vector(&[0_i64, 1 << 32]), read_token_ids, "4294967296 in row 1"),
            (vector(&[3_i32, i32::MIN]), read_doclens, "-2147483648 in row 1"),
            (vector(&[u64::MAX]), read_assignments, "18446744073709551615 in row 0"),
            (vector(&[0_i64, i64::MIN]), read_assignments, "-9223372036854775808 in row 1"),
        ];
        for ((_directory, path), read, expected) in cases {
            let error = read(path).unwrap_err();
            assert!(matches!(&error, Error::Input { what: "value", got, .. } if got == expected), "{error}");
        }
    }

    #[test]
    fn the_whole_range_is_read() {
        let (_directory, path) = vector(&[u32::MAX, 0]);
        assert_eq!(*read_token_ids(&path).unwrap(), [u32::MAX, 0]);
        let (_directory, path) = vector(&[i64::from(u32::MAX), 0]);
        assert_eq!(*read_doclens(&path).unwrap(), [u32::MAX, 0]);
        let (_directory, path) = vector::<i32>(&[]);
        assert!(read_doclens(&path).unwrap().is_empty());
    }

    #[test]
    fn misaligned_numbers_are_copied() {
        let text = "{'descr': '<u4', 'fortran_order': False, 'shape': (2,)}";
        for blanks in 0..4 {
            let bytes = file(1, &format!("{text}{}", " ".repeat(blanks)), &[1, 0, 0, 0, 2, 0, 0, 0]);
            let (_directory, path) = saved(&bytes);
            assert_eq!(*read_token_ids(path).unwrap(), [1, 2], "{blanks}");
        }
    }

    #[test]
    fn a_matrix_is_no_vector() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npy");
        write_npy(&path, DType::I64, &[1, 2], &[0; 16]).unwrap();
        for (read, _) in READERS {
            let error = read(path.clone()).unwrap_err();
            assert!(matches!(error, Error::Input { what: "rank", .. }), "{error}");
        }
    }
}
