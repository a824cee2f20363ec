//! The header of an `.npy` file. Its size and nesting are bounded, `npyz` parses it, and what is not supported is rejected.

use std::panic::catch_unwind;

use npyz::{NpyHeader, Order};

use super::dtype::{self, DType};
use super::found::Wanted;
use crate::{Error, Result};

const MAGIC: &[u8] = b"\x93NUMPY";
/// Maximum length of the text. NumPy rejects more than 10,000 bytes; the header of a supported array has about 120.
const MAX_TEXT: usize = 64 << 10;
/// Every accepted header lies within this number of bytes from the start of the file.
pub(super) const MOST: usize = 12 + MAX_TEXT;
/// Maximum nesting of brackets. A usual header has 2. The parser recurses, and tries some alternatives twice at each level.
const MAX_DEPTH: usize = 8;

/// The content of a header.
pub(super) struct Header {
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
    /// Offset of the first element.
    pub(super) offset: usize,
}

impl Header {
    /// Reads the header at the start of `bytes`, which are the whole file or its first [`MOST`] bytes. The length of the file,
    /// `size`, must be that which follows from type and shape.
    pub(super) fn parse(name: &str, bytes: &[u8], size: u64, wanted: Wanted) -> Result<Self> {
        let unreadable = |got: String| Error::input(name, "npy header", "a Python dictionary", got);
        let offset = data_offset(name, bytes)?;
        let header = &bytes[..offset];
        if depth(header) > MAX_DEPTH {
            return Err(unreadable(format!("brackets nested deeper than {MAX_DEPTH}")));
        }
        // The parser multiplies the lengths of the shape, and panics on overflow in builds that check it.
        let parsed = catch_unwind(|| NpyHeader::from_reader(header))
            .map_err(|_| unreadable("text that the parser cannot read".into()))?
            .map_err(|e| unreadable(e.to_string()))?;
        let descr = parsed.dtype().descr();
        let kind = descr.trim_matches('\'');
        let found = DType::ALL.iter().find(|dtype| kind.get(1..) == Some(&dtype.descr()[1..]));
        let Some(&dtype) = found else { return Err(wanted.other_type(name, &descr)) };
        if kind.starts_with('>') {
            let got = format!("big-endian ({descr}); {}", wanted.python());
            return Err(Error::input(name, "byte order", "little-endian", got));
        }
        if parsed.order() != Order::C {
            return Err(Error::input(name, "order", "C", format!("Fortran; {}", wanted.python())));
        }
        let shape = parsed.shape().to_vec();
        let Some(expected) = dtype::body_length(&shape, dtype) else {
            return Err(Error::input(name, "shape", "fewer than 2^64 bytes", format!("{shape:?}")));
        };
        let got = size - offset as u64;
        if got != expected {
            let fault = if got < expected { "truncated" } else { "trailing bytes" };
            let expected = format!("{expected} bytes of {dtype} {shape:?}");
            return Err(Error::input(name, "body", expected, format!("{got} bytes ({fault})")));
        }
        Ok(Self { dtype, shape, offset })
    }
}

/// Length of magic, version and text together, which is the offset of the elements.
fn data_offset(name: &str, bytes: &[u8]) -> Result<usize> {
    let found = &bytes[..bytes.len().min(MAGIC.len())];
    if found != MAGIC {
        let got =
            if found.is_empty() { "an empty file".into() } else { format!("\"{}\"", found.escape_ascii()) };
        return Err(Error::input(
            name,
            "format",
            "an .npy array, an .npz archive or a .safetensors file",
            got,
        ));
    }
    let (start, length) = match bytes[6..] {
        [1, _, a, b, ..] => (10, usize::from(u16::from_le_bytes([a, b]))),
        [_, _, a, b, c, d, ..] => (12, u32::from_le_bytes([a, b, c, d]) as usize),
        _ => (12, 0),
    };
    let got = match bytes.len() {
        _ if length > MAX_TEXT => format!("{length} bytes, more than {MAX_TEXT}"),
        size if start + length > size => {
            format!("a file of {size} bytes, which ends before {}", start + length)
        }
        _ => return Ok(start + length),
    };
    Err(Error::input(name, "npy header", "magic, version and a text", got))
}

