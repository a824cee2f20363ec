//! Opening a segment: the checks that cost nothing and run always.

use std::path::Path;

use super::checksum;
use super::layout::{
    self, CHECKSUM_LENGTH, ENDIANNESS_MARK, ENTRY_LENGTH, FIXED_LENGTH, FORMAT_VERSION, Fixed, LINE, MAGIC,
    MAX_HEADER_LENGTH, MAX_SECTIONS, RESERVED_OFFSET, Section,
};
use crate::storage::{Access, MappedFile};
use crate::{Error, Result};

/// A mapped segment whose header, table and length are known to be right. The bytes of its sections are
/// what they were written as only after [`verify`](Self::verify).
#[derive(Debug)]
pub struct Segment {
    file: MappedFile,
    header_length: usize,
    sections: Vec<Section>,
    digest: [u8; CHECKSUM_LENGTH],
    writer_version: String,
}

impl Segment {
    /// Maps the segment at `path` and checks its header, its table and its length, reading nothing else.
    ///
    /// # Errors
    /// [`Error::Format`] if the file is no segment or of another version or byte order; [`Error::Corrupt`]
    /// if it is cut short, too long, or its header or table is damaged; [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = MappedFile::open(path)?;
        let check = Check { path: file.path(), bytes: file.bytes() };
        let fixed = check.fixed()?;
        let header = check.header(&fixed)?;
        check.length(&fixed)?;
        let sections = check.table(&fixed, header)?;
        let writer_version = check.writer(&fixed)?;
        let mut digest = [0; CHECKSUM_LENGTH];
        digest.copy_from_slice(&header[header.len() - CHECKSUM_LENGTH..]);
        let header_length = header.len();
        Ok(Self { file, header_length, sections, digest, writer_version })
    }

    /// The bytes of section `id`, beginning at a multiple of 64, or of 4,096 if they are 64 KiB or more.
    pub fn section(&self, id: u32) -> Option<&[u8]> {
        let section = self.sections.iter().find(|section| section.id == id)?;
        let start = usize::try_from(section.offset).ok()?;
        let end = start.checked_add(usize::try_from(section.length).ok()?)?;
        self.file.bytes().get(start..end)
    }

    /// Tells the kernel how section `id` will be read. A hint.
    pub fn advise(&self, id: u32, access: Access) {
        if let Some(section) = self.sections.iter().find(|section| section.id == id) {
            let start = section.offset as usize;
            self.file.advise_range(access, start..start + section.length as usize);
        }
    }

    /// All sections, in the order of the file.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Stands for the whole content: segments of the same digest are the same, byte for byte.
    pub fn digest(&self) -> &[u8; CHECKSUM_LENGTH] {
        &self.digest
    }

    /// The digest as 64 hexadecimal digits.
    pub fn digest_hex(&self) -> String {
        checksum::hex(&self.digest)
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Length of the file in bytes.
    pub fn len(&self) -> u64 {
        self.file.len() as u64
    }

    /// Never: there is always a header.
    pub fn is_empty(&self) -> bool {
        self.file.is_empty()
    }

    /// The version of the program that wrote it.
    pub fn writer_version(&self) -> &str {
        &self.writer_version
    }

    pub(super) fn file(&self) -> &MappedFile {
        &self.file
    }

    pub(super) fn header(&self) -> &[u8] {
        &self.file.bytes()[..self.header_length]
    }
}

/// A file on its way to becoming a segment.
struct Check<'a> {
    path: &'a Path,
    bytes: &'a [u8],
}

impl<'a> Check<'a> {
    /// Magic, byte order and version, in this order: each says how to read the next.
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
            return Err(self.format("endianness", "little-endian", "big-endian"));
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

    /// Returns the header, whole and as its digest says.
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
            return Err(self.corrupt("the header", "zeros where nothing is stored", "other bytes"));
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

    /// Every section must lie where the lengths of those before it put it, and the last reach the end.
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
                return Err(self.corrupt(what("id"), "each id once", "it twice"));
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
