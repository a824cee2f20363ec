//! Reading and writing `.npy` files.

use crate::fence::fence_core;
use maxsimd_core::npy::{DType, Npy, write_npy};
use napi::bindgen_prelude::{Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

/// An array read whole.
#[napi(object)]
pub struct NativeNpy {
    /// Length of each axis.
    pub shape: Vec<f64>,
    /// `f16`, `f32`, `f64`, `i32`, `i64`, `u32` or `u64`.
    pub dtype: String,
    /// Little-endian elements, row-major.
    pub data: Uint8Array,
}

/// Reads the array in the file at `path`.
#[napi]
pub fn read_npy_file(path: String) -> napi::Result<NativeNpy> {
    fence_core(|| {
        let npy = Npy::open(&path)?;
        Ok(NativeNpy {
            shape: npy.shape().iter().map(|&n| n as f64).collect(),
            dtype: npy.dtype().to_string(),
            data: Uint8Array::new(npy.data().to_vec()),
        })
    })
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
        let kind = DType::ALL.into_iter().find(|kind| kind.to_string() == dtype).ok_or_else(|| {
            maxsimd_core::Error::Parameter {
                name: "dtype",
                expected: "a known type".into(),
                got: dtype.clone(),
            }
        })?;
        let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
        write_npy(&path, kind, &shape, &data)
    })
}
