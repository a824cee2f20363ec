//! Opening a container, with the checks that read only its header.
//!
//! ```text
//! map the file
//! check the magic, then the byte order, then the format version      each is needed to read the next
//! check that the header's length fits its number of sections and the file
//! compare the BLAKE3 of the header with the digest at its end
//! compare the file's length with the one in the header
//! for each section of the table, in order:
//!     its offset must be the end of the previous section, aligned     so sections neither overlap nor leave gaps
//!     its id must be new, and its end must lie in the file
//! the last section must end at the end of the file
//! ```
//!
//! The cost does not depend on the size of the file: at most 60 KB are read. The bytes of the sections are not read;
//! [`Container::verify`] compares them with their checksums.

use bytemuck::Pod;
use std::path::Path;

use super::checksum;
use super::layout::{
    self, CHECKSUM_LENGTH, ENDIANNESS_MARK, ENTRY_LENGTH, FIXED_LENGTH, FORMAT_VERSION, Fixed, LINE, MAGIC,
    MAX_HEADER_LENGTH, MAX_SECTIONS, RESERVED_OFFSET, Section,
};
use super::trust::Trust;
use crate::storage::MappedFile;
use crate::{Error, Result};

/// A mapped container whose header, table and length are checked. Only [`verify`](Self::verify) checks the bytes of its
/// sections.
#[derive(Debug)]
pub struct Container {
    file: MappedFile,
    header_length: usize,
    sections: Vec<Section>,
    digest: [u8; CHECKSUM_LENGTH],
    writer_version: String,
    trust: Trust,
}

impl Container {
    /// Maps the container at `path` and checks its header, table and length. Reads nothing else.
    ///
    /// # Errors
    /// [`Error::Format`] if the file is not a container, or has another version or byte order; [`Error::Corrupt`] if it is too
    /// short or too long, or its header or table is damaged; [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = MappedFile::guarded(path)?;
        let check = Check { path: file.path(), bytes: file.bytes() };
        let fixed = check.fixed()?;
        let header = check.header(&fixed)?;
        check.length(&fixed)?;
        let sections = check.table(&fixed, header)?;
        let writer_version = check.writer(&fixed)?;
        let mut digest = [0; CHECKSUM_LENGTH];
        digest.copy_from_slice(&header[header.len() - CHECKSUM_LENGTH..]);
        let header_length = header.len();
        let trust = Trust::new(file.opened_as());
        Ok(Self { file, header_length, sections, digest, writer_version, trust })
    }

    /// The bytes of section `id`; `None` if there is no such section. They are aligned to 64 bytes, or to 4,096 from 64 KiB.
    pub fn section(&self, id: u32) -> Option<&[u8]> {
        let section = self.sections.iter().find(|section| section.id == id)?;
        let start = usize::try_from(section.offset).ok()?;
        let end = start.checked_add(usize::try_from(section.length).ok()?)?;
        self.file.bytes().get(start..end)
    }

    /// The values of section `id`; empty if there is no such section, or its length is not that of whole values.
    pub fn values<T: Pod>(&self, id: u32) -> &[T] {
        self.section(id).and_then(|bytes| bytemuck::try_cast_slice(bytes).ok()).unwrap_or(&[])
    }

    /// All sections, in file order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Identifies the whole content: containers with the same digest are equal byte for byte.
    pub fn digest(&self) -> &[u8; CHECKSUM_LENGTH] {
        &self.digest
    }

    /// The digest as 64 hexadecimal digits.
    pub fn digest_hex(&self) -> String {
        checksum::hex(&self.digest)
    }

    /// The path with which the container was opened.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Length of the file in bytes.
    pub fn file_length(&self) -> u64 {
        self.file.len() as u64
    }

    /// The version of the program that wrote the container.
    pub fn writer_version(&self) -> &str {
        &self.writer_version
    }

    /// The mapped file.
    pub fn file(&self) -> &MappedFile {
        &self.file
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(super) fn header(&self) -> &[u8] {
        &self.file.bytes()[..self.header_length]
    }
}

/// A file under check.
struct Check<'a> {
    path: &'a Path,
    bytes: &'a [u8],
}

