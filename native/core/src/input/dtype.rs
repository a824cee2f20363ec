//! The element types of arrays.

use std::fmt;

macro_rules! dtypes {
    ($($variant:ident $name:literal $size:literal $descr:literal $doc:literal,)*) => {
        /// Element type of an array. All little-endian.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DType {
            $(#[doc = $doc] $variant,)*
        }

        impl DType {
            /// Every type, in the order of the declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Bytes per element.
            pub const fn size(self) -> usize {
                match self { $(Self::$variant => $size),* }
            }

            /// Short name, such as `f16`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// NumPy's name for the type, as in an `.npy` header.
            pub const fn descr(self) -> &'static str {
                match self { $(Self::$variant => $descr),* }
            }
        }
    };
}

dtypes! {
    F16 "f16" 2 "<f2" "IEEE 754 half precision.",
    BF16 "bf16" 2 "|V2" "bfloat16: the upper half of single precision. NumPy has only a type without a name for it.",
    F32 "f32" 4 "<f4" "Single precision.",
    F64 "f64" 8 "<f8" "Double precision.",
    I8 "i8" 1 "|i1" "Signed, 8 bits.",
    I16 "i16" 2 "<i2" "Signed, 16 bits.",
    I32 "i32" 4 "<i4" "Signed, 32 bits.",
    I64 "i64" 8 "<i8" "Signed, 64 bits.",
    U8 "u8" 1 "|u1" "Unsigned, 8 bits.",
    U16 "u16" 2 "<u2" "Unsigned, 16 bits.",
    U32 "u32" 4 "<u4" "Unsigned, 32 bits.",
    U64 "u64" 8 "<u8" "Unsigned, 64 bits.",
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// "f16", "f16 or f32", "i32, i64 or u32".
pub(super) fn list(types: &[DType]) -> String {
    let names: Vec<&str> = types.iter().map(|dtype| dtype.name()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// Number of bytes of an array's elements; `None` if it is 2^64 or more. It is 0 if any length is 0, even if the product of the
/// others overflows.
pub(super) fn body_length(shape: &[u64], dtype: DType) -> Option<u64> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(dtype.size() as u64, |product, &length| product.checked_mul(length))
}
