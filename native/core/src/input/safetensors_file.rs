//! `.safetensors` files: a table of named tensors, then their elements.

use std::collections::HashSet;
use std::fmt;

use safetensors::SafeTensors;
use safetensors::tensor::Metadata;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::dtype::DType;
use super::found::{Body, Found, Wanted, choose};
use crate::storage::MappedFile;
use crate::{Error, Result};

/// Number of bytes of the table's length, which precedes the table.
const PREFIX: usize = 8;

/// Reads the table. The crate checks that the lengths of the tensors follow from type and shape, and that they cover the file.
fn table(file: &MappedFile) -> Result<(usize, Metadata)> {
    let fault =
        |got: String| Error::input(file.path().display().to_string(), "header", "a table of tensors", got);
    let (length, table) = SafeTensors::read_metadata(file.bytes()).map_err(|e| fault(e.to_string()))?;
    let text = &file.bytes()[PREFIX..PREFIX + length];
    serde_json::from_slice::<DistinctKeys>(text).map_err(|e| fault(e.to_string()))?;
    Ok((PREFIX + length, table))
}

/// Names of the file's tensors.
pub(super) fn names(file: &MappedFile) -> Result<Vec<String>> {
    Ok(table(file)?.1.offset_keys())
}

/// Finds a tensor in the file.
pub(super) fn find(file: MappedFile, member: Option<&str>, wanted: Wanted) -> Result<Found<'static>> {
    let (start, table) = table(&file)?;
    let member = choose(file.path(), &table.offset_keys(), member, wanted)?;
    let name = format!("{}:{member}", file.path().display());
    let Some(tensor) = table.info(&member) else { return Err(wanted.other_type(&name, "no tensor")) };
    let kind = format!("{:?}", tensor.dtype).to_lowercase();
    let Some(&dtype) = DType::ALL.iter().find(|dtype| dtype.name() == kind) else {
        return Err(wanted.other_type(&name, &kind));
    };
    let shape = tensor.shape.iter().map(|&length| length as u64).collect();
    let (from, to) = tensor.data_offsets;
    Ok(Found { name, dtype, shape, body: Body::Mapped(file, start + from..start + to) })
}

/// A JSON object in which no key occurs twice. The crate would use the last of equal keys.
struct DistinctKeys;

impl<'de> Deserialize<'de> for DistinctKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for DistinctKeys {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some((name, IgnoredAny)) = map.next_entry::<String, _>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!("two tensors named {name}")));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use half::f16;
    use proptest::prelude::*;

    use super::super::testing::{fault, reader, safetensors, saved};
    use super::super::{array_names, array_shape, read_array};
    use super::*;

    const TABLE: &str = concat!(
        r#"{"__metadata__":{"model":"any"},"vectors":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},"#,
        r#""token_ids":{"dtype":"I64","shape":[2],"data_offsets":[8,24]},"#,
        r#""scale":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[24,26]}}"#,
    );
    const BODY: [u8; 26] =
        [0x80, 0x3f, 0, 0x40, 0x40, 0x40, 0x80, 0xbf, 7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2];

    #[test]
    fn tensors_are_read_by_name() {
        let (folder, path) = saved("a.safetensors", &safetensors(TABLE, &BODY));
        let path = path.to_str().unwrap();
        let mut names = array_names(path).unwrap();
        names.sort();
        assert_eq!(names, ["scale", "token_ids", "vectors"]);
        assert_eq!(array_shape(&format!("{path}:vectors")).unwrap(), (DType::BF16, vec![2, 2]));
        let expected = [1.0, 2.0, 3.0, -1.0].map(f16::from_f32);
        assert_eq!(*reader(folder.path()).vectors(path).unwrap(), expected);
        assert_eq!(*reader(folder.path()).token_ids(path).unwrap(), [7, 8]);
    }

    #[test]
    fn every_fault_names_the_file_or_the_tensor() {
        let table = |text: &str| safetensors(text, &BODY);
        let two = r#"{"a":{"dtype":"U8","shape":[26],"data_offsets":[0,26]},"a":{"dtype":"U8","shape":[26],"data_offsets":[0,26]}}"#;
        let cases: &[(&str, Vec<u8>, &str, &str, &str)] = &[
            ("no file", b"\x01".to_vec(), "", "header", ""),
            ("a length beyond the file", [&[255, 0, 0, 0, 0, 0, 0, 0][..], b"{}"].concat(), "", "header", ""),
            ("a huge length", [&[255; 8][..], b"{}"].concat(), "", "header", ""),
            ("no JSON", table("{\"a\":"), "", "header", ""),
            ("two of one name", table(two), "", "header", "two tensors named a"),
            ("cut short", safetensors(TABLE, &BODY[..25]), "", "header", ""),
            ("trailing", safetensors(TABLE, &[&BODY[..], &[0]].concat()), "", "header", ""),
            ("sizes that differ", table(&TABLE.replace("[2,2]", "[2,3]")), "", "header", ""),
            ("overlapping", table(&TABLE.replace("[8,24]", "[6,22]")), "", "header", ""),
            (
                "a shape that overflows",
                table(&TABLE.replace("[2,2]", "[4294967296,4294967296]")),
                "",
                "header",
                "",
            ),
            ("no such tensor", table(TABLE), ":other", "arrays", "vectors"),
            ("a type that does not convert", table(TABLE), ":scale", "dtype", "f8_e4m3"),
        ];
        for (name, bytes, tensor, property, found) in cases {
            let (_folder, path) = saved("a.safetensors", bytes);
            let spec = format!("{}{tensor}", path.display());
            let (input, what, got) = fault(read_array(&spec).unwrap_err());
            let named = if *property == "dtype" { spec } else { path.display().to_string() };
            assert_eq!((input, what), (named, *property), "{name}: {got}");
            assert!(got.contains(found), "{name}: {got}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn no_file_stops_the_process(
            cut in prop::option::of(0..280_usize),
            changes in prop::collection::vec((0..300_usize, prop_oneof![any::<u8>(), Just(b'9'), Just(b'"')]), 0..5),
        ) {
            let mut bytes = safetensors(TABLE, &BODY);
            for (at, value) in changes {
                let at = at % bytes.len();
                bytes[at] = value;
            }
            bytes.truncate(cut.unwrap_or(usize::MAX));
            let (_folder, path) = saved("a.safetensors", &bytes);
            let path = path.to_str().unwrap();
            for name in [path.to_owned(), format!("{path}:vectors")] {
                for error in [array_shape(&name).err(), read_array(&name).err(), array_names(path).err()] {
                    prop_assert!(matches!(error, None | Some(Error::Input { .. })), "{:?}", error);
                }
            }
        }
    }
}
