//! Opening an array for a build: its elements, mapped, in the type that the build works on.

use std::io::Write;
use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::path::Path;

use half::f16;

use super::dtype::DType;
use super::element::Element;
use super::find::find;
use super::found::{Body, Found, Wanted};
use crate::monitor::Monitor;
use crate::storage::MappedFile;
use crate::{Error, Result};

/// The elements of an array, in the user's file or in a temporary copy. The copy is removed when this value is dropped.
#[derive(Debug)]
pub struct Array<T> {
    name: String,
    shape: Vec<u64>,
    file: MappedFile,
    range: Range<usize>,
    rounded_from: Option<DType>,
    copied: bool,
    element: PhantomData<T>,
}

impl<T: Element> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        bytemuck::try_cast_slice(&self.file.bytes()[self.range.clone()]).unwrap_or_default()
    }
}

impl<T: Element> Array<T> {
    /// The path of the file; for an array in an archive `path:name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Length along the last axis.
    pub fn cols(&self) -> usize {
        self.shape.last().map_or(1, |&length| length as usize)
    }

    /// The element type in the user's file, if the conversion rounded a value.
    pub fn rounded_from(&self) -> Option<DType> {
        self.rounded_from
    }

    /// Size of the temporary copy in bytes; 0 if there is no copy.
    pub fn copied_bytes(&self) -> u64 {
        if self.copied { self.range.len() as u64 } else { 0 }
    }

    /// An error about this array.
    pub fn fault(&self, what: &'static str, expected: impl Into<String>, got: impl Into<String>) -> Error {
        Error::input(&self.name, what, expected, got)
    }

    fn open(found: Found<'_>, folder: &Path, monitor: &dyn Monitor) -> Result<Self> {
        let usable = |bytes: &[u8]| bytemuck::try_cast_slice::<u8, T>(bytes).is_ok();
        match found {
            Found { name, shape, dtype, body: Body::Mapped(file, range) }
                if dtype == T::DTYPE && usable(&file.bytes()[range.clone()]) =>
            {
                Ok(Self { name, shape, file, range, rounded_from: None, copied: false, element: PhantomData })
            }
            found => Self::copy(found, folder, monitor),
        }
    }

    fn copy(mut found: Found<'_>, folder: &Path, monitor: &dyn Monitor) -> Result<Self> {
        let io = |e| Error::io(folder, "write a temporary file in", e);
        let Found { dtype, .. } = found;
        let (name, shape) = (found.name.clone(), found.shape.clone());
        let cols = if shape.len() > 1 { shape[shape.len() - 1] } else { 1 };
        // The file never has a name, so the system removes it when it is closed, also when the process is killed.
        let mut copy = tempfile::tempfile_in(folder).map_err(io)?;
        let mut rounded = false;
        found.read(|bytes, first| {
            monitor.check()?;
            let (values, changed) = T::convert(dtype, bytes).map_err(|(at, value)| {
                let at = first + at as u64;
                let column = if shape.len() > 1 { format!(", column {}", at % cols) } else { String::new() };
                let got = format!("{value} in row {}{column}{}", at / cols, T::ADVICE);
                Error::input(&name, "values", T::RANGE, got)
            })?;
            rounded |= changed;
            copy.write_all(bytemuck::cast_slice(&values)).map_err(io)
        })?;
        let file = MappedFile::of(&name, copy)?;
        let (range, rounded_from) = (0..file.len(), rounded.then_some(dtype));
        Ok(Self { name, shape, file, range, rounded_from, copied: true, element: PhantomData })
    }
}

/// Opens arrays for a build. An array is specified by a path, or by `path:name` in an archive. If an archive is given without a
/// name, the array with the name of the method is used, or else the only array.
///
/// Every method fails with [`Error::Input`], which names the array, if it cannot be read, its type does not convert, its number
/// of axes is wrong, or a value is out of range; with [`Error::Io`]; and with [`Error::Cancelled`].
pub struct Reader<'a> {
    /// Folder for the temporary copies of converted arrays.
    pub folder: &'a Path,
    /// Can cancel a conversion.
    pub monitor: &'a dyn Monitor,
}

