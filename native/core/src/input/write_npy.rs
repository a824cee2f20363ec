//! Writing an `.npy` file.

use std::path::Path;

use super::dtype::{DType, body_length};
use crate::storage::AtomicFile;
use crate::{Error, Result};

/// Number of bytes of magic, version and the length of the text.
const PREAMBLE: usize = 10;
/// Alignment of the elements, as in NumPy.
const ALIGNMENT: usize = 64;

/// Writes `bytes`, the elements of an array of `shape` in row-major order, as an `.npy` file of version 1.0 at `path`. An existing
/// file is replaced at once, when the new one is complete.
///
/// # Errors
/// [`Error::Input`] if the length of `bytes` does not follow from `shape` and `dtype`, or `shape` has more than 64 axes;
/// [`Error::Io`].
pub fn write_npy(path: impl AsRef<Path>, dtype: DType, shape: &[u64], bytes: &[u8]) -> Result<()> {
    let path = path.as_ref();
    let fault = |what, expected: String, got: String| {
        Err(Error::input(path.display().to_string(), what, expected, got))
    };
    // NumPy's limit. It keeps the header below the 65,535 bytes that version 1.0 allows.
    if shape.len() > 64 {
        return fault("rank", "at most 64".into(), shape.len().to_string());
    }
    if body_length(shape, dtype) != Some(bytes.len() as u64) {
        let expected = format!("the number of bytes of {dtype} {shape:?}");
        return fault("body", expected, format!("{} bytes", bytes.len()));
    }
    let mut file = AtomicFile::create(path)?;
    file.write_all(&header(dtype, shape))?;
    file.write_all(bytes)?;
    file.commit()
}

fn header(dtype: DType, shape: &[u64]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    // A Python tuple of one element ends with a comma.
    let axes = if axes.len() == 1 { format!("{},", axes[0]) } else { axes.join(", ") };
    let text = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({axes}), }}", dtype.descr());
    let end = (PREAMBLE + text.len() + 1).next_multiple_of(ALIGNMENT);
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend_from_slice(&((end - PREAMBLE) as u16).to_le_bytes());
    header.extend_from_slice(text.as_bytes());
    header.resize(end - 1, b' ');
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::input::read_array;

    #[test]
    fn the_file_is_the_one_that_numpy_writes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npy");
        // numpy 2.4.6: numpy.save of these arrays.
        type Case<'a> = (DType, &'a [u64], &'a [u8], &'a str, usize);
        let cases: [Case<'_>; 3] = [
            (
                DType::F16,
                &[2, 3],
                b"\x00\x00\x00<\x00@\x00B\x00D\x00E",
                "'<f2', 'fortran_order': False, 'shape': (2, 3), }",
                58,
            ),
            (
                DType::U32,
                &[2],
                b"\x01\x00\x00\x00\x02\x00\x00\x00",
                "'<u4', 'fortran_order': False, 'shape': (2,), }",
                60,
            ),
            (
                DType::F64,
                &[],
                b"\x00\x00\x00\x00\x00\x00\xf8?",
                "'<f8', 'fortran_order': False, 'shape': (), }",
                62,
            ),
        ];
        for (dtype, shape, body, text, blanks) in cases {
            write_npy(&path, dtype, shape, body).unwrap();
            let header = format!("{{'descr': {text}{}\n", " ".repeat(blanks));
            let expected = [b"\x93NUMPY\x01\x00v\x00", header.as_bytes(), body].concat();
            assert_eq!(
                fs::read(&path).unwrap().escape_ascii().to_string(),
                expected.escape_ascii().to_string()
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_written_is_read(
            dtype in prop::sample::select(DType::ALL),
            shape in prop::collection::vec(0..5_u64, 0..9),
        ) {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("a.npy");
            let length = shape.iter().product::<u64>() as usize * dtype.size();
            let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
            write_npy(&path, dtype, &shape, &bytes).unwrap();
            prop_assert_eq!(read_array(path.to_str().unwrap()).unwrap(), ((dtype, shape), bytes.clone()));
            prop_assert!((fs::metadata(&path).unwrap().len() as usize - bytes.len()).is_multiple_of(64));
        }
    }

    #[test]
    fn bytes_that_do_not_fit_the_shape_are_refused_before_anything_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.npy");
        for (shape, length) in
            [(&[2, 3][..], 11), (&[2, 3], 13), (&[], 1), (&[0, u64::MAX], 2), (&[1 << 63, 4], 0)]
        {
            let error = write_npy(&path, DType::F16, shape, &vec![0; length]).unwrap_err();
            assert!(matches!(error, Error::Input { what: "body", .. }), "{error}");
        }
        let error = write_npy(&path, DType::F16, &[1; 65], &[0; 2]).unwrap_err();
        assert!(matches!(error, Error::Input { what: "rank", .. }), "{error}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
