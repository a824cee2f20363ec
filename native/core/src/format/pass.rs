//! One pass over a container that compares every byte with its checksum, in steps.

use super::checksum;
use super::container::Container;
use super::layout::CHECKSUM_LENGTH;
use crate::{Error, Result};

/// How far a pass has come. It belongs to one container.
#[derive(Debug, Default)]
pub struct Pass {
    /// Number of the section, and bytes of it that were read.
    section: usize,
    done: usize,
    hasher: blake3::Hasher,
}

/// Feeds bytes to a hasher.
type Update = fn(&mut blake3::Hasher, &[u8]);

impl Pass {
    /// A pass that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads at most `most` bytes on, on this thread, and returns how many were read: 0 when the pass is complete.
    ///
    /// # Errors
    /// [`Error::Corrupt`], which names the first damaged section. The container counts as damaged from then on.
    pub fn step_on_one_thread(&mut self, container: &Container, most: usize) -> Result<usize> {
        let read = self.step(container, most, |hasher, bytes| _ = hasher.update(bytes))?;
        Ok(read as usize)
    }

    pub(super) fn step(&mut self, container: &Container, most: usize, update: Update) -> Result<u64> {
        let result = self.read(container, most, update);
        if matches!(result, Err(Error::Corrupt { .. })) {
            container.damage();
        }
        result
    }

    fn read(&mut self, container: &Container, most: usize, update: Update) -> Result<u64> {
        let corrupt = |what: String, expected: String, got: String| {
            Err(Error::corrupt(container.path(), what, expected, got))
        };
        let (bytes, header) = (container.file().bytes(), container.header());
        if (self.section, self.done) == (0, 0) {
            let computed = blake3::hash(&header[..header.len() - CHECKSUM_LENGTH]);
            if computed.as_bytes() != container.digest() {
                return corrupt("the header".into(), container.digest_hex(), computed.to_hex().to_string());
            }
        }
        let sections = container.sections();
        while let Some(section) = sections.get(self.section) {
            let start = section.offset as usize;
            let end = sections.get(self.section + 1).map_or(bytes.len(), |next| next.offset as usize);
            let part = &bytes[start + self.done..end.min((start + self.done).saturating_add(most))];
            update(&mut self.hasher, part);
            self.done += part.len();
            if start + self.done == end {
                let computed = std::mem::take(&mut self.hasher).finalize();
                let what = || format!("section {} at offset {}", section.id, section.offset);
                if computed.as_bytes() != &section.checksum {
                    let expected = format!("checksum {}", checksum::hex(&section.checksum));
                    return corrupt(what(), expected, computed.to_hex().to_string());
                }
                let padding = &bytes[start + section.length as usize..end];
                if padding.iter().any(|&byte| byte != 0) {
                    return corrupt(what(), "zeros after it".into(), "other bytes after it".into());
                }
                (self.section, self.done) = (self.section + 1, 0);
            }
            if !part.is_empty() {
                return Ok(part.len() as u64);
            }
        }
        Ok(0)
    }
}