/// Maximum nesting of brackets. Brackets in strings count too; the strings of a supported header contain no brackets.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::dtype::body_length;
    use super::super::testing::{fault, npy_of as file, saved, text};
    use super::super::{array_shape, read_array};
    use super::*;

    const BODY: [u8; 12] = [0, 0, 0, 0x3c, 0, 0x40, 0, 0x42, 0, 0x44, 0, 0x45];

    fn shape(bytes: &[u8]) -> Result<(DType, Vec<u64>)> {
        let (_folder, path) = saved("a.npy", bytes);
        array_shape(path.to_str().unwrap())
    }

    #[test]
    fn all_three_versions_are_read() {
        for version in 1..=3 {
            let (_folder, path) = saved("a.npy", &file(version, &text("'<f2'", "(2, 3)"), &BODY));
            let read = read_array(path.to_str().unwrap()).unwrap();
            assert_eq!(read, ((DType::F16, vec![2, 3]), BODY.to_vec()));
        }
    }

    #[test]
    fn each_type_is_known_by_its_name() {
        for &dtype in DType::ALL {
            let bytes = file(1, &text(&format!("'{}'", dtype.descr()), "(1,)"), &vec![0; dtype.size()]);
            assert_eq!(shape(&bytes).unwrap(), (dtype, vec![1]));
        }
    }

    #[test]
    fn each_fault_is_named_with_what_was_expected_and_found() {
        let good = text("'<f2'", "(2, 3)");
        let fortran = good.replace("False", "True");
        let deep = format!("{}{}", "(".repeat(5000), ")".repeat(5000));
        let unclosed = "[{(".repeat(3333);
        let latin = file(1, &good, &BODY).iter().map(|&b| if b == b' ' { 0xff } else { b }).collect();
        let beyond = text("'<f8'", "(2305843009213693952,)");
        let cases: &[(&str, Vec<u8>, &str, &str)] = &[
            ("empty", vec![], "format", "an empty file"),
            ("another format", b"%PDF-1.4".to_vec(), "format", "%PDF-1"),
            ("half a magic", b"\x93NUM".to_vec(), "format", "\\x93NUM"),
            ("version 4", file(4, &good, &BODY), "npy header", "unsupported version: (4, 0)"),
            (
                "version 1.1",
                b"\x93NUMPY\x01\x01\x00\x00".to_vec(),
                "npy header",
                "unsupported version: (1, 1)",
            ),
            ("no version", b"\x93NUMPY".to_vec(), "npy header", "6 bytes"),
            ("half a version", b"\x93NUMPY\x01".to_vec(), "npy header", "7 bytes"),
            ("half a length", b"\x93NUMPY\x02\x00\x00\x00\x00".to_vec(), "npy header", "11 bytes"),
            ("a text beyond the file", b"\x93NUMPY\x01\x00\xff\x00{".to_vec(), "npy header", "11 bytes"),
            ("a huge text", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), "npy header", "4294967295 bytes"),
            ("no dictionary", file(1, "[1, 2]", &BODY), "npy header", "dict"),
            ("no Python", file(1, "{'descr': ", &BODY), "npy header", "parse"),
            ("no shape", file(1, "{'descr': '<f2', 'fortran_order': False}", &BODY), "npy header", "shape"),
            ("no text", file(1, "", &BODY), "npy header", "parse"),
            ("no UTF-8", latin, "npy header", "utf-8"),
            ("deep brackets", file(1, &deep, &BODY), "npy header", "nested"),
            ("unclosed brackets", file(1, &unclosed, &BODY), "npy header", "nested"),
            ("Fortran order", file(1, &fortran, &BODY), "order", "Fortran; convert it in Python: np.save("),
            ("big-endian", file(1, &text("'>f2'", "(2, 3)"), &BODY), "byte order", "big-endian ('>f2')"),
            ("f128", file(1, &text("'<f16'", "(2, 3)"), &BODY), "dtype", "'<f16'"),
            ("complex", file(1, &text("'<c8'", "(1,)"), &BODY), "dtype", "'<c8'"),
            ("bool", file(1, &text("'|b1'", "(12,)"), &BODY), "dtype", "'|b1'"),
            ("text", file(1, &text("'<U3'", "(1,)"), &BODY), "dtype", "'<U3'"),
            ("objects", file(1, &text("'|O'", "(1,)"), &BODY), "dtype", "'|O'"),
            ("times", file(1, &text("'<M8[ns]'", "(1,)"), &BODY), "dtype", "'<M8[ns]'"),
            ("records", file(1, &text("[('a', '<f2'), ('b', '<f4')]", "(2,)"), &BODY), "dtype", "'b'"),
            ("truncated", file(1, &good, &BODY[..11]), "body", "11 bytes (truncated)"),
            ("no body", file(1, &good, &[]), "body", "0 bytes (truncated)"),
            ("trailing", file(1, &good, &[&BODY[..], &[0]].concat()), "body", "13 bytes (trailing bytes)"),
            ("an empty array with a body", file(1, &text("'<f2'", "(0, 3)"), &BODY), "body", "trailing"),
            ("a negative length", file(1, &text("'<f2'", "(-2, -3)"), &BODY), "npy header", "negative"),
            (
                "a length beyond u64",
                file(1, &text("'<f2'", "(18446744073709551616,)"), &BODY),
                "npy header",
                "u64",
            ),
            ("bytes beyond u64", file(1, &beyond, &BODY), "shape", "2305843009213693952"),
        ];
        for (name, bytes, property, found) in cases {
            let (_folder, path) = saved("a.npy", bytes);
            let (input, what, got) = fault(array_shape(path.to_str().unwrap()).unwrap_err());
            assert_eq!((&input[..], what), (path.to_str().unwrap(), *property), "{name}: {got}");
            assert!(got.contains(found), "{name}: {got}");
        }
    }

    /// Tested apart from the file: where overflow is checked, as in tests, the parser stops at it first.
    #[test]
    fn a_shape_whose_product_wraps_is_refused() {
        // 2^33 * 2^31 elements are 0 modulo 2^64, as many as there are bytes.
        let wrapping = [1 << 33, 1 << 31];
        assert_eq!(body_length(&wrapping, DType::F16), None);
        assert_eq!(body_length(&[1 << 61], DType::F64), None);
        assert_eq!(body_length(&[u64::MAX, u64::MAX, 0], DType::F16), Some(0));
        assert_eq!(body_length(&[], DType::F16), Some(2));
        let (_, what, _) = fault(shape(&file(1, &text("'<f2'", &format!("{wrapping:?}")), &[])).unwrap_err());
        assert!(matches!(what, "shape" | "npy header"), "{what}");
    }

    #[test]
    fn an_empty_array_may_have_any_other_length() {
        for (lengths, expected) in
            [("(0,)", vec![0]), ("(3, 0)", vec![3, 0]), ("(0, 18446744073709551615)", vec![0, u64::MAX])]
        {
            assert_eq!(shape(&file(1, &text("'<f4'", lengths), &[])).unwrap().1, expected);
        }
    }

    #[test]
    fn every_length_but_the_right_one_is_refused() {
        let bytes = file(1, &text("'<f2'", "(2, 3)"), &BODY);
        for length in 0..bytes.len() {
            fault(shape(&bytes[..length]).unwrap_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_header_stops_the_process(changes in prop::collection::vec(
            (6..80_usize, prop_oneof![any::<u8>(), prop::sample::select(b"'\\(){}[],:-+0j eN<>|".to_vec())]),
            1..6,
        )) {
            let mut bytes = file(1, &text("'<f2'", "(2, 3)"), &BODY);
            for (offset, value) in changes {
                let last = bytes.len() - 1;
                bytes[offset.min(last)] = value;
            }
            let (_folder, path) = saved("a.npy", &bytes);
            match read_array(path.to_str().unwrap()) {
                Ok(((dtype, shape), data)) => {
                    let product: u64 = shape.iter().product();
                    prop_assert_eq!(product * dtype.size() as u64, data.len() as u64);
                }
                Err(error) => prop_assert!(matches!(error, Error::Input { .. }), "{}", error),
            }
        }
    }
}