impl<'a> Check<'a> {
    /// Checks magic, byte order and version, in this order, because each is needed to read the next.
    fn fixed(&self) -> Result<Fixed> {
        let found = &self.bytes[..self.bytes.len().min(MAGIC.len())];
        if !MAGIC.starts_with(found) {
            let got = format!("the bytes \"{}\"", found.escape_ascii());
            return Err(self.format("magic", format!("\"{}\"", MAGIC.escape_ascii()), got));
        }
        let Some(bytes) = self.bytes.first_chunk::<FIXED_LENGTH>() else {
            let expected = format!("at least {} bytes", layout::header_room(0));
            return Err(self.corrupt("the file's length", expected, format!("{} bytes", self.bytes.len())));
        };
        let fixed = Fixed::from_bytes(bytes);
        if fixed.endianness == ENDIANNESS_MARK.swap_bytes() {
            // The version of a file of the other byte order is swapped, too.
            let order = |order: &str, version: u32| format!("{order}, version {version}");
            let (expected, got) = (FORMAT_VERSION, fixed.version.swap_bytes());
            return Err(self.format(
                "endianness",
                order("little-endian", expected),
                order("big-endian", got),
            ));
        }
        if fixed.endianness != ENDIANNESS_MARK {
            let hex = |mark: u32| format!("{mark:#010x}");
            return Err(self.corrupt("the endianness mark", hex(ENDIANNESS_MARK), hex(fixed.endianness)));
        }
        if fixed.version != FORMAT_VERSION {
            return Err(self.format(
                "format version",
                format!("{FORMAT_VERSION} (read by maxsimd {})", env!("CARGO_PKG_VERSION")),
                fixed.version.to_string(),
            ));
        }
        Ok(fixed)
    }

    /// Returns the whole header, after comparing it with its digest.
    fn header(&self, fixed: &Fixed) -> Result<&'a [u8]> {
        let sections = fixed.sections as usize;
        if sections > MAX_SECTIONS {
            let expected = format!("at most {MAX_SECTIONS}");
            return Err(self.corrupt("the number of sections", expected, sections.to_string()));
        }
        let length = u64::from(fixed.header_length);
        let room = layout::header_room(sections);
        if length < room || length > MAX_HEADER_LENGTH || !length.is_multiple_of(LINE) {
            let expected = format!("a multiple of {LINE} from {room} to {MAX_HEADER_LENGTH}");
            return Err(self.corrupt("the header's length", expected, length.to_string()));
        }
        let Some(header) = self.bytes.get(..length as usize) else {
            let expected = format!("at least {length} bytes");
            return Err(self.corrupt("the file's length", expected, format!("{} bytes", self.bytes.len())));
        };
        let (content, digest) = header.split_at(header.len() - CHECKSUM_LENGTH);
        let computed = blake3::hash(content);
        if computed.as_bytes() != digest {
            return Err(self.corrupt(
                "the header",
                format!("digest {}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
                computed.to_hex().to_string(),
            ));
        }
        let table_end = FIXED_LENGTH + ENTRY_LENGTH * sections;
        let unused = content[RESERVED_OFFSET..FIXED_LENGTH].iter().chain(&content[table_end..]);
        if unused.into_iter().any(|&byte| byte != 0) {
            return Err(self.corrupt("the header", "zeros in its unused bytes", "other bytes"));
        }
        Ok(header)
    }

    fn length(&self, fixed: &Fixed) -> Result<()> {
        if fixed.file_length == self.bytes.len() as u64 {
            return Ok(());
        }
        let expected = format!("{} bytes", fixed.file_length);
        Err(self.corrupt("the file's length", expected, format!("{} bytes", self.bytes.len())))
    }

