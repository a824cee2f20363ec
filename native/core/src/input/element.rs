//! Conversion of array elements to the types that a build works on.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::dtype::DType::{self, BF16, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};

/// A block of converted elements, and whether rounding changed one of them; or, as an error, the position and the value of an
/// element that is outside the range of the type.
pub type Converted<T> = Result<(Vec<T>, bool), (usize, String)>;

/// A type to which arrays are converted.
pub trait Element: bytemuck::Pod {
    /// The same type as a [`DType`].
    const DTYPE: DType;
    /// NumPy's name of a type that is always accepted.
    const NUMPY: &'static str;
    /// The types that convert to this one.
    const ACCEPTED: &'static [DType];
    /// The range of valid elements, for error messages.
    const RANGE: &'static str;
    /// How to bring values into the range, for error messages.
    const ADVICE: &'static str = "";

    /// Converts the elements in `bytes`, whose type is one of [`Self::ACCEPTED`]. They need no alignment.
    fn convert(from: DType, bytes: &[u8]) -> Converted<Self>;
}

impl Element for f16 {
    const DTYPE: DType = F16;
    const NUMPY: &'static str = "float16";
    const ACCEPTED: &'static [DType] = &[F16, BF16, F32, F64];
    const RANGE: &'static str = "-65504 to 65504, the range of f16";
    const ADVICE: &'static str = "; normalise the vectors: v / np.linalg.norm(v, axis=-1, keepdims=True)";

    /// Rounds to nearest, ties to even. NaN and infinities stay; [`crate::corpus::Corpus::new`] rejects them.
    fn convert(from: DType, bytes: &[u8]) -> Converted<Self> {
        let exact = singles(from, bytes);
        let beyond = |value: &f32| value.abs() > Self::MAX.to_f32() && value.is_finite();
        if let Some(at) = exact.iter().position(beyond) {
            return Err((at, exact[at].to_string()));
        }
        let mut rounded = vec![Self::ZERO; exact.len()];
        rounded.convert_from_f32_slice(&exact);
        let mut back = vec![0.0; exact.len()];
        rounded.convert_to_f32_slice(&mut back);
        let changed = exact.iter().zip(&back).any(|(exact, back)| exact != back && !exact.is_nan());
        Ok((rounded, changed))
    }
}

impl Element for f32 {
    const DTYPE: DType = F32;
    const NUMPY: &'static str = "float32";
    const ACCEPTED: &'static [DType] = &[F16, BF16, F32];
    const RANGE: &'static str = "numbers";

    fn convert(from: DType, bytes: &[u8]) -> Converted<Self> {
        Ok((singles(from, bytes), false))
    }
}

fn singles(from: DType, bytes: &[u8]) -> Vec<f32> {
    match from {
        F16 => elements::<f16>(bytes).map(f16::to_f32).collect(),
        BF16 => elements::<bf16>(bytes).map(bf16::to_f32).collect(),
        F32 => elements::<f32>(bytes).collect(),
        _ => elements::<f64>(bytes).map(to_odd).collect(),
    }
}

/// Rounds to odd: a value between two `f32` becomes the one whose last bit is 1. Rounding that to `f16` gives the same result as
/// rounding the `f64` to `f16` directly.
fn to_odd(value: f64) -> f32 {
    let single = value as f32;
    let (nearest, bits) = (f64::from(single), single.to_bits());
    match bits & 1 {
        0 if nearest.abs() > value.abs() => f32::from_bits(bits - 1),
        0 if nearest.abs() < value.abs() => f32::from_bits(bits + 1),
        _ => single,
    }
}

impl Element for u32 {
    const DTYPE: DType = U32;
    const NUMPY: &'static str = "int64";
    const ACCEPTED: &'static [DType] = &[I8, I16, I32, I64, U8, U16, U32, U64];
    const RANGE: &'static str = "0 to 4294967295";

    fn convert(from: DType, bytes: &[u8]) -> Converted<Self> {
        match from {
            I8 => integers::<i8>(bytes),
            I16 => integers::<i16>(bytes),
            I32 => integers::<i32>(bytes),
            I64 => integers::<i64>(bytes),
            U8 => integers::<u8>(bytes),
            U16 => integers::<u16>(bytes),
            U64 => integers::<u64>(bytes),
            _ => integers::<Self>(bytes),
        }
    }
}

fn integers<S: bytemuck::Pod + TryInto<u32> + ToString>(bytes: &[u8]) -> Converted<u32> {
    let fits = |(at, value): (usize, S)| value.try_into().map_err(|_| (at, value.to_string()));
    Ok((elements::<S>(bytes).enumerate().map(fits).collect::<Result<_, _>>()?, false))
}

fn elements<S: bytemuck::Pod>(bytes: &[u8]) -> impl Iterator<Item = S> {
    bytes.chunks_exact(size_of::<S>()).map(bytemuck::pod_read_unaligned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the rounding that is promised, on every host alike: between each two halves that follow each other.
    #[test]
    fn doubles_are_rounded_once() {
        for bits in 0..f16::MAX.to_bits() {
            let (low, high) = (f16::from_bits(bits), f16::from_bits(bits + 1));
            let middle = f64::midpoint(low.into(), high.into());
            let even = if bits & 1 == 0 { low } else { high };
            let expected = [low, even, high];
            let values = [middle * (1.0 - f64::EPSILON), middle, middle * (1.0 + f64::EPSILON)];
            let (found, rounded) = f16::convert(F64, bytemuck::cast_slice(&values)).unwrap();
            assert_eq!((found, rounded), (expected.to_vec(), true), "{low} {high}");
            let (found, _) = f16::convert(F64, bytemuck::cast_slice(&values.map(|value| -value))).unwrap();
            assert_eq!(found, expected.map(|value| -value), "{low} {high}");
        }
    }
}
