//! The element types that are read and written.

use std::fmt;

use half::f16;

/// Element type of an array. All little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DType {
    /// IEEE 754 half precision.
    F16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
}

impl DType {
    /// Every type, in the order of the declaration.
    pub const ALL: [Self; 7] = [Self::F16, Self::F32, Self::F64, Self::I32, Self::I64, Self::U32, Self::U64];

    /// Bytes per element.
    pub const fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// NumPy's name for it in a file's header.
    pub const fn descr(self) -> &'static str {
        match self {
            Self::F16 => "<f2",
            Self::F32 => "<f4",
            Self::F64 => "<f8",
            Self::I32 => "<i4",
            Self::I64 => "<i8",
            Self::U32 => "<u4",
            Self::U64 => "<u8",
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U32 => "u32",
            Self::U64 => "u64",
        })
    }
}

/// "f16", "f16 or f32", "i32, i64 or u32".
pub(super) fn list(types: &[DType]) -> String {
    let names: Vec<String> = types.iter().map(DType::to_string).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// A Rust type that an array's bytes can be viewed as.
pub trait Element: bytemuck::Pod + Send + Sync {
    /// The array type it stands for.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($type:ty => $dtype:ident),*) => { $(impl Element for $type { const DTYPE: DType = DType::$dtype; })* };
}
elements!(f16 => F16, f32 => F32, f64 => F64, i32 => I32, i64 => I64, u32 => U32, u64 => U64);

/// The elements that lie in `bytes`, however they are aligned.
pub(super) fn copied<T: Element>(bytes: &[u8]) -> Vec<T> {
    bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
}
