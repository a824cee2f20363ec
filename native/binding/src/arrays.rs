//! Token values that arrive as bytes.

use half::f16;
use maxsimd_core::Error;
use maxsimd_core::error::QueryFault;
use maxsimd_core::kernel;

/// Writes the elements of `bytes` (little-endian `f16`, or `f32`) into `values`. The bytes need no alignment.
pub(crate) fn read_tokens(bytes: &[u8], half: bool, values: &mut Vec<f32>) -> maxsimd_core::Result<()> {
    let size = if half { 2 } else { 4 };
    if !bytes.len().is_multiple_of(size) {
        return Err(Error::Query {
            what: QueryFault::Shape,
            expected: format!("a multiple of {size} bytes"),
            got: format!("{} bytes", bytes.len()),
        });
    }
    values.clear();
    values.resize(bytes.len() / size, 0.0);
    if half {
        match bytemuck::try_cast_slice::<u8, f16>(bytes) {
            Ok(halves) => kernel::active().widen(halves, values),
            Err(_) => {
                for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(2)) {
                    *value = f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
                }
            }
        }
    } else {
        for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(4)) {
            *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }
    Ok(())
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
                read_tokens(&moved[shift..], half, &mut values).unwrap();
                assert_eq!(values, numbers);
            }
        }
    }

    #[test]
    fn a_broken_element_is_an_error() {
        assert!(read_tokens(&[0; 3], true, &mut Vec::new()).is_err());
        assert!(read_tokens(&[0; 6], false, &mut Vec::new()).is_err());
    }
}
