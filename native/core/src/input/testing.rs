//! Files for the tests of this module.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Reader;
use crate::Error;
use crate::monitor::Unwatched;

/// An `.npy` file of version 1.0, 2.0 or 3.0 with this text as its header and nothing to align the elements.
pub(super) fn npy_of(version: u8, text: &str, body: &[u8]) -> Vec<u8> {
    let length = text.len() as u32;
    let length =
        if version == 1 { (length as u16).to_le_bytes().to_vec() } else { length.to_le_bytes().to_vec() };
    [b"\x93NUMPY", &[version, 0][..], &length, text.as_bytes(), body].concat()
}

pub(super) fn text(descr: &str, shape: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
}

/// An `.npy` file of version 1.0.
pub(super) fn npy(descr: &str, shape: &str, body: &[u8]) -> Vec<u8> {
    npy_of(1, &text(&format!("'{descr}'"), shape), body)
}

/// An archive of these files.
pub(super) fn zip(method: CompressionMethod, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A `.safetensors` file with this table.
pub(super) fn safetensors(table: &str, body: &[u8]) -> Vec<u8> {
    [&(table.len() as u64).to_le_bytes(), table.as_bytes(), body].concat()
}

/// A folder with one file.
pub(super) fn saved(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Opens arrays; copies go into `folder`.
pub(super) fn reader(folder: &Path) -> Reader<'_> {
    Reader { folder, monitor: &Unwatched }
}

/// Input, property and what was found.
pub(super) fn fault(error: Error) -> (String, &'static str, String) {
    match error {
        Error::Input { input, what, got, .. } => (input, what, got),
        other => panic!("expected an input error, got {other}"),
    }
}
