//! A mapped `.npy` file.

use std::borrow::Cow;
use std::path::Path;

use super::dtype::{self, DType, Element};
use super::header::Header;
use crate::storage::{Access, MappedFile};
use crate::{Error, Result};

/// An array in a mapped `.npy` file whose length is exactly what its shape asks for.
#[derive(Debug)]
pub struct Npy {
    file: MappedFile,
    header: Header,
}

impl Npy {
    /// Maps the array at `path`.
    ///
    /// # Errors
    /// [`Error::Input`] if the file is not an npy file, its elements are of another type or byte order, it is
    /// in Fortran order, cut short, or has trailing bytes; [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = MappedFile::open(path)?;
        let name = file.path().display().to_string();
        let header = Header::parse(&name, file.bytes())?;
        let Some(expected) = body_length(&header.shape, header.dtype) else {
            let got = format!("{:?}", header.shape);
            return Err(Error::input(name, "shape", "fewer than 2^64 bytes", got));
        };
        let got = (file.len() - header.data_offset) as u64;
        if got != expected {
            let fault = if got < expected { "truncated" } else { "trailing bytes" };
            let shape = format!("{expected} bytes of {} {:?}", header.dtype, header.shape);
            return Err(Error::input(name, "body", shape, format!("{got} bytes ({fault})")));
        }
        Ok(Self { file, header })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Length along each axis.
    pub fn shape(&self) -> &[u64] {
        &self.header.shape
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.header.dtype
    }

    /// Length along the first axis; 1 for an array without axes.
    pub fn rows(&self) -> usize {
        // A shape with a zero in it may hold anything else; no supported host has a length beyond usize.
        self.shape().first().map_or(1, |&rows| rows as usize)
    }

    /// Elements per row: the product of the other axes.
    pub fn cols(&self) -> usize {
        let rows = self.rows();
        self.len().checked_div(rows).unwrap_or_else(|| {
            let other = self.shape().iter().skip(1);
            other.fold(1_u64, |product, &length| product.saturating_mul(length)) as usize
        })
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data().len() / self.dtype().size()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.data().is_empty()
    }

    /// The elements' bytes, row by row.
    pub fn data(&self) -> &[u8] {
        &self.file.bytes()[self.header.data_offset..]
    }

    /// The elements. Copied only if the file's header is of a length that misaligns them, which NumPy's and
    /// [`write_npy`](super::write_npy)'s are not.
    ///
    /// # Errors
    /// [`Error::Input`] if they are of another type.
    pub fn as_slice<T: Element>(&self) -> Result<Cow<'_, [T]>> {
        self.require_dtype(&[T::DTYPE])?;
        Ok(match bytemuck::try_cast_slice(self.data()) {
            Ok(elements) => Cow::Borrowed(elements),
            Err(_) => Cow::Owned(dtype::copied(self.data())),
        })
    }

    /// Tells the kernel how the array will be read. A hint.
    pub fn advise(&self, access: Access) {
        self.file.advise(access);
    }

    /// # Errors
    /// [`Error::Input`] if the element type is none of `allowed`.
    pub fn require_dtype(&self, allowed: &[DType]) -> Result<()> {
        if allowed.contains(&self.dtype()) {
            return Ok(());
        }
        Err(self.fault("dtype", dtype::list(allowed), self.dtype().to_string()))
    }

    /// # Errors
    /// [`Error::Input`] if the number of axes is not `rank`.
    pub fn require_rank(&self, rank: usize) -> Result<()> {
        if self.shape().len() == rank {
            return Ok(());
        }
        let got = format!("{} (shape {:?})", self.shape().len(), self.shape());
        Err(self.fault("rank", rank.to_string(), got))
    }

    /// An error about this file.
    pub fn fault(&self, what: &'static str, expected: impl Into<String>, got: impl Into<String>) -> Error {
        Error::input(self.path().display().to_string(), what, expected, got)
    }
}

