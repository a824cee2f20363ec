//! Byte offsets of a container's header, and conversion to and from bytes. Nothing is checked here.

/// The first bytes of every container, in every version.
pub(super) const MAGIC: &[u8; 8] = b"MAXSIMD\0";
/// The format version that is written, and the only one that is read.
pub const FORMAT_VERSION: u32 = 1;
/// A host of the other byte order reads this as 0x04030201.
pub(super) const ENDIANNESS_MARK: u32 = 0x0102_0304;
/// Number of bytes before the table.
pub(super) const FIXED_LENGTH: usize = 96;
/// Number of bytes of a table entry.
pub(super) const ENTRY_LENGTH: usize = 56;
/// Number of bytes of a checksum.
pub(super) const CHECKSUM_LENGTH: usize = 32;
/// Number of bytes of the writer's version.
pub(super) const WRITER_LENGTH: usize = 32;
/// Offset of the writer's version.
const WRITER_OFFSET: usize = 32;
/// Offset of the reserved zeros before the table.
pub(super) const RESERVED_OFFSET: usize = WRITER_OFFSET + WRITER_LENGTH;

/// Maximum number of sections. It bounds how much of a file is read before its digest is checked.
pub const MAX_SECTIONS: usize = 1024;
/// Alignment of a short section: a cache line.
pub(super) const LINE: u64 = 64;
/// Alignment of a long section: a page.
pub(super) const PAGE: u64 = 4096;
/// Length in bytes from which a section is long.
pub(super) const LONG: u64 = 64 << 10;
/// Maximum length of a header.
pub(super) const MAX_HEADER_LENGTH: u64 = header_room(MAX_SECTIONS).next_multiple_of(PAGE);

/// Minimum length of a header whose table has room for `sections` entries.
pub(super) const fn header_room(sections: usize) -> u64 {
    (FIXED_LENGTH + ENTRY_LENGTH * sections + CHECKSUM_LENGTH) as u64
}

/// Alignment of a section of `length` bytes.
pub(super) const fn alignment(length: u64) -> u64 {
    if length < LONG { LINE } else { PAGE }
}

/// One section of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Identifies the section in its container.
    pub id: u32,
    /// Offset in the file.
    pub offset: u64,
    /// Number of bytes, without the padding zeros after them.
    pub length: u64,
    /// BLAKE3 of the bytes and the padding zeros.
    pub checksum: [u8; CHECKSUM_LENGTH],
}

impl Section {
    pub(super) fn to_bytes(self) -> [u8; ENTRY_LENGTH] {
        let mut entry = [0; ENTRY_LENGTH];
        entry[..4].copy_from_slice(&self.id.to_le_bytes());
        entry[8..16].copy_from_slice(&self.offset.to_le_bytes());
        entry[16..24].copy_from_slice(&self.length.to_le_bytes());
        entry[24..].copy_from_slice(&self.checksum);
        entry
    }

    /// Returns the section and the reserved field, which must be zero.
    pub(super) fn from_bytes(entry: &[u8; ENTRY_LENGTH]) -> (Self, u32) {
        let section = Self {
            id: u32_at(entry, 0),
            offset: u64_at(entry, 8),
            length: u64_at(entry, 16),
            checksum: array_at(entry, 24),
        };
        (section, u32_at(entry, 4))
    }
}

/// The fields before the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) version: u32,
    pub(super) endianness: u32,
    pub(super) sections: u32,
    pub(super) header_length: u32,
    pub(super) file_length: u64,
    pub(super) writer: [u8; WRITER_LENGTH],
}

impl Fixed {
    pub(super) fn to_bytes(self) -> [u8; FIXED_LENGTH] {
        let mut bytes = [0; FIXED_LENGTH];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&self.version.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.endianness.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.sections.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.header_length.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.file_length.to_le_bytes());
        bytes[WRITER_OFFSET..RESERVED_OFFSET].copy_from_slice(&self.writer);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; FIXED_LENGTH]) -> Self {
        Self {
            version: u32_at(bytes, 8),
            endianness: u32_at(bytes, 12),
            sections: u32_at(bytes, 16),
            header_length: u32_at(bytes, 20),
            file_length: u64_at(bytes, 24),
            writer: array_at(bytes, WRITER_OFFSET),
        }
    }
}

/// `N` bytes at `offset`. Panics if the array is shorter; callers pass constant offsets that fit.
fn array_at<const N: usize, const M: usize>(bytes: &[u8; M], offset: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[offset..offset + N]);
    part
}

fn u32_at<const M: usize>(bytes: &[u8; M], offset: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, offset))
}

fn u64_at<const M: usize>(bytes: &[u8; M], offset: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, offset))
}
