//! Token vectors that arrive document by document, outside of JavaScript's memory: V8 collects garbage more often, the more memory its
//! arrays hold, and each time the searches of the process wait.

use crate::errors::{closed, to_napi};
use crate::registry::Registry;
use half::f16;
use maxsimd_core::error::QueryFault;
use maxsimd_core::{Error, Result};
use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

static BUFFERS: LazyLock<Registry<Mutex<Vec<f16>>>> = LazyLock::new(Registry::new);

/// Creates an empty buffer and returns its id, which is never 0.
#[napi]
pub fn create_token_buffer() -> u32 {
    BUFFERS.insert(Mutex::default())
}

/// Appends the elements of `data`, little-endian f16 or f32; f32 are rounded to the nearest f16, ties to even. Returns the number of the
/// first element that is NaN, infinite or beyond what f16 holds, or −1. Nothing is appended then.
#[napi]
pub fn append_tokens(buffer_id: u32, data: Uint8ArraySlice<'_>, half: bool) -> napi::Result<i32> {
    let buffer = BUFFERS.find(buffer_id).ok_or_else(|| closed("buffer of tokens", buffer_id))?;
    let mut values = buffer.lock().unwrap_or_else(PoisonError::into_inner);
    append(&mut values, &data, half).map_err(to_napi)
}

/// Frees a buffer.
#[napi]
pub fn release_token_buffer(buffer_id: u32) {
    BUFFERS.remove(buffer_id);
}

/// Takes the elements out of a buffer, which is released.
pub(crate) fn take_tokens(buffer_id: u32) -> Result<Vec<f16>> {
    let (expected, got) = ("an open buffer".to_owned(), buffer_id.to_string());
    let closed = Error::Parameter { name: "vectors", expected, got };
    let buffer: Arc<Mutex<Vec<f16>>> = BUFFERS.remove(buffer_id).ok_or(closed)?;
    Ok(std::mem::take(&mut buffer.lock().unwrap_or_else(PoisonError::into_inner)))
}

fn append(values: &mut Vec<f16>, bytes: &[u8], half: bool) -> Result<i32> {
    let size = if half { 2 } else { 4 };
    if !bytes.len().is_multiple_of(size) {
        let (expected, got) = (format!("a multiple of {size} bytes"), format!("{} bytes", bytes.len()));
        return Err(Error::Query { what: QueryFault::Shape, expected, got });
    }
    let before = values.len();
    if half {
        values.extend(bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])));
    } else {
        let floats = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        values.extend(floats.map(f16::from_f32));
    }
    let wrong = values[before..].iter().position(|value| !value.is_finite());
    if wrong.is_some() {
        values.truncate(before);
    }
    Ok(wrong.map_or(-1, |place| place as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_types_are_appended_and_what_f16_does_not_hold_is_not() {
        let mut values = Vec::new();
        let halves: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect();
        let floats = |of: &[f32]| of.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        assert_eq!(append(&mut values, &halves, true).unwrap(), -1);
        assert_eq!(append(&mut values, &floats(&[0.25, 65519.0]), false).unwrap(), -1);
        for wrong in [65520.0, -1e9, f32::NAN, f32::INFINITY] {
            assert_eq!(append(&mut values, &floats(&[1.0, 1.0, wrong]), false).unwrap(), 2);
        }
        assert_eq!(append(&mut values, &f16::NAN.to_le_bytes(), true).unwrap(), 0);
        assert!(append(&mut values, &[0; 3], true).is_err());
        assert_eq!(values, [1.5, -2.0, 0.25, 65504.0].map(f16::from_f32));
    }
}
