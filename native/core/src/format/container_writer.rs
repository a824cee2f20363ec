//! Writing a container in one pass.
//!
//! The alignment of a section depends on its length, which is not known when the section begins. So the first 256 KiB of each
//! section are buffered:
//!
//! ```text
//! begin   remember the section's id
//! write   append to the buffer; if it is full: place the section, write the buffer to the file
//! end     place the section if it is not placed yet; write the rest of the buffer
//! place   pad the file with zeros to the section's alignment; finish the previous section's checksum, which covers the zeros
//! finish  pad the file to a multiple of 64; write header and table over the zeros at the start of the file; commit the file
//! ```
//!
//! Memory: the buffer. Every byte is written and hashed once.

use std::path::Path;

use super::checksum;
use super::layout::{
    self, CHECKSUM_LENGTH, ENDIANNESS_MARK, FIXED_LENGTH, FORMAT_VERSION, Fixed, LINE, LONG, MAX_SECTIONS,
    PAGE, Section, WRITER_LENGTH,
};
use crate::storage::AtomicFile;
use crate::{Error, Result};

/// Size of the buffer in bytes. At least `LONG`, so that a full buffer determines the section's alignment. It is larger, so
/// that sections written a few bytes at a time are hashed at full speed.
const BUFFER: usize = 256 << 10;
const _: () = assert!(BUFFER as u64 >= LONG);

const WRITER: &str = env!("CARGO_PKG_VERSION");
const _: () = assert!(WRITER.len() <= WRITER_LENGTH);

/// Writes a container section by section: [`begin_section`](Self::begin_section), any number of
/// [`write`](Self::write)s, [`end_section`](Self::end_section), and [`finish`](Self::finish) at the end.
///
/// The file appears at its path in `finish`, not before. A writer that is dropped before leaves no file. The bytes depend only
/// on the arguments and the version of this program.
#[derive(Debug)]
pub struct ContainerWriter {
    file: AtomicFile,
    max_sections: usize,
    /// All sections begun. The length and checksum of the last one are not known yet.
    sections: Vec<Section>,
    header_length: u64,
    /// Hashes the last section that is placed, and the zeros after it.
    hasher: blake3::Hasher,
    open: bool,
    /// Whether the offset of the open section is known.
    placed: bool,
    buffer: Vec<u8>,
}

impl ContainerWriter {
    /// Starts a container of at most `max_sections` sections, which [`Self::finish`] moves to `path`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `max_sections` exceeds [`MAX_SECTIONS`]; [`Error::Io`].
    pub fn create(path: impl AsRef<Path>, max_sections: usize) -> Result<Self> {
        if max_sections > MAX_SECTIONS {
            return Err(Error::Parameter {
                name: "max_sections",
                expected: format!("at most {MAX_SECTIONS}"),
                got: max_sections.to_string(),
            });
        }
        Ok(Self {
            file: AtomicFile::create(path)?,
            max_sections,
            sections: Vec::with_capacity(max_sections),
            header_length: 0,
            hasher: blake3::Hasher::new(),
            open: false,
            placed: false,
            buffer: Vec::with_capacity(BUFFER),
        })
    }

    /// Begins the section `id`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a section is open, `id` was used before, or the container already has `max_sections` sections.
    pub fn begin_section(&mut self, id: u32) -> Result<()> {
        self.require_open(false)?;
        if self.sections.len() == self.max_sections {
            return Err(misuse(format!("at most {} sections", self.max_sections), "another section"));
        }
        if self.sections.iter().any(|section| section.id == id) {
            return Err(misuse("an id that is not in use", format!("{id}, which is in use")));
        }
        self.sections.push(Section { id, offset: 0, length: 0, checksum: [0; CHECKSUM_LENGTH] });
        self.open = true;
        self.placed = false;
        Ok(())
    }