impl Reader<'_> {
    /// Token vectors, `[tokens, dim]`: f16; or bf16, f32, f64, which are rounded.
    pub fn vectors(&self, spec: &str) -> Result<Array<f16>> {
        self.matrix(spec, "vectors")
    }

    /// Vocabulary ids, `[tokens]`: integers from 0 to 2^32 - 1.
    pub fn token_ids(&self, spec: &str) -> Result<Array<u32>> {
        self.open(spec, "token_ids", 1)
    }

    /// Tokens of each document, `[documents]`: integers from 0 to 2^32 - 1.
    pub fn doclens(&self, spec: &str) -> Result<Array<u32>> {
        self.open(spec, "doclens", 1)
    }

    /// Coarse centroids, `[centroids, dim]`: f32, f16 or bf16.
    pub fn centroids(&self, spec: &str) -> Result<Array<f32>> {
        self.matrix(spec, "centroids")
    }

    /// The centroid of each token, `[tokens]`: integers from 0 to 2^32 - 1.
    pub fn assignments(&self, spec: &str) -> Result<Array<u32>> {
        self.open(spec, "assignments", 1)
    }

    /// Residual codebooks, `[256, dim]`: f32, f16 or bf16.
    pub fn codebooks(&self, spec: &str) -> Result<Array<f32>> {
        self.matrix(spec, "codebooks")
    }

    fn matrix<T: Element>(&self, spec: &str, name: &'static str) -> Result<Array<T>> {
        let matrix = self.open::<T>(spec, name, 2)?;
        match matrix.cols() {
            0 => Err(matrix.fault("dim", "at least 1", format!("0 (shape {:?})", matrix.shape))),
            _ => Ok(matrix),
        }
    }

    fn open<T: Element>(&self, spec: &str, name: &'static str, rank: usize) -> Result<Array<T>> {
        let wanted = Wanted::new::<T>(name);
        find(spec, wanted, |found| {
            if !T::ACCEPTED.contains(&found.dtype) {
                return Err(wanted.other_type(&found.name, found.dtype.name()));
            }
            if found.shape.len() != rank {
                let got = format!("{} (shape {:?})", found.shape.len(), found.shape);
                return Err(Error::input(found.name, "rank", rank.to_string(), got));
            }
            Array::open(found, self.folder, self.monitor)
        })
    }
}

/// Element type, and length along each axis.
pub type Shape = (DType, Vec<u64>);

/// An array of any type, for [`array_shape`] and [`read_array`].
const ANY: Wanted = Wanted { name: "array", accepted: DType::ALL, numpy: "float32" };

/// Reads the shape of an array, not its elements.
///
/// # Errors
/// [`Error::Input`] if it is malformed; [`Error::Io`].
pub fn array_shape(spec: &str) -> Result<Shape> {
    find(spec, ANY, |found| Ok((found.dtype, found.shape)))
}

