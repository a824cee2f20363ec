//! Finding an array by the user's specification: a path, or `path:name` in an archive.

use super::found::{Body, Found, Wanted};
use super::npy_header::Header;
use super::{npz, safetensors_file};
use crate::Result;
use crate::storage::MappedFile;

/// Finds the array specified by `spec`, and passes it to `work`.
pub(super) fn find<R>(spec: &str, wanted: Wanted, work: impl FnOnce(Found<'_>) -> Result<R>) -> Result<R> {
    let (path, member) = split(spec);
    let file = MappedFile::open(path)?;
    if file.bytes().starts_with(npz::MAGIC) {
        npz::find(&file, member, wanted, work)
    } else if path.ends_with(SAFETENSORS) {
        work(safetensors_file::find(file, member, wanted)?)
    } else {
        let Header { dtype, shape, offset } = Header::parse(path, file.bytes(), file.len() as u64, wanted)?;
        let range = offset..file.len();
        work(Found { name: path.to_owned(), dtype, shape, body: Body::Mapped(file, range) })
    }
}

/// Names of the arrays in an archive; empty for an `.npy` file.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) for an archive that cannot be read; [`Error::Io`](crate::Error::Io).
pub fn array_names(path: &str) -> Result<Vec<String>> {
    let file = MappedFile::open(path)?;
    if file.bytes().starts_with(npz::MAGIC) {
        npz::names(&file)
    } else if path.ends_with(SAFETENSORS) {
        safetensors_file::names(&file)
    } else {
        Ok(Vec::new())
    }
}

const SAFETENSORS: &str = ".safetensors";

/// Splits `corpus.npz:vectors` or `corpus.safetensors:vectors` into path and name. Any other specification is a path.
fn split(spec: &str) -> (&str, Option<&str>) {
    let ends = [".npz:", ".safetensors:"].into_iter().filter_map(|end| Some(spec.find(end)? + end.len()));
    ends.min().map_or((spec, None), |end| (&spec[..end - 1], Some(&spec[end..])))
}