    /// Checks that sections follow each other without gaps, each id occurs once, and the last one reaches the end.
    fn table(&self, fixed: &Fixed, header: &[u8]) -> Result<Vec<Section>> {
        let table = &header[FIXED_LENGTH..FIXED_LENGTH + ENTRY_LENGTH * fixed.sections as usize];
        let (entries, _) = table.as_chunks::<ENTRY_LENGTH>();
        let mut sections: Vec<Section> = Vec::with_capacity(entries.len());
        let mut end = u64::from(fixed.header_length);
        for entry in entries {
            let (section, reserved) = Section::from_bytes(entry);
            let what = |part: &str| format!("the table's {part} of section {}", section.id);
            if reserved != 0 {
                return Err(self.corrupt(what("reserved field"), "0", reserved.to_string()));
            }
            if sections.iter().any(|other| other.id == section.id) {
                return Err(self.corrupt(what("id"), "an id that occurs once", "an id that occurs twice"));
            }
            let offset = end.checked_next_multiple_of(layout::alignment(section.length));
            // The header ends where the first section begins.
            let gap = sections.is_empty() && offset != Some(end);
            if offset != Some(section.offset) || gap {
                let expected = offset.map_or_else(|| "less than 2^64".into(), |offset| offset.to_string());
                return Err(self.corrupt(what("offset"), expected, section.offset.to_string()));
            }
            let bound = fixed.file_length;
            end = match section.offset.checked_add(section.length) {
                Some(end) if end <= bound => end,
                _ => {
                    let expected = format!("at most {}", bound.saturating_sub(section.offset));
                    return Err(self.corrupt(what("length"), expected, section.length.to_string()));
                }
            };
            sections.push(section);
        }
        if end.checked_next_multiple_of(LINE) != Some(fixed.file_length) {
            let expected = format!("sections up to {}", fixed.file_length);
            return Err(self.corrupt("the table", expected, format!("sections up to {end}")));
        }
        Ok(sections)
    }

    fn writer(&self, fixed: &Fixed) -> Result<String> {
        let end = fixed.writer.iter().position(|&byte| byte == 0).unwrap_or(fixed.writer.len());
        let (text, rest) = fixed.writer.split_at(end);
        if text.iter().all(u8::is_ascii_graphic) && rest.iter().all(|&byte| byte == 0) {
            return Ok(text.iter().map(|&byte| char::from(byte)).collect());
        }
        let got = format!("\"{}\"", fixed.writer.escape_ascii());
        Err(self.corrupt("the writer's version", "ASCII followed by zeros", got))
    }

    fn format(&self, what: &'static str, expected: impl Into<String>, got: impl Into<String>) -> Error {
        Error::format(self.path, what, expected, got)
    }

