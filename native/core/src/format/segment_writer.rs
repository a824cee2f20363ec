//! Writing a segment in one pass.

use std::path::Path;

use super::checksum;
use super::layout::{
    self, CHECKSUM_LENGTH, ENDIANNESS_MARK, FIXED_LENGTH, FORMAT_VERSION, Fixed, LINE, LONG, MAX_SECTIONS,
    PAGE, Section, WRITER_LENGTH,
};
use crate::storage::AtomicFile;
use crate::{Error, Result};

/// Bytes of a section held back. At least `LONG`, so that a section's place is known before it is needed;
/// more, so that sections written a few bytes at a time are hashed at full speed.
const BUFFER: usize = 256 << 10;
const _: () = assert!(BUFFER as u64 >= LONG);

const WRITER: &str = env!("CARGO_PKG_VERSION");
const _: () = assert!(WRITER.len() <= WRITER_LENGTH);

/// Writes a segment section by section: [`begin_section`](Self::begin_section), any number of
/// [`write`](Self::write)s, [`end_section`](Self::end_section), and [`finish`](Self::finish) at the end.
///
/// The file appears at its path in `finish` and not before; dropped earlier, nothing stays. The bytes depend
/// on the arguments and the version of the writer alone. Needs 256 KiB of memory whatever the size.
#[derive(Debug)]
pub struct SegmentWriter {
    file: AtomicFile,
    max_sections: usize,
    /// All sections begun, the last one's length and checksum still unknown.
    sections: Vec<Section>,
    header_length: u64,
    /// Covers the last section that has a place, until the zeros after it are known.
    hasher: blake3::Hasher,
    open: bool,
    /// Whether the open section has a place, which is chosen by its length.
    placed: bool,
    buffer: Vec<u8>,
}

impl SegmentWriter {
    /// Starts a segment of at most `max_sections` sections that shall appear at `path`.
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
    /// [`Error::Parameter`] if a section is open, `id` was used before, or there are as many sections as
    /// the segment was created for.
    pub fn begin_section(&mut self, id: u32) -> Result<()> {
        self.require_open(false)?;
        if self.sections.len() == self.max_sections {
            return Err(misuse(format!("at most {} sections", self.max_sections), "one more"));
        }
        if self.sections.iter().any(|section| section.id == id) {
            return Err(misuse("an id not used before", format!("{id} again")));
        }
        self.sections.push(Section { id, offset: 0, length: 0, checksum: [0; CHECKSUM_LENGTH] });
        self.open = true;
        self.placed = false;
        Ok(())
    }

    /// Appends `bytes` to the open section.
    ///
    /// # Errors
    /// [`Error::Parameter`] if none is open; [`Error::Io`], after which the writer must be dropped.
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

    /// Writes header and table and moves the file to its path. Returns the segment's digest.
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

    /// Gives the open section its place, unless it has one.
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

    /// Writes zeros up to a multiple of `alignment`. The first time these are the room for the header.
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
            // Both bounded by MAX_SECTIONS.
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
