//! A container taken apart and put together in memory, with right checksums. Written from `FORMAT.md`, not with the core's writer.

const FIXED: usize = 96;
const ENTRY: usize = 56;
const CHECKSUM: usize = 32;
const LONG: usize = 64 << 10;

/// The content of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerBytes {
    /// The fields before the table: 96 bytes.
    pub fixed: Vec<u8>,
    /// Id and bytes of each section, in file order.
    pub sections: Vec<(u32, Vec<u8>)>,
}

impl ContainerBytes {
    /// Takes a container apart that is known to be right; `None` if it is not a container.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let fixed = bytes.get(..FIXED)?.to_vec();
        let count = number(&fixed, 16, 4)? as usize;
        let mut sections = Vec::with_capacity(count);
        for entry in bytes.get(FIXED..FIXED + ENTRY * count)?.chunks_exact(ENTRY) {
            let (offset, length) = (number(entry, 8, 8)? as usize, number(entry, 16, 8)? as usize);
            sections.push((number(entry, 0, 4)? as u32, bytes.get(offset..offset + length)?.to_vec()));
        }
        Some(Self { fixed, sections })
    }

    /// The bytes of section `id`.
    pub fn section(&mut self, id: u32) -> Option<&mut Vec<u8>> {
        self.sections.iter_mut().find(|section| section.0 == id).map(|section| &mut section.1)
    }

    /// The container's bytes, with offsets, lengths and checksums that fit the sections.
    pub fn write(&self) -> Vec<u8> {
        let room = FIXED + ENTRY * self.sections.len() + CHECKSUM;
        let first = self.sections.first().map_or(0, |section| section.1.len());
        let header_length = room.next_multiple_of(alignment(first));
        let mut bytes = vec![0; header_length];
        bytes[..FIXED].copy_from_slice(&self.fixed);
        let mut places = Vec::new();
        for (_, content) in &self.sections {
            bytes.resize(bytes.len().next_multiple_of(alignment(content.len())), 0);
            places.push(bytes.len());
            bytes.extend_from_slice(content);
        }
        bytes.resize(bytes.len().next_multiple_of(64), 0);
        for (i, (id, content)) in self.sections.iter().enumerate() {
            let end = places.get(i + 1).copied().unwrap_or(bytes.len());
            let checksum = blake3::hash(&bytes[places[i]..end]);
            let entry = &mut bytes[FIXED + ENTRY * i..][..ENTRY];
            entry[..4].copy_from_slice(&id.to_le_bytes());
            entry[8..16].copy_from_slice(&(places[i] as u64).to_le_bytes());
            entry[16..24].copy_from_slice(&(content.len() as u64).to_le_bytes());
            entry[24..].copy_from_slice(checksum.as_bytes());
        }
        let length = bytes.len() as u64;
        bytes[16..20].copy_from_slice(&(self.sections.len() as u32).to_le_bytes());
        bytes[20..24].copy_from_slice(&(header_length as u32).to_le_bytes());
        bytes[24..32].copy_from_slice(&length.to_le_bytes());
        seal(&mut bytes);
        bytes
    }
}

/// Makes the digest at the end of a container's header right. Does nothing if the header's length cannot be one.
pub fn seal(bytes: &mut [u8]) {
    let length = number(bytes, 20, 4).unwrap_or(0) as usize;
    if length >= FIXED + CHECKSUM && length <= bytes.len() {
        let digest = blake3::hash(&bytes[..length - CHECKSUM]);
        bytes[length - CHECKSUM..length].copy_from_slice(digest.as_bytes());
    }
}

/// The digest of a container, in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let length = (number(bytes, 20, 4).unwrap_or(0) as usize).clamp(CHECKSUM, bytes.len());
    bytes[length - CHECKSUM..length].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn alignment(length: usize) -> usize {
    if length < LONG { 64 } else { 4096 }
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let mut value = [0; 8];
    value[..width].copy_from_slice(bytes.get(at..at + width)?);
    Some(u64::from_le_bytes(value))
}