    fn corrupt(&self, what: impl Into<String>, expected: impl Into<String>, got: impl Into<String>) -> Error {
        Error::corrupt(self.path, what, expected, got)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;
    use crate::format::ContainerWriter;

    /// A container of sections of 0, 100 and 64 bytes, and its bytes.
    fn small() -> (TempDir, std::path::PathBuf, Vec<u8>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        let mut writer = ContainerWriter::create(&path, 4).unwrap();
        for (id, content) in [&[][..], &[1; 100], &[2; 64]].into_iter().enumerate() {
            writer.section(id as u32 + 1, content).unwrap();
        }
        writer.finish().unwrap();
        let bytes = fs::read(&path).unwrap();
        (directory, path, bytes)
    }

    /// Overwrites the file in place: ext4 waits for the disk when one that was truncated is closed.
    fn open(path: &Path, bytes: &[u8]) -> Result<Container> {
        let file = File::options().write(true).open(path).unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
        Container::open(path)
    }

    /// Sets bytes of the header and makes its digest right again.
    fn forge(bytes: &mut [u8], offset: usize, value: &[u8]) {
        bytes[offset..offset + value.len()].copy_from_slice(value);
        let end = small_header_length() - CHECKSUM_LENGTH;
        let digest = blake3::hash(&bytes[..end]);
        bytes[end..end + CHECKSUM_LENGTH].copy_from_slice(digest.as_bytes());
    }

    fn small_header_length() -> usize {
        layout::header_room(4).next_multiple_of(LINE) as usize
    }

    #[test]
    fn every_wrong_length_is_rejected() {
        let (_directory, path, bytes) = small();
        for length in 0..bytes.len() {
            let error = open(&path, &bytes[..length]).unwrap_err();
            let Error::Corrupt { what, expected, got, .. } = &error else { panic!("{length}: {error}") };
            assert_eq!((&what[..], &got[..]), ("the file's length", &format!("{length} bytes")[..]));
            let full = length >= small_header_length();
            assert!(!full || *expected == format!("{} bytes", bytes.len()), "{length}: {error}");
        }
        for more in 1..=4096 {
            let longer = [&bytes[..], &vec![0; more]].concat();
            let error = open(&path, &longer).unwrap_err();
            assert!(matches!(&error, Error::Corrupt { what, .. } if what == "the file's length"), "{error}");
        }
        open(&path, &bytes).unwrap();
    }

    #[test]
    fn a_file_of_another_kind_is_rejected() {
        let (_directory, path, bytes) = small();
        let png = [b"\x89PNG\r\n\x1a\n", &[0; 300][..]].concat();
        for foreign in [&b"x"[..], b"MAXSIMS", &png, &bytes[1..], &[0; 4096]] {
            let error = open(&path, foreign).unwrap_err();
            assert!(matches!(error, Error::Format { what: "magic", .. }), "{error}");
        }
    }

    #[test]
    fn the_error_names_both_versions() {
        let (_directory, path, bytes) = small();
        for version in [0, 2, u32::MAX] {
            let mut bytes = bytes.clone();
            forge(&mut bytes, 8, &version.to_le_bytes());
            let error = open(&path, &bytes).unwrap_err();
            let Error::Format { what: "format version", expected, got, .. } = &error else {
                panic!("{error}")
            };
            assert!(expected.starts_with("1 (") && *got == version.to_string(), "{error}");
        }
    }

    #[test]
    fn another_byte_order_is_rejected() {
        let (_directory, path, mut bytes) = small();
        forge(&mut bytes, 8, &1_u32.to_be_bytes());
        forge(&mut bytes, 12, &ENDIANNESS_MARK.to_be_bytes());
        let error = open(&path, &bytes).unwrap_err();
        let Error::Format { what: "endianness", expected, got, .. } = &error else { panic!("{error}") };
        assert_eq!([expected.as_str(), got], ["little-endian, version 1", "big-endian, version 1"]);
    }

    #[test]
    fn a_forged_header_with_a_right_digest_is_rejected() {
        let (_directory, path, bytes) = small();
        let entry = |section: usize, field: usize| FIXED_LENGTH + ENTRY_LENGTH * section + field;
        let header = small_header_length() as u64;
        let wrapping = (bytes.len() as u64).wrapping_sub(4096);
        let place = |offset: u64, length: u64| [offset.to_le_bytes(), length.to_le_bytes()].concat();
        let forgeries: &[(&str, usize, &[u8], &str)] = &[
            ("a hole", entry(1, 8), &(header + 64).to_le_bytes(), "offset of section 2"),
            ("a misaligned section", entry(1, 8), &(header + 1).to_le_bytes(), "offset of section 2"),
            ("a hole after the header", entry(0, 8), &(header + 64).to_le_bytes(), "offset of section 1"),
            ("an overlap", entry(2, 8), &header.to_le_bytes(), "offset of section 3"),
            ("a length beyond the file", entry(2, 16), &1000_u64.to_le_bytes(), "length of section 3"),
            ("a long length beyond the file", entry(2, 8), &place(4096, 1 << 40), "length of section 3"),
            ("a length that wraps to the end", entry(2, 8), &place(4096, wrapping), "length of section 3"),
            ("an offset that wraps", entry(2, 8), &place(u64::MAX, 1), "offset of section 3"),
            ("a long section on a line", entry(1, 16), &(64_u64 << 10).to_le_bytes(), "offset of section 2"),
            ("a last section too short", entry(2, 16), &0_u64.to_le_bytes(), "the table"),
            ("an id twice", entry(2, 0), &1_u32.to_le_bytes(), "id of section 1"),
            ("a reserved field", entry(0, 4), &[1], "reserved field of section 1"),
            ("fewer sections", 16, &2_u32.to_le_bytes(), "the header"),
            ("more sections", 16, &4_u32.to_le_bytes(), "the table's id of section 0 or offset"),
            ("too many sections", 16, &2000_u32.to_le_bytes(), "the number of sections"),
            ("sections beyond the header", 16, &6_u32.to_le_bytes(), "the header's length"),
            ("no endianness mark", 12, &[0; 4], "the endianness mark"),
            ("a short file", 24, &1_u64.to_le_bytes(), "the file's length"),
            ("reserved bytes", 70, &[1], "the header"),
            ("bytes behind the table", entry(3, 9), &[1], "the header"),
            ("a writer with a blank", 33, b" ", "the writer's version"),
            ("a writer behind a zero", 60, b"x", "the writer's version"),
        ];
        for &(name, offset, value, expected) in forgeries {
            let mut bytes = bytes.clone();
            forge(&mut bytes, offset, value);
            let error = open(&path, &bytes).unwrap_err();
            let Error::Corrupt { what, .. } = &error else { panic!("{name}: {error}") };
            let any = name == "more sections" && what.starts_with("the table");
            assert!(any || what.contains(expected), "{name}: {error}");
        }
    }

    #[test]
    fn a_header_length_is_not_believed() {
        let (_directory, path, bytes) = small();
        let right = small_header_length() as u32;
        let most = MAX_HEADER_LENGTH as u32;
        let long = [&bytes[..], &vec![0; 2 * MAX_HEADER_LENGTH as usize]].concat();
        for length in [0, 32, 96, right - 1, right + 1, right - 128, most + 64, 2 * most, u32::MAX] {
            let mut bytes = long.clone();
            bytes[20..24].copy_from_slice(&length.to_le_bytes());
            let error = open(&path, &bytes).unwrap_err();
            assert!(
                matches!(&error, Error::Corrupt { what, .. } if what == "the header's length"),
                "{error}"
            );
        }
        for length in [right - 64, right + 64, most] {
            let mut bytes = long.clone();
            bytes[20..24].copy_from_slice(&length.to_le_bytes());
            let error = open(&path, &bytes).unwrap_err();
            assert!(matches!(&error, Error::Corrupt { what, .. } if what == "the header"), "{error}");
        }
    }

    #[test]
    fn every_flipped_bit_of_the_header_is_found_without_reading_the_sections() {
        let (_directory, path, bytes) = small();
        for bit in 0..small_header_length() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let error = open(&path, &bytes).unwrap_err();
            assert!(matches!(error, Error::Corrupt { .. } | Error::Format { .. }), "{error}");
        }
    }

