//! The header of a `.npy` file: bounded here, parsed by `npyz`, then compared with what is supported.

use std::panic::catch_unwind;

use npyz::{Endianness, NpyHeader, Order, TypeChar};

use super::dtype::{self, DType};
use crate::{Error, Result};

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy itself refuses headers above 10,000 bytes; a header of an array that is supported has about 120.
const MAX_TEXT: usize = 64 << 10;
/// Brackets within brackets. A plain header has 2; the parser recurses, and tries some twice per level.
const MAX_DEPTH: usize = 8;

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
    /// Offset of the first element.
    pub(super) data_offset: usize,
}

impl Header {
    /// Reads the header at the start of `bytes`; `name` is the file's, for messages.
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let data_offset = data_offset(name, bytes)?;
        let header = &bytes[..data_offset];
        let unreadable = |got: String| Error::input(name, "npy header", "a Python dictionary", got);
        if depth(header) > MAX_DEPTH {
            return Err(unreadable(format!("brackets nested deeper than {MAX_DEPTH}")));
        }
        // The parser multiplies the shape without looking, which panics where overflow is checked.
        let parsed = catch_unwind(|| NpyHeader::from_reader(header))
            .map_err(|_| unreadable("one that stops the parser".into()))?
            .map_err(|e| unreadable(e.to_string()))?;
        let dtype = supported_dtype(name, &parsed.dtype())?;
        if parsed.order() != Order::C {
            return Err(Error::input(name, "order", "C", "Fortran; save it with numpy.ascontiguousarray"));
        }
        Ok(Self { dtype, shape: parsed.shape().to_vec(), data_offset })
    }
}

/// Magic, version and length of the text, none of which may reach beyond the file.
fn data_offset(name: &str, bytes: &[u8]) -> Result<usize> {
    let found = &bytes[..bytes.len().min(MAGIC.len())];
    if found != MAGIC {
        let got =
            if found.is_empty() { "an empty file".into() } else { format!("\"{}\"", found.escape_ascii()) };
        return Err(Error::input(name, "magic", "\"\\x93NUMPY\" of an npy file", got));
    }
    let cut = |needed: usize| {
        let expected = format!("at least {needed} bytes");
        Error::input(name, "npy header", expected, format!("a file of {} bytes", bytes.len()))
    };
    let (start, length) = match *bytes.get(6..).unwrap_or_default() {
        [1, 0, a, b, ..] => (10, usize::from(u16::from_le_bytes([a, b]))),
        [2 | 3, 0, a, b, c, d, ..] => (12, u32::from_le_bytes([a, b, c, d]) as usize),
        [1..=3, 0, ..] | [1..=3] | [] => return Err(cut(12)),
        [major, ref minor @ ..] => {
            let got = format!("{major}.{}", minor.first().unwrap_or(&0));
            return Err(Error::input(name, "npy version", "1.0, 2.0 or 3.0", got));
        }
    };
    if length > MAX_TEXT {
        let expected = format!("at most {MAX_TEXT} bytes");
        return Err(Error::input(name, "npy header", expected, format!("{length} bytes")));
    }
    if start + length > bytes.len() {
        return Err(cut(start + length));
    }
    Ok(start + length)
}

/// Counts brackets in strings too: those of a supported header hold none.
fn depth(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn supported_dtype(name: &str, dtype: &npyz::DType) -> Result<DType> {
    let unsupported = || Error::input(name, "dtype", dtype::list(&DType::ALL), dtype.descr());
    let npyz::DType::Plain(plain) = dtype else { return Err(unsupported()) };
    let found = match (plain.type_char(), plain.size_field()) {
        (TypeChar::Float, 2) => DType::F16,
        (TypeChar::Float, 4) => DType::F32,
        (TypeChar::Float, 8) => DType::F64,
        (TypeChar::Int, 4) => DType::I32,
        (TypeChar::Int, 8) => DType::I64,
        (TypeChar::Uint, 4) => DType::U32,
        (TypeChar::Uint, 8) => DType::U64,
        _ => return Err(unsupported()),
    };
    if plain.endianness() == Endianness::Big {
        return Err(Error::input(
            name,
            "byte order",
            "little-endian",
            format!("big-endian ({})", dtype.descr()),
        ));
    }
    Ok(found)
}
