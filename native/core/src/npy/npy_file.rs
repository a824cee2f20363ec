//! A mapped `.npy` file.

use std::borrow::Cow;
use std::path::Path;

use super::dtype::{self, DType, Element};
use super::header::Header;
use crate::storage::{Access, MappedFile};
use crate::{Error, Result};

/// An array in a mapped `.npy` file whose length is exactly what its shape asks for.
#[derive(Debug)]
pub struct Npy {
    file: MappedFile,
    header: Header,
}

impl Npy {
    /// Maps the array at `path`.
    ///
    /// # Errors
    /// [`Error::Input`] if the file is not an npy file, its elements are of another type or byte order, it is
    /// in Fortran order, cut short, or has trailing bytes; [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = MappedFile::open(path)?;
        let name = file.path().display().to_string();
        let header = Header::parse(&name, file.bytes())?;
        let elements = header.shape.iter().try_fold(1_u64, |product, &length| product.checked_mul(length));
        // A length of zero anywhere makes the array empty, whatever the product of the others.
        let elements = if header.shape.contains(&0) { Some(0) } else { elements };
        let Some(expected) = elements.and_then(|n| n.checked_mul(header.dtype.size() as u64)) else {
            let got = format!("{:?}", header.shape);
            return Err(Error::input(name, "shape", "fewer than 2^64 bytes", got));
        };
        let got = (file.len() - header.data_offset) as u64;
        if got != expected {
            let fault = if got < expected { "truncated" } else { "trailing bytes" };
            let shape = format!("{expected} bytes of {} {:?}", header.dtype, header.shape);
            return Err(Error::input(name, "body", shape, format!("{got} bytes ({fault})")));
        }
        Ok(Self { file, header })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Length along each axis.
    pub fn shape(&self) -> &[u64] {
        &self.header.shape
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.header.dtype
    }

    /// Length along the first axis; 1 for an array without axes.
    pub fn rows(&self) -> usize {
        // A shape with a zero in it may hold anything else; no supported host has a length beyond usize.
        self.shape().first().map_or(1, |&rows| rows as usize)
    }

    /// Elements per row: the product of the other axes.
    pub fn cols(&self) -> usize {
        let rows = self.rows();
        self.len().checked_div(rows).unwrap_or_else(|| {
            let other = self.shape().iter().skip(1);
            other.fold(1_u64, |product, &length| product.saturating_mul(length)) as usize
        })
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data().len() / self.dtype().size()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.data().is_empty()
    }

    /// The elements' bytes, row by row.
    pub fn data(&self) -> &[u8] {
        &self.file.bytes()[self.header.data_offset..]
    }

    /// The elements. Copied only if the file's header is of a length that misaligns them, which NumPy's and
    /// [`write_npy`](super::write_npy)'s are not.
    ///
    /// # Errors
    /// [`Error::Input`] if they are of another type.
    pub fn as_slice<T: Element>(&self) -> Result<Cow<'_, [T]>> {
        self.require_dtype(&[T::DTYPE])?;
        Ok(match bytemuck::try_cast_slice(self.data()) {
            Ok(elements) => Cow::Borrowed(elements),
            Err(_) => Cow::Owned(dtype::copied(self.data())),
        })
    }

    /// Tells the kernel how the array will be read. A hint.
    pub fn advise(&self, access: Access) {
        self.file.advise(access);
    }

    /// # Errors
    /// [`Error::Input`] if the element type is none of `allowed`.
    pub fn require_dtype(&self, allowed: &[DType]) -> Result<()> {
        if allowed.contains(&self.dtype()) {
            return Ok(());
        }
        Err(self.fault("dtype", dtype::list(allowed), self.dtype().to_string()))
    }

    /// # Errors
    /// [`Error::Input`] if the number of axes is not `rank`.
    pub fn require_rank(&self, rank: usize) -> Result<()> {
        if self.shape().len() == rank {
            return Ok(());
        }
        let got = format!("{} (shape {:?})", self.shape().len(), self.shape());
        Err(self.fault("rank", rank.to_string(), got))
    }

    /// An error about this file.
    pub fn fault(&self, what: &'static str, expected: impl Into<String>, got: impl Into<String>) -> Error {
        Error::input(self.path().display().to_string(), what, expected, got)
    }
}