/// Reads an array of any type into memory. Returns little-endian elements in row-major order.
///
/// # Errors
/// As [`array_shape`].
pub fn read_array(spec: &str) -> Result<(Shape, Vec<u8>)> {
    find(spec, ANY, |mut found| {
        let mut elements = Vec::new();
        found.read(|bytes, _| {
            elements.extend_from_slice(bytes);
            Ok(())
        })?;
        Ok(((found.dtype, found.shape), elements))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use half::bf16;

    use super::super::testing::{fault, npy, npy_of, reader, saved, text};
    use super::super::write_npy;
    use super::*;
    use crate::monitor::Stage;

    fn bytes<T: bytemuck::Pod>(values: &[T]) -> &[u8] {
        bytemuck::cast_slice(values)
    }

    fn vectors(descr: &str, shape: &str, body: &[u8]) -> Result<(Vec<f32>, Option<DType>)> {
        let (folder, path) = saved("v.npy", &npy(descr, shape, body));
        let array = reader(folder.path()).vectors(path.to_str().unwrap())?;
        Ok((array.iter().map(|value| value.to_f32()).collect(), array.rounded_from()))
    }

    #[test]
    fn aligned_elements_of_the_wanted_type_are_the_file_and_others_a_copy() {
        let values = [1_u32, u32::MAX, 3];
        let mut mapped = 0;
        for blanks in 0..8 {
            let header = format!("{}{}\n", text("'<u4'", "(3,)").trim_end(), " ".repeat(blanks));
            let (folder, path) = saved("a.npy", &npy_of(1, &header, bytes(&values)));
            let array = reader(folder.path()).token_ids(path.to_str().unwrap()).unwrap();
            assert_eq!(*array, values);
            mapped += u32::from(array.copied_bytes() == 0);
            assert!(array.copied_bytes() == 0 || array.copied_bytes() == 12);
        }
        assert_eq!(mapped, 2);
    }

    #[test]
    fn wider_floats_are_rounded_to_the_nearest_and_ties_to_even() {
        // 2048 is the first whole number after which halves are 2 apart.
        let ties = [2049.0, 2051.0, 2050.999, -2049.0, 65_504.0];
        let expected = vec![2048.0, 2052.0, 2050.0, -2048.0, 65_504.0];
        let single = ties.map(|value| value as f32);
        assert_eq!(vectors("<f4", "(1, 5)", bytes(&single)).unwrap(), (expected.clone(), Some(DType::F32)));
        assert_eq!(vectors("<f8", "(1, 5)", bytes(&ties)).unwrap(), (expected, Some(DType::F64)));
        // Rounded once: by way of f32 this would be a tie, and 1.
        let above_tie = [1.0 + 2_f64.powi(-11) + 2_f64.powi(-40)];
        assert_eq!(vectors("<f8", "(1, 1)", bytes(&above_tie)).unwrap().0, [1.0 + 2_f32.powi(-10)]);
        // bf16 loses below the smallest normal half.
        let brain = [1.5, -0.007_812_5, 1e-7].map(bf16::from_f32);
        let (found, rounded) = vectors("|V2", "(1, 3)", bytes(&brain)).unwrap();
        assert_eq!((found[0], found[1], rounded), (1.5, -0.007_812_5, Some(DType::BF16)));
    }

    #[test]
    fn what_converts_without_loss_is_not_called_rounded() {
        let halves = [0.5_f32, -2.0, 0.0, 6e-8_f32.trunc()];
        assert_eq!(vectors("<f4", "(2, 2)", bytes(&halves)).unwrap(), (halves.to_vec(), None));
        let brain = halves.map(bf16::from_f32);
        assert_eq!(vectors("|V2", "(2, 2)", bytes(&brain)).unwrap(), (halves.to_vec(), None));
    }

    #[test]
    fn values_beyond_the_range_of_f16_are_named_and_infinities_are_left_to_the_corpus() {
        let mut values = vec![0.25_f32; 600_000];
        values[599_996] = -65_505.0;
        let error = vectors("<f4", "(200000, 3)", bytes(&values)).unwrap_err();
        assert!(error.to_string().contains("normalise the vectors: v / np.linalg.norm(v"), "{error}");
        let (_, what, got) = fault(error);
        assert!(what == "values" && got.starts_with("-65505 in row 199998, column 2; "), "{got}");
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        let (found, rounded) = vectors("<f4", "(1, 3)", bytes(&odd)).unwrap();
        assert!(found[0].is_nan() && found[1..] == odd[1..] && rounded.is_none());
    }

    #[test]
    fn other_types_ranks_and_dims_are_refused_with_the_line_that_converts() {
        for (descr, shape, body, property, found) in [
            ("<i4", "(1, 2)", 8, "dtype", "i32; convert it in Python: np.save(\"vectors.npy\", "),
            ("<c8", "(1, 2)", 16, "dtype", "'<c8'; convert it in Python"),
            (">f4", "(1, 2)", 8, "byte order", "np.ascontiguousarray(vectors, dtype=np.float16))"),
            ("<f2", "(2,)", 4, "rank", "1 (shape [2])"),
            ("<f2", "(1, 1, 2)", 4, "rank", "3 (shape [1, 1, 2])"),
            ("<f2", "(2, 0)", 0, "dim", "0 (shape [2, 0])"),
        ] {
            let (_, what, got) = fault(vectors(descr, shape, &vec![0; body]).unwrap_err());
            assert!(what == property && got.contains(found), "{descr} {shape}: {what} {got}");
        }
        let (folder, path) = saved("ids.npy", &npy("<f4", "(1,)", &[0; 4]));
        let (_, what, got) = fault(reader(folder.path()).token_ids(path.to_str().unwrap()).unwrap_err());
        assert!(what == "dtype" && got.contains("np.ascontiguousarray(token_ids, dtype=np.int64)"), "{got}");
    }

    #[test]
    fn centroids_are_narrow_or_single_floats() {
        let values = [0.5_f32, -2.0, 0.0, 1.25];
        let halves = values.map(f16::from_f32);
        let brain = values.map(bf16::from_f32);
        for (descr, body) in [("<f4", bytes(&values)), ("<f2", bytes(&halves)), ("|V2", bytes(&brain))] {
            let (folder, path) = saved("c.npy", &npy(descr, "(2, 2)", body));
            assert_eq!(*reader(folder.path()).centroids(path.to_str().unwrap()).unwrap(), values, "{descr}");
        }
        let (folder, path) = saved("c.npy", &npy("<f8", "(1, 1)", &[0; 8]));
        assert_eq!(fault(reader(folder.path()).codebooks(path.to_str().unwrap()).unwrap_err()).1, "dtype");
    }

    #[test]
    fn every_integer_type_holds_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let cases: [(DType, &[u8]); 8] = [
            (DType::I8, bytes(&[0_i8, 7, 100])),
            (DType::I16, bytes(&[0_i16, 7, 100])),
            (DType::I32, bytes(&[0_i32, 7, 100])),
            (DType::I64, bytes(&[0_i64, 7, 100])),
            (DType::U8, bytes(&[0_u8, 7, 100])),
            (DType::U16, bytes(&[0_u16, 7, 100])),
            (DType::U32, bytes(&[0_u32, 7, 100])),
            (DType::U64, bytes(&[0_u64, 7, 100])),
        ];
        for (dtype, body) in cases {
            write_npy(&path, dtype, &[3], body).unwrap();
            assert_eq!(
                *reader(folder.path()).doclens(path.to_str().unwrap()).unwrap(),
                [0, 7, 100],
                "{dtype}"
            );
        }
    }

    #[test]
    fn an_integer_that_does_not_fit_is_named_with_its_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let cases: [(DType, &[u8], &str); 4] = [
            (DType::I64, bytes(&[0_i64, 1, -1]), "-1 in row 2"),
            (DType::I64, bytes(&[4_294_967_295_i64, 1 << 32]), "4294967296 in row 1"),
            (DType::I32, bytes(&[3, i32::MIN]), "-2147483648 in row 1"),
            (DType::U64, bytes(&[u64::MAX]), "18446744073709551615 in row 0"),
        ];
        for (dtype, body, expected) in cases {
            write_npy(&path, dtype, &[(body.len() / dtype.size()) as u64], body).unwrap();
            let (_, what, got) = fault(reader(folder.path()).doclens(path.to_str().unwrap()).unwrap_err());
            assert_eq!((what, &got[..]), ("values", expected));
        }
    }

    /// Nobody must remove the copy, not even after a kill: no folder lists it.
    #[test]
    fn a_copy_has_no_name_while_it_is_open() {
        let (_folder, path) = saved("v.npy", &npy("<f4", "(1, 2)", bytes(&[0.1_f32, 0.2])));
        let folder = tempfile::tempdir().unwrap();
        let array = reader(folder.path()).vectors(path.to_str().unwrap()).unwrap();
        assert_eq!((array.copied_bytes(), fs::read_dir(folder.path()).unwrap().count()), (4, 0));
    }

    #[test]
    fn a_conversion_stops_when_it_is_cancelled() {
        struct After(AtomicUsize);
        impl Monitor for After {
            fn progress(&self, _: Stage, _: u64, _: u64) {}
            fn cancelled(&self) -> bool {
                self.0.fetch_add(1, Ordering::Relaxed) == 1
            }
        }
        let (folder, path) = saved("v.npy", &npy("<f4", "(300000, 2)", &vec![0; 2_400_000]));
        let monitor = After(AtomicUsize::new(0));
        let reader = Reader { folder: folder.path(), monitor: &monitor };
        assert!(matches!(reader.vectors(path.to_str().unwrap()), Err(Error::Cancelled)));
        assert_eq!(monitor.0.load(Ordering::Relaxed), 2);
    }
}
