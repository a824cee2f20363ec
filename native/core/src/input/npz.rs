//! `.npz` files: zip archives of `.npy` files, stored or deflated.

use std::io::{Cursor, Read};

use npyz::npz::{array_name_from_file_name, file_name_from_array_name};
use zip::ZipArchive;
use zip::result::ZipError;

use super::found::{Body, Found, Wanted, choose};
use super::npy_header::{self, Header};
use crate::storage::MappedFile;
use crate::{Error, Result};

/// The first bytes of every zip archive.
pub(super) const MAGIC: &[u8] = b"PK";

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

fn open(file: &MappedFile) -> Result<Archive<'_>> {
    let fault =
        |got: String| Error::input(file.path().display().to_string(), "zip archive", "an .npz archive", got);
    let archive = ZipArchive::new(Cursor::new(file.bytes())).map_err(|e| fault(e.to_string()))?;
    if archive.has_duplicate_names() {
        return Err(fault("two members of one name".into()));
    }
    Ok(archive)
}

/// Names of the archive's arrays.
pub(super) fn names(file: &MappedFile) -> Result<Vec<String>> {
    Ok(arrays(&open(file)?))
}

fn arrays(archive: &Archive<'_>) -> Vec<String> {
    let names =
        archive.file_names().filter_map(|name| Some(array_name_from_file_name(&name.ok()?)?.to_owned()));
    names.collect()
}

