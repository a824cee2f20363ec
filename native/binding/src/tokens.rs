//! Token values that arrive as bytes, and their conversion to f16.

use half::f16;
use maxsimd_core::error::QueryFault;
use maxsimd_core::{Error, Result, kernel};
use napi::bindgen_prelude::{Float32ArraySlice, Uint16Array};
use napi_derive::napi;

/// The elements of `bytes`: little-endian f16, or f32.
pub(crate) fn read_tokens(bytes: &[u8], half: bool) -> Result<Vec<f32>> {
    let mut values = Vec::new();
    read_tokens_into(bytes, half, &mut values)?;
    Ok(values)
}

/// As [`read_tokens`], into a buffer that is used again. The bytes need no alignment.
pub(crate) fn read_tokens_into(bytes: &[u8], half: bool, values: &mut Vec<f32>) -> Result<()> {
    let size = if half { 2 } else { 4 };
    if !bytes.len().is_multiple_of(size) {
        let (expected, got) = (format!("a multiple of {size} bytes"), format!("{} bytes", bytes.len()));
        return Err(Error::Query { what: QueryFault::Shape, expected, got });
    }
    values.clear();
    values.resize(bytes.len() / size, 0.0);
    if !half {
        let floats = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        values.iter_mut().zip(floats).for_each(|(value, float)| *value = float);
    } else if let Ok(halves) = bytemuck::try_cast_slice::<u8, f16>(bytes) {
        kernel::active().widen(halves, values);
    } else {
        let halves = bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32());
        values.iter_mut().zip(halves).for_each(|(value, half)| *value = half);
    }
    Ok(())
}

/// The nearest f16 of each value, as bit patterns: ties to even, beyond the range to infinity.
#[napi]
pub fn to_half(values: Float32ArraySlice<'_>) -> Uint16Array {
    Uint16Array::new(values.iter().map(|&value| f16::from_f32(value).to_bits()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_types_are_read_from_any_alignment() {
        let numbers = [1.5_f32, -2.0, 0.25];
        let halves: Vec<u8> = numbers.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect();
        let floats: Vec<u8> = numbers.iter().flat_map(|v| v.to_le_bytes()).collect();
        for (bytes, half) in [(halves, true), (floats, false)] {
            for shift in 0..2 {
                let mut moved = vec![0; shift];
                moved.extend_from_slice(&bytes);
                let mut values = Vec::new();
                read_tokens_into(&moved[shift..], half, &mut values).unwrap();
                assert_eq!(values, numbers);
            }
        }
    }

    #[test]
    fn bytes_that_end_within_an_element_are_an_error() {
        assert!(read_tokens_into(&[0; 3], true, &mut Vec::new()).is_err());
        assert!(read_tokens_into(&[0; 6], false, &mut Vec::new()).is_err());
    }
}