    /// Appends `bytes` to the open section.
    ///
    /// # Errors
    /// [`Error::Parameter`] if no section is open; [`Error::Io`], after which the writer must be dropped.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.require_open(true)?;
        while !bytes.is_empty() {
            if self.buffer.is_empty() && bytes.len() >= BUFFER {
                self.place(PAGE)?;
                return self.append(bytes);
            }
            let (now, later) = bytes.split_at(bytes.len().min(BUFFER - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == BUFFER {
                self.place(PAGE)?;
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Ends the open section.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn end_section(&mut self) -> Result<()> {
        self.require_open(true)?;
        self.place(layout::alignment(self.buffer.len() as u64))?;
        self.flush()?;
        self.open = false;
        Ok(())
    }

    /// Writes a whole section.
    ///
    /// # Errors
    /// As [`Self::begin_section`] and [`Self::write`].
    pub fn section(&mut self, id: u32, bytes: &[u8]) -> Result<()> {
        self.begin_section(id)?;
        self.write(bytes)?;
        self.end_section()
    }

    /// Writes header and table, moves the file to its path, and returns the container's digest.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a section is open; [`Error::Io`].
    pub fn finish(mut self) -> Result<[u8; CHECKSUM_LENGTH]> {
        self.require_open(false)?;
        self.pad(LINE)?;
        self.seal_last();
        let header = self.header();
        self.file.patch(0, &header)?;
        self.file.commit()?;
        let mut digest = [0; CHECKSUM_LENGTH];
        digest.copy_from_slice(&header[header.len() - CHECKSUM_LENGTH..]);
        Ok(digest)
    }

    /// Chooses the offset of the open section, unless it is known already.
    fn place(&mut self, alignment: u64) -> Result<()> {
        if self.placed {
            return Ok(());
        }
        self.pad(alignment)?;
        let (last, before) = match self.sections.split_last_mut() {
            Some(parts) => parts,
            None => return Ok(()),
        };
        last.offset = self.file.position();
        if let Some(previous) = before.last_mut() {
            previous.checksum = *self.hasher.finalize().as_bytes();
        }
        self.hasher.reset();
        self.placed = true;
        Ok(())
    }

    /// Writes zeros up to a multiple of `alignment`. The first zeros are the room for the header.
    fn pad(&mut self, alignment: u64) -> Result<()> {
        let position = self.file.position();
        let from = if position == 0 { layout::header_room(self.max_sections) } else { position };
        let end = from.next_multiple_of(alignment);
        if position == 0 {
            self.header_length = end;
        }
        let zeros = [0; PAGE as usize];
        let mut left = end - position;
        while left > 0 {
            let now = &zeros[..left.min(PAGE) as usize];
            self.file.write_all(now)?;
            self.hasher.update(now);
            left -= now.len() as u64;
        }
        Ok(())
    }

    fn seal_last(&mut self) {
        if let Some(last) = self.sections.last_mut() {
            last.checksum = *self.hasher.finalize().as_bytes();
        }
    }

    fn header(&self) -> Vec<u8> {
        let mut writer = [0; WRITER_LENGTH];
        writer[..WRITER.len()].copy_from_slice(WRITER.as_bytes());
        let fixed = Fixed {
            version: FORMAT_VERSION,
            endianness: ENDIANNESS_MARK,
            // MAX_SECTIONS bounds both.
            sections: self.sections.len() as u32,
            header_length: self.header_length as u32,
            file_length: self.file.position(),
            writer,
        };
        let mut header = Vec::with_capacity(self.header_length as usize);
        header.extend_from_slice(&fixed.to_bytes());
        debug_assert_eq!(header.len(), FIXED_LENGTH);
        for section in &self.sections {
            header.extend_from_slice(&section.to_bytes());
        }
        header.resize(self.header_length as usize - CHECKSUM_LENGTH, 0);
        let digest = blake3::hash(&header);
        header.extend_from_slice(digest.as_bytes());
        header
    }

    fn flush(&mut self) -> Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = self.append(&buffer);
        buffer.clear();
        self.buffer = buffer;
        result
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes)?;
        checksum::update(&mut self.hasher, bytes);
        if let Some(last) = self.sections.last_mut() {
            last.length += bytes.len() as u64;
        }
        Ok(())
    }

    fn require_open(&self, open: bool) -> Result<()> {
        let state = |open| if open { "an open section" } else { "no open section" };
        if self.open == open { Ok(()) } else { Err(misuse(state(open), state(self.open))) }
    }
}

fn misuse(expected: impl Into<String>, got: impl Into<String>) -> Error {
    Error::Parameter { name: "section", expected: expected.into(), got: got.into() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::format::Container;

    /// Bytes that differ from place to place.
    fn bytes(length: usize, seed: usize) -> Vec<u8> {
        (0..length).map(|i| (i.wrapping_mul(31) ^ (i >> 8) ^ seed) as u8).collect()
    }

    fn lengths() -> impl Strategy<Value = usize> {
        let long = LONG as usize;
        prop_oneof![
            0..200_usize,
            Just(0),
            Just(64),
            Just(long - 1),
            Just(long),
            Just(BUFFER),
            BUFFER - 2..BUFFER + 2,
            0..3 * BUFFER,
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_is_written_is_read_however_it_was_cut(
            sections in prop::collection::vec((lengths(), 1..400_000_usize), 0..6),
            spare in 0..4_usize,
        ) {
            let directory = tempfile::tempdir().unwrap();
            let (pieces, whole) = (directory.path().join("pieces"), directory.path().join("whole"));
            let mut by_pieces = ContainerWriter::create(&pieces, sections.len() + spare).unwrap();
            let mut at_once = ContainerWriter::create(&whole, sections.len() + spare).unwrap();
            for (id, &(length, piece)) in sections.iter().enumerate() {
                let content = bytes(length, id);
                by_pieces.begin_section(id as u32).unwrap();
                let (first, rest) = content.split_at(length.min(piece % 7));
                for part in std::iter::once(first).chain(rest.chunks(piece)) {
                    by_pieces.write(part).unwrap();
                }
                by_pieces.end_section().unwrap();
                at_once.section(id as u32, &content).unwrap();
            }
            let digest = by_pieces.finish().unwrap();
            prop_assert_eq!(at_once.finish().unwrap(), digest);
            prop_assert_eq!(fs::read(&pieces).unwrap(), fs::read(&whole).unwrap());

            let container = Container::open(&pieces).unwrap();
            container.verify(&|_, _| true).unwrap();
            prop_assert_eq!(container.digest(), &digest);
            prop_assert_eq!(container.writer_version(), env!("CARGO_PKG_VERSION"));
            prop_assert_eq!(container.file_length(), fs::metadata(&pieces).unwrap().len());
            prop_assert_eq!(container.sections().len(), sections.len());
            prop_assert_eq!(container.section(sections.len() as u32), None);
            for (id, &(length, _)) in sections.iter().enumerate() {
                let section = container.section(id as u32).unwrap();
                prop_assert_eq!(section, &bytes(length, id)[..]);
                let alignment = if length < 65_536 { 64 } else { 4096 };
                prop_assert!((section.as_ptr() as usize).is_multiple_of(alignment));
            }
        }
    }

    #[test]
    fn misuse_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        let refused =
            |result: Result<()>| assert!(matches!(result, Err(Error::Parameter { .. })), "{result:?}");
        refused(ContainerWriter::create(&path, MAX_SECTIONS + 1).map(drop));
        let mut writer = ContainerWriter::create(&path, 2).unwrap();
        refused(writer.write(b"a"));
        refused(writer.end_section());
        writer.begin_section(7).unwrap();
        refused(writer.begin_section(8));
        writer.end_section().unwrap();
        refused(writer.begin_section(7));
        writer.begin_section(8).unwrap();
        writer.end_section().unwrap();
        refused(writer.begin_section(9));
        writer.finish().unwrap();
        let mut writer = ContainerWriter::create(&path, 1).unwrap();
        writer.begin_section(1).unwrap();
        refused(writer.finish().map(drop));
    }

    #[test]
    fn unfinished_it_leaves_the_old_file_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        ContainerWriter::create(&path, 0).unwrap().finish().unwrap();
        let mut writer = ContainerWriter::create(&path, 1).unwrap();
        writer.section(1, &bytes(1 << 20, 0)).unwrap();
        drop(writer);
        assert_eq!(Container::open(&path).unwrap().sections(), []);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_largest_table_fits() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        let mut writer = ContainerWriter::create(&path, MAX_SECTIONS).unwrap();
        writer.section(u32::MAX, &bytes(LONG as usize, 1)).unwrap();
        for id in 1..MAX_SECTIONS {
            writer.section(id as u32, &[1]).unwrap();
        }
        writer.finish().unwrap();
        let container = Container::open(&path).unwrap();
        container.verify(&|_, _| true).unwrap();
        assert_eq!(container.sections().len(), MAX_SECTIONS);
    }
}
