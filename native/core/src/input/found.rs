//! An array that was found in a file, before its elements are read, and what the caller wants it for.

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use super::dtype::{self, DType};
use super::element::Element;
use crate::storage::MappedFile;
use crate::{Error, Result};

/// Number of elements that are read and converted together.
const BLOCK: u64 = 1 << 18;

/// The array that the caller wants.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Its usual name in an archive.
    pub(super) name: &'static str,
    /// The accepted element types.
    pub(super) accepted: &'static [DType],
    /// NumPy's name of a type that is always accepted.
    pub(super) numpy: &'static str,
}

impl Wanted {
    pub(super) const fn new<T: Element>(name: &'static str) -> Self {
        Self { name, accepted: T::ACCEPTED, numpy: T::NUMPY }
    }

    /// Advice for error messages: a line of Python that saves the array in an accepted form.
    pub(super) fn python(self) -> String {
        let Self { name, numpy, .. } = self;
        format!(
            "convert it in Python: np.save(\"{name}.npy\", np.ascontiguousarray({name}, dtype=np.{numpy}))"
        )
    }

    /// The error for an element type that is not accepted.
    pub(super) fn other_type(self, name: &str, got: &str) -> Error {
        Error::input(name, "dtype", dtype::list(self.accepted), format!("{got}; {}", self.python()))
    }
}

/// An array whose size agrees with its header.
pub(super) struct Found<'a> {
    /// The path of the file; for an array in an archive `path:name`.
    pub(super) name: String,
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
    pub(super) body: Body<'a>,
}

/// The place of the elements.
pub(super) enum Body<'a> {
    /// A range of bytes of a mapped file.
    Mapped(MappedFile, Range<usize>),
    /// A stream, which inflates them as they are read.
    Stream(Box<dyn Read + 'a>),
}

impl Found<'_> {
    /// Number of elements.
    pub(super) fn elements(&self) -> u64 {
        dtype::body_length(&self.shape, self.dtype).unwrap_or(0) / self.dtype.size() as u64
    }

    /// Reads all elements in blocks, and passes the bytes of each block and the position of its first element to `take`.
    pub(super) fn read(&mut self, mut take: impl FnMut(&[u8], u64) -> Result<()>) -> Result<()> {
        let (elements, size) = (self.elements(), self.dtype.size());
        let damaged = |e: io::Error| {
            let expected = format!("{elements} elements of {size} bytes");
            Error::input(&self.name, "body", expected, e.to_string())
        };
        let mut reader: Box<dyn Read + '_> = match &mut self.body {
            Body::Mapped(file, range) => Box::new(&file.bytes()[range.clone()]),
            Body::Stream(stream) => Box::new(stream),
        };
        let mut block = vec![0; size * elements.min(BLOCK) as usize];
        for first in (0..elements).step_by(BLOCK as usize) {
            let bytes = &mut block[..size * (elements - first).min(BLOCK) as usize];
            reader.read_exact(bytes).map_err(damaged)?;
            take(bytes, first)?;
        }
        // The archive's reader compares size and checksum at the end of the stream.
        reader.read(&mut [0]).map_err(damaged)?;
        Ok(())
    }
}

/// The name of the array to read: the one that the user names, else the usual name if the archive has it, else the only array.
pub(super) fn choose(path: &Path, names: &[String], named: Option<&str>, wanted: Wanted) -> Result<String> {
    const SHOWN: usize = 20;
    let name = named.unwrap_or(wanted.name);
    match names {
        _ if names.iter().any(|other| other == name) => Ok(name.to_owned()),
        [only] if named.is_none() => Ok(only.clone()),
        _ => {
            let path = path.display().to_string();
            let expected = format!("one named {name} (to read another array, give {path}:NAME)");
            let more = if names.len() > SHOWN { ", …" } else { "" };
            let got = format!("[{}{more}]", names[..names.len().min(SHOWN)].join(", "));
            Err(Error::input(path, "arrays", expected, got))
        }
    }
}