    #[test]
    fn no_hole_can_be_hidden_between_the_header_and_a_long_first_section() {
        let (_directory, path, _) = small();
        let mut writer = ContainerWriter::create(&path, 1).unwrap();
        writer.section(1, &[1; 64 << 10]).unwrap();
        writer.finish().unwrap();
        let mut bytes = fs::read(&path).unwrap();
        // The section stays at 4,096, the header ends at 256: what lies between is under no checksum.
        bytes[20..24].copy_from_slice(&256_u32.to_le_bytes());
        let digest = blake3::hash(&bytes[..224]);
        bytes[224..256].copy_from_slice(digest.as_bytes());
        let error = open(&path, &bytes).unwrap_err();
        assert!(
            matches!(&error, Error::Corrupt { what, .. } if what.contains("offset of section 1")),
            "{error}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn sections_lie_in_the_file_whatever_a_forged_header_says(
            changes in prop::collection::vec(
                (0..small_header_length() / 4, prop_oneof![any::<u32>(), 0..512_u32, Just(u32::MAX), Just(1 << 31)]),
                1..4,
            ),
        ) {
            thread_local!(static FILE: (TempDir, std::path::PathBuf, Vec<u8>) = small());
            FILE.with(|(_, path, bytes)| {
                let mut bytes = bytes.clone();
                for (word, value) in changes {
                    forge(&mut bytes, (word * 4).min(small_header_length() - 36), &value.to_le_bytes());
                }
                let Ok(container) = open(path, &bytes) else { return };
                for section in container.sections() {
                    assert_eq!(container.section(section.id).map(<[u8]>::len), Some(section.length as usize));
                }
                let _ = container.verify(&|_, _| true);
            });
        }
    }
}
