//! Reading arrays, and writing `.npy` files.

use crate::errors::fence_core;
use maxsimd_core::input::{self, DType, Shape};
use napi::bindgen_prelude::{Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

/// Shape and element type of an array, and its elements if they were read.
#[napi(object)]
pub struct NativeArray {
    /// Length of each axis.
    pub shape: Vec<f64>,
    /// `f16`, `bf16`, `f32`, `f64`, or `i` or `u` with 8, 16, 32 or 64.
    pub dtype: String,
    /// Little-endian elements, row-major.
    pub data: Option<Uint8Array>,
}

impl NativeArray {
    fn new((dtype, shape): Shape, data: Option<Uint8Array>) -> Self {
        Self { shape: shape.iter().map(|&n| n as f64).collect(), dtype: dtype.to_string(), data }
    }
}

/// Reads the array called `name`: a path, or `path:name` in an archive.
#[napi]
pub fn read_array(name: String) -> napi::Result<NativeArray> {
    fence_core(|| {
        let (shape, data) = input::read_array(&name)?;
        Ok(NativeArray::new(shape, Some(data.into())))
    })
}

/// Shape and element type of the array called `name`; its elements are not read.
#[napi]
pub fn array_shape(name: String) -> napi::Result<NativeArray> {
    fence_core(|| Ok(NativeArray::new(input::array_shape(&name)?, None)))
}

/// Names of the arrays in an archive; empty for another file.
#[napi]
pub fn array_names(path: String) -> napi::Result<Vec<String>> {
    fence_core(|| input::array_names(&path))
}

/// Writes an array to the file at `path`.
#[napi]
pub fn write_npy_file(
    path: String,
    dtype: String,
    shape: Vec<f64>,
    data: Uint8ArraySlice<'_>,
) -> napi::Result<()> {
    fence_core(|| {
        let kind = DType::ALL.iter().find(|kind| kind.name() == dtype).ok_or_else(|| {
            maxsimd_core::Error::Parameter {
                name: "dtype",
                expected: "a known type".into(),
                got: dtype.clone(),
            }
        })?;
        let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
        input::write_npy(&path, *kind, &shape, &data)
    })
}