/// Finds a member and passes it to `work`. At most the member's size in the archive's table is inflated; it must agree with type
/// and shape. The checksum is compared at the end of the member.
pub(super) fn find<R>(
    file: &MappedFile,
    member: Option<&str>,
    wanted: Wanted,
    work: impl FnOnce(Found<'_>) -> Result<R>,
) -> Result<R> {
    let mut archive = open(file)?;
    let member = choose(file.path(), &arrays(&archive), member, wanted)?;
    let name = format!("{}:{member}", file.path().display());
    let fault =
        |e: ZipError| Error::input(&name, "zip member", "a stored or deflated .npy file", e.to_string());
    let mut entry = archive.by_name(&file_name_from_array_name(&member)).map_err(fault)?;
    let size = entry.size();
    let fault = |got: String| Error::input(&name, "body", format!("{size} bytes"), got);
    let mut start = Vec::new();
    entry.by_ref().take(npy_header::MOST as u64).read_to_end(&mut start).map_err(|e| fault(e.to_string()))?;
    if (start.len() as u64) < size.min(npy_header::MOST as u64) {
        return Err(fault(format!("{} bytes (truncated)", start.len())));
    }
    let Header { dtype, shape, offset } = Header::parse(&name, &start, size, wanted)?;
    let body = Body::Stream(Box::new(Cursor::new(start.split_off(offset)).chain(entry)));
    work(Found { name, dtype, shape, body })
}

#[cfg(test)]
mod tests {
    use half::f16;
    use proptest::prelude::*;
    use zip::CompressionMethod;

    use super::super::testing::{fault, npy, reader, saved, zip};
    use super::super::{array_names, array_shape, read_array};
    use super::*;

    const METHODS: [CompressionMethod; 2] = [CompressionMethod::Stored, CompressionMethod::Deflated];
    const VECTORS: [u8; 12] = [0, 0, 0, 0x3c, 0, 0x40, 0, 0x42, 0, 0x44, 0, 0x45];

    fn corpus(method: CompressionMethod) -> Vec<u8> {
        let (vectors, ids) = (npy("<f2", "(2, 3)", &VECTORS), npy("<u2", "(2,)", &[7, 0, 8, 0]));
        zip(method, &[("vectors.npy", &vectors), ("token_ids.npy", &ids), ("notes.txt", b"no array")])
    }

    #[test]
    fn members_are_read_by_name_whether_stored_or_deflated() {
        for method in METHODS {
            let (folder, path) = saved("a.npz", &corpus(method));
            let path = path.to_str().unwrap();
            assert_eq!(array_names(path).unwrap(), ["vectors", "token_ids"]);
            let reader = reader(folder.path());
            let expected: Vec<f16> = (0..6).map(|i| f16::from_f32(i as f32)).collect();
            assert_eq!(*reader.vectors(path).unwrap(), expected);
            let ids = reader.token_ids(&format!("{path}:token_ids")).unwrap();
            assert_eq!((&*ids, ids.name()), (&[7, 8][..], &format!("{path}:token_ids")[..]));
        }
    }

    #[test]
    fn a_member_longer_than_what_is_read_at_a_time_is_read_whole() {
        let values: Vec<u32> = (0..600_000).map(|i| i * 7).collect();
        let ids = npy("<u4", "(600000,)", bytemuck::cast_slice(&values));
        for method in METHODS {
            let (folder, path) = saved("a.npz", &zip(method, &[("token_ids.npy", &ids)]));
            assert!(*reader(folder.path()).token_ids(path.to_str().unwrap()).unwrap() == *values);
        }
    }

    #[test]
    fn an_only_member_needs_no_name_and_one_of_several_does() {
        let vectors = npy("<f2", "(2, 3)", &VECTORS);
        let (folder, path) = saved("a.npz", &zip(METHODS[1], &[("arr_0.npy", &vectors)]));
        assert_eq!(reader(folder.path()).vectors(path.to_str().unwrap()).unwrap().len(), 6);
        let (folder, path) = saved("a.npz", &corpus(METHODS[1]));
        let (input, what, got) = fault(reader(folder.path()).doclens(path.to_str().unwrap()).unwrap_err());
        assert_eq!((&input[..], what, &got[..]), (path.to_str().unwrap(), "arrays", "[vectors, token_ids]"));
        let other = format!("{}:emb", path.display());
        assert_eq!(fault(reader(folder.path()).vectors(&other).unwrap_err()).1, "arrays");
    }

    #[test]
    fn every_fault_names_the_archive_or_the_member() {
        let good = npy("<f2", "(2, 3)", &VECTORS);
        let long = npy("<f2", "(2, 3000000000)", &VECTORS);
        let encrypted = {
            let mut bytes = zip(METHODS[0], &[("a.npy", &good)]);
            let central = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
            bytes[6] |= 1;
            bytes[central + 8] |= 1;
            bytes
        };
        let twice = {
            let mut bytes = zip(METHODS[0], &[("a.npy", &good), ("b.npy", &good)]);
            for at in 0..bytes.len() - 5 {
                if &bytes[at..at + 5] == b"b.npy" {
                    bytes[at] = b'a';
                }
            }
            bytes
        };
        let damaged = {
            let mut bytes = zip(METHODS[0], &[("a.npy", &good)]);
            let body = bytes.windows(12).position(|window| window == VECTORS).unwrap();
            bytes[body + 3] ^= 1;
            bytes
        };
        let cases: &[(&str, Vec<u8>, &str, &str, &str)] = &[
            ("no archive", b"PK\x03\x04 and nothing else".to_vec(), "", "zip archive", ""),
            ("a member that is no array", zip(METHODS[1], &[("a.npy", b"text")]), ":a", "format", "text"),
            (
                "a member cut short",
                zip(METHODS[1], &[("a.npy", &good[..good.len() - 1])]),
                ":a",
                "body",
                "truncated",
            ),
            ("a shape beyond its bytes", zip(METHODS[1], &[("a.npy", &long)]), ":a", "body", "truncated"),
            ("encrypted", encrypted, ":a", "zip member", "password"),
            ("two of one name", twice, "", "zip archive", "two members of one name"),
            ("a wrong checksum", damaged, ":a", "body", "checksum"),
        ];
        for (name, bytes, member, property, found) in cases {
            let (_folder, path) = saved("a.npz", bytes);
            let (input, what, got) = fault(read_array(path.to_str().unwrap()).unwrap_err());
            assert_eq!((&input, what), (&format!("{}{member}", path.display()), *property), "{name}: {got}");
            assert!(got.to_lowercase().contains(found), "{name}: {got}");
        }
    }

    /// A bomb declares little and inflates to much, or the other way round.
    #[test]
    fn a_member_that_inflates_to_another_size_than_declared_is_refused() {
        let zeros = vec![0; 1 << 20];
        let bytes = zip(METHODS[1], &[("a.npy", &npy("<f2", "(524288,)", &zeros))]);
        let size = (npy("<f2", "(524288,)", &zeros).len() as u32).to_le_bytes();
        for declared in [100_u32, 66_000, 1 << 24, u32::MAX - 1] {
            let mut bytes = bytes.clone();
            let places: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == size).collect();
            assert_eq!(places.len(), 2);
            for at in places {
                bytes[at..at + 4].copy_from_slice(&declared.to_le_bytes());
            }
            let (_folder, path) = saved("a.npz", &bytes);
            assert_eq!(fault(read_array(path.to_str().unwrap()).unwrap_err()).1, "body", "{declared}");
        }
        // The header of the array agrees with what is declared, and the stream goes on or ends before.
        for rows in [10, 600_000] {
            let text = npy("<f2", &format!("({rows},)"), &zeros);
            let mut bytes = zip(METHODS[1], &[("a.npy", &text)]);
            let declared = (text.len() - zeros.len() + 2 * rows) as u32;
            let size = (text.len() as u32).to_le_bytes();
            for at in (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == size).collect::<Vec<_>>() {
                bytes[at..at + 4].copy_from_slice(&declared.to_le_bytes());
            }
            let (folder, path) = saved("a.npz", &bytes);
            assert_eq!(fault(read_array(path.to_str().unwrap()).unwrap_err()).1, "body", "{rows}");
            assert!(reader(folder.path()).vectors(path.to_str().unwrap()).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn no_archive_stops_the_process(
            method in prop::sample::select(METHODS.to_vec()),
            cut in prop::option::of(0..400_usize),
            changes in prop::collection::vec((0..700_usize, any::<u8>()), 0..6),
        ) {
            let mut bytes = corpus(method);
            for (at, value) in changes {
                let at = at % bytes.len();
                bytes[at] = value;
            }
            bytes.truncate(cut.unwrap_or(usize::MAX));
            let (_folder, path) = saved("a.npz", &bytes);
            let path = path.to_str().unwrap();
            for name in [path.to_owned(), format!("{path}:vectors"), format!("{path}:token_ids")] {
                for error in [array_shape(&name).err(), read_array(&name).err(), array_names(path).err()] {
                    prop_assert!(matches!(error, None | Some(Error::Input { .. })), "{:?}", error);
                }
            }
        }
    }
}
