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