/// Bytes that an array needs, `None` if 2^64 or more. A length of 0 anywhere makes it empty, whatever the
/// product of the others.
pub(super) fn body_length(shape: &[u64], dtype: DType) -> Option<u64> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(dtype.size() as u64, |product, &length| product.checked_mul(length))
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::path::PathBuf;

    use half::f16;
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    /// A file of version 1.0, 2.0 or 3.0 with this text as its header and nothing to align the elements.
    pub(in crate::npy) fn file(version: u8, text: &str, body: &[u8]) -> Vec<u8> {
        let length = text.len() as u32;
        let length =
            if version == 1 { (length as u16).to_le_bytes().to_vec() } else { length.to_le_bytes().to_vec() };
        [b"\x93NUMPY", &[version, 0][..], &length, text.as_bytes(), body].concat()
    }

    pub(in crate::npy) fn saved(bytes: &[u8]) -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npy");
        fs::write(&path, bytes).unwrap();
        (directory, path)
    }

    fn open(bytes: &[u8]) -> Result<Npy> {
        let (_directory, path) = saved(bytes);
        Npy::open(path)
    }

    fn text(descr: &str, shape: &str) -> String {
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
    }

    const BODY: [u8; 12] = [0, 0, 0, 0x3c, 0, 0x40, 0, 0x42, 0, 0x44, 0, 0x45];

    #[test]
    fn all_three_versions_are_read_wherever_the_elements_begin() {
        for version in 1..=3 {
            for blanks in 0..9 {
                let text = format!("{}{}\n", text("'<f2'", "(2, 3)").trim_end(), " ".repeat(blanks));
                let npy = open(&file(version, &text, &BODY)).unwrap();
                assert_eq!(
                    (npy.dtype(), npy.shape(), npy.rows(), npy.cols()),
                    (DType::F16, &[2, 3][..], 2, 3)
                );
                let expected: Vec<f16> = (0..6).map(|i| f16::from_f32(i as f32)).collect();
                assert_eq!(*npy.as_slice::<f16>().unwrap(), expected);
                assert!(matches!(npy.as_slice::<f32>(), Err(Error::Input { what: "dtype", .. })));
            }
        }
    }

    #[test]
    fn aligned_elements_are_not_copied_and_others_are_right() {
        let values = [1_u64, u64::MAX, 3];
        let mut copied = 0;
        for blanks in 0..8 {
            let text = format!("{}{}\n", text("'<u8'", "(3,)").trim_end(), " ".repeat(blanks));
            let npy = open(&file(1, &text, bytemuck::cast_slice(&values))).unwrap();
            let slice = npy.as_slice::<u64>().unwrap();
            assert_eq!(*slice, values);
            copied += u32::from(matches!(slice, Cow::Owned(_)));
        }
        assert_eq!(copied, 7);
    }

    #[test]
    fn each_fault_is_named_with_what_was_expected_and_found() {
        let good = text("'<f2'", "(2, 3)");
        let fortran = good.replace("False", "True");
        let deep = format!("{}{}", "(".repeat(5000), ")".repeat(5000));
        let unclosed = "[{(".repeat(3333);
        let cases: &[(&str, Vec<u8>, &str, &str)] = &[
            ("empty", vec![], "magic", "an empty file"),
            ("zip", b"PK\x03\x04 an npz".to_vec(), "magic", "PK"),
            ("half a magic", b"\x93NUM".to_vec(), "magic", "\\x93NUM"),
            ("version 4", file(4, &good, &BODY), "npy version", "4.0"),
            ("version 1.1", b"\x93NUMPY\x01\x01\x00\x00".to_vec(), "npy version", "1.1"),
            ("no version", b"\x93NUMPY".to_vec(), "npy header", "6 bytes"),
            ("half a version", b"\x93NUMPY\x01".to_vec(), "npy header", "7 bytes"),
            ("half a length", b"\x93NUMPY\x02\x00\x00\x00\x00".to_vec(), "npy header", "11 bytes"),
            ("a text beyond the file", b"\x93NUMPY\x01\x00\xff\x00{".to_vec(), "npy header", "11 bytes"),
            ("a huge text", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), "npy header", "4294967295 bytes"),
            ("no dictionary", file(1, "[1, 2]", &BODY), "npy header", "dict"),
            ("no Python", file(1, "{'descr': ", &BODY), "npy header", "parse"),
            ("no shape", file(1, "{'descr': '<f2', 'fortran_order': False}", &BODY), "npy header", "shape"),
            ("no text", file(1, "", &BODY), "npy header", "parse"),
            (
                "no UTF-8",
                file(1, &good, &BODY).iter().map(|&b| if b == b' ' { 0xff } else { b }).collect(),
                "npy header",
                "utf-8",
            ),
            ("deep brackets", file(1, &deep, &BODY), "npy header", "nested"),
            ("unclosed brackets", file(1, &unclosed, &BODY), "npy header", "nested"),
            ("Fortran order", file(1, &fortran, &BODY), "order", "Fortran"),
            ("big-endian", file(1, &text("'>f2'", "(2, 3)"), &BODY), "byte order", "big-endian ('>f2')"),
            ("f128", file(1, &text("'<f16'", "(2, 3)"), &BODY), "dtype", "'<f16'"),
            ("i8", file(1, &text("'|i1'", "(12,)"), &BODY), "dtype", "'|i1'"),
            ("bool", file(1, &text("'|b1'", "(12,)"), &BODY), "dtype", "'|b1'"),
            ("text", file(1, &text("'<U3'", "(1,)"), &BODY), "dtype", "'<U3'"),
            ("objects", file(1, &text("'|O'", "(1,)"), &BODY), "dtype", "'|O'"),
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
            (
                "bytes beyond u64",
                file(1, &text("'<f8'", "(2305843009213693952,)"), &BODY),
                "shape",
                "2305843009213693952",
            ),
        ];
        for (name, bytes, property, found) in cases {
            let (_directory, path) = saved(bytes);
            let error = Npy::open(&path).unwrap_err();
            let Error::Input { input, what, got, .. } = &error else { panic!("{name}: {error}") };
            assert_eq!((&input[..], *what), (path.to_str().unwrap(), *property), "{name}: {error}");
            assert!(got.contains(found), "{name}: {error}");
        }
    }

    /// Tested apart from the file: where overflow is checked, as in tests, the parser stops at it first.
    #[test]
    fn a_shape_whose_product_wraps_is_refused() {
        // 2^33 * 2^31 elements are 0 modulo 2^64, as many as there are bytes.
        let shape = [1 << 33, 1 << 31];
        assert_eq!(body_length(&shape, DType::F16), None);
        assert_eq!(body_length(&[1 << 61], DType::F64), None);
        assert_eq!(body_length(&[u64::MAX, u64::MAX, 0], DType::F16), Some(0));
        assert_eq!(body_length(&[], DType::F16), Some(2));
        let error = open(&file(1, &text("'<f2'", &format!("{shape:?}")), &[])).unwrap_err();
        assert!(matches!(error, Error::Input { what: "shape" | "npy header", .. }), "{error}");
    }

    #[test]
    fn an_empty_array_may_have_any_other_length() {
        for shape in ["(0,)", "(0, 3)", "(3, 0)", "(0, 18446744073709551615)"] {
            let npy = open(&file(1, &text("'<f4'", shape), &[])).unwrap();
            assert!(npy.is_empty() && npy.rows() * npy.cols() == 0, "{shape}");
            assert_eq!(npy.as_slice::<f32>().unwrap().len(), 0);
        }
    }

    #[test]
    fn every_length_but_the_right_one_is_refused() {
        let bytes = file(1, &text("'<f2'", "(2, 3)"), &BODY);
        for length in 0..bytes.len() {
            let error = open(&bytes[..length]).unwrap_err();
            assert!(matches!(error, Error::Input { .. }), "{length}: {error}");
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
            match open(&bytes) {
                Ok(npy) => {
                    let product: u64 = npy.shape().iter().product();
                    prop_assert_eq!(product * npy.dtype().size() as u64, npy.data().len() as u64);
                }
                Err(error) => prop_assert!(matches!(error, Error::Input { .. }), "{}", error),
            }
        }
    }
}
