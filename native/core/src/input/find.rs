//! Finds an array by what the user calls it: a path, or `path:name` inside an archive.

use super::found::{Body, Found, Wanted};
use super::npy_header::Header;
use super::{npz, safetensors_file};
use crate::Result;
use crate::storage::MappedFile;

/// Finds the array that the user calls `spec`, and hands it to `work`.
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

/// Names of the arrays in an archive; empty for a file that holds one array.
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

/// Path and name of `corpus.npz:vectors` or `corpus.safetensors:vectors`; other names are paths as they are.
fn split(spec: &str) -> (&str, Option<&str>) {
    let ends = [".npz:", ".safetensors:"].into_iter().filter_map(|end| Some(spec.find(end)? + end.len()));
    ends.min().map_or((spec, None), |end| (&spec[..end - 1], Some(&spec[end..])))
}
