//! Arrays that users bring: `.npy`, `.npz`, `.safetensors`.

use super::Target;
use maxsimd_core::input::{DType, Reader, array_names, array_shape, read_array, write_npy};
use maxsimd_core::monitor::Unwatched;
use maxsimd_core::{Error, Result};
use safetensors::tensor::{Dtype, TensorView, serialize};
use std::fs;
use std::io::Write;
use std::path::Path;

const WORDS: &[&str] = &[
    "'descr'",
    "'fortran_order'",
    "True",
    "'shape'",
    "<f2",
    "|u1",
    ">i8",
    "<f8",
    "<U4",
    "(",
    ",)",
    "()",
    "{",
    "}",
    "\"dtype\"",
    "\"F16\"",
    "\"BF16\"",
    "\"data_offsets\"",
    "[0,",
    "__metadata__",
    "PK\x03\x04",
    "PK\x01\x02",
    "vectors.npy",
    "\u{93}NUMPY\x03\0",
];

pub(super) const NPY: Target =
    Target { name: "npy", seeds: npy, words: WORDS, run: |input, folder| run(input, &folder.join("a.npy")) };
pub(super) const NPZ: Target =
    Target { name: "npz", seeds: npz, words: WORDS, run: |input, folder| run(input, &folder.join("a.npz")) };
pub(super) const SAFETENSORS: Target = Target {
    name: "safetensors",
    seeds: tensors,
    words: WORDS,
    run: |input, folder| run(input, &folder.join("a.safetensors")),
};

/// Opens an input in every way that a build does. What is read has as many bytes as type and shape say.
fn run(input: &[u8], path: &Path) -> std::result::Result<(), String> {
    fs::write(path, input).map_err(|e| e.to_string())?;
    let spec = path.to_string_lossy().into_owned();
    let mut specs = vec![spec.clone()];
    // An .npy file holds one array, and a colon in its name is a part of the name.
    if path.extension().is_some_and(|extension| extension != "npy") {
        specs.push(format!("{spec}:vectors"));
    }
    match array_names(&spec) {
        Ok(names) => specs.extend(names.iter().take(3).map(|name| format!("{spec}:{name}"))),
        Err(error) => typed(&error)?,
    }
    let folder = path.parent().unwrap_or(path);
    let reader = Reader { folder, monitor: &Unwatched };
    for spec in specs {
        array_shape(&spec).map(drop).or_else(|error| typed(&error))?;
        match read_array(&spec) {
            Ok(((dtype, shape), bytes)) => {
                let elements: u64 = shape.iter().product();
                if bytes.len() as u64 != elements * dtype.size() as u64 {
                    return Err(format!("{} bytes of {} {shape:?}", bytes.len(), dtype.name()));
                }
            }
            Err(error) => typed(&error)?,
        }
        reader.vectors(&spec).map(drop).or_else(|error| typed(&error))?;
        reader.token_ids(&spec).map(drop).or_else(|error| typed(&error))?;
        reader.centroids(&spec).map(drop).or_else(|error| typed(&error))?;
    }
    Ok(())
}

fn typed(error: &Error) -> std::result::Result<(), String> {
    match error {
        Error::Input { .. } => Ok(()),
        other => Err(format!("an error of another kind: {other}")),
    }
}

fn npy() -> Result<Vec<Vec<u8>>> {
    let folder = crate::subject::work_folder()?;
    let path = folder.path().join("seed.npy");
    let mut seeds = Vec::new();
    for (dtype, shape) in
        [(DType::F16, &[6, 4][..]), (DType::F64, &[3, 2]), (DType::I64, &[5]), (DType::U8, &[0])]
    {
        let elements: u64 = shape.iter().product();
        write_npy(&path, dtype, shape, &vec![1; elements as usize * dtype.size()])?;
        seeds.push(fs::read(&path).map_err(|e| Error::io(&path, "read", e))?);
    }
    Ok(seeds)
}

fn npz() -> Result<Vec<Vec<u8>>> {
    let arrays = npy()?;
    let archive = |method| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        for (name, array) in ["vectors", "token_ids", "doclens"].iter().zip(&arrays) {
            let written = writer.start_file(format!("{name}.npy"), options).map_err(std::io::Error::other);
            written.and_then(|()| writer.write_all(array)).map_err(|e| Error::io("seed.npz", "write", e))?;
        }
        let done = writer.finish().map_err(|e| Error::io("seed.npz", "write", std::io::Error::other(e)))?;
        Ok(done.into_inner())
    };
    Ok(vec![archive(zip::CompressionMethod::Stored)?, archive(zip::CompressionMethod::Deflated)?])
}

fn tensors() -> Result<Vec<Vec<u8>>> {
    let data = [1_u8; 64];
    let failed =
        |e: safetensors::SafeTensorError| Error::io("seed.safetensors", "write", std::io::Error::other(e));
    let vectors = TensorView::new(Dtype::F16, vec![4, 8], &data).map_err(failed)?;
    let ids = TensorView::new(Dtype::I32, vec![16], &data).map_err(failed)?;
    let one = serialize([("vectors", vectors), ("token_ids", ids)], None).map_err(failed)?;
    Ok(vec![one])
}
