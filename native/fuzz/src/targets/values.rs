//! Parts of an index file that have a format of their own: container, columns, ids.

use super::Target;
use crate::container_bytes::seal;
use crate::subject::work_folder;
use maxsimd_core::documents::{AttributeType, ColumnView, Ids, IdsWriter, Record, Records, TableBytes};
use maxsimd_core::format::{Container, ContainerWriter};
use maxsimd_core::{Error, Result};
use std::fs;
use std::path::Path;

pub(super) const CONTAINER: Target =
    Target { name: "container", seeds: containers, words: &["MAXSIMD\0"], run: container };
pub(super) const COLUMN: Target =
    Target { name: "column", seeds: columns, words: &["\x3a\x30\0\0", "\x3b\x30\0\0"], run: column };
pub(super) const IDS: Target = Target { name: "ids", seeds: maps, words: &[], run: ids };

/// Opens a container whose digest is right, and verifies it. A section is where the table says.
fn container(input: &[u8], folder: &Path) -> std::result::Result<(), String> {
    let mut bytes = input.to_vec();
    if bytes.len() >= 96 {
        seal(&mut bytes);
    }
    let path = folder.join("container");
    fs::write(&path, &bytes).map_err(|e| e.to_string())?;
    let container = match Container::open(&path) {
        Ok(container) => container,
        Err(Error::Format { .. } | Error::Corrupt { .. }) => return Ok(()),
        Err(other) => return Err(format!("an error of another kind: {other}")),
    };
    for section in container.sections() {
        if container.section(section.id).map(<[u8]>::len) != Some(section.length as usize) {
            return Err(format!("section {} is not where the table says", section.id));
        }
    }
    match container.verify(&|_, _| true) {
        Ok(()) | Err(Error::Corrupt { .. }) => Ok(()),
        Err(other) => Err(format!("an error of another kind: {other}")),
    }
}

fn containers() -> Result<Vec<Vec<u8>>> {
    let folder = work_folder()?;
    let path = folder.path().join("seed");
    let mut writer = ContainerWriter::create(&path, 4)?;
    for (id, content) in [&[][..], &[1; 100], &[2; 64]].into_iter().enumerate() {
        writer.section(id as u32 + 1, content)?;
    }
    writer.finish()?;
    Ok(vec![fs::read(&path).map_err(|e| Error::io(&path, "read", e))?])
}

/// Documents of the seeds' columns.
const DOCUMENTS: u32 = 12;
const KINDS: [AttributeType; 6] = [
    AttributeType::Keyword,
    AttributeType::Keywords,
    AttributeType::Integer,
    AttributeType::Float,
    AttributeType::Boolean,
    AttributeType::Timestamp,
];

/// Reads a column, whose type the first byte names. Whether a column is sound is decided without a panic.
fn column(input: &[u8], _: &Path) -> std::result::Result<(), String> {
    let Some((&kind, bytes)) = input.split_first() else { return Ok(()) };
    // Aligned as in a file.
    let mut words = vec![0_u64; bytes.len().div_ceil(8)];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks(8)) {
        let mut value = [0; 8];
        value[..bytes.len()].copy_from_slice(bytes);
        *word = u64::from_le_bytes(value);
    }
    let aligned = &bytemuck::cast_slice::<u64, u8>(&words)[..bytes.len()];
    if let Some(view) = ColumnView::of(KINDS[usize::from(kind) % KINDS.len()], aligned) {
        view.is_sound(DOCUMENTS);
    }
    Ok(())
}

fn columns() -> Result<Vec<Vec<u8>>> {
    let values = [r#""a""#, r#"["a","b"]"#, "7", "2.5", "true", r#""2026-01-31T12:00:00Z""#];
    let mut seeds = Vec::new();
    for (kind, value) in values.iter().enumerate() {
        let line = |i: u32| match i % 4 {
            0 => Record::parse("seed", "{}"),
            _ => Record::parse("seed", &format!(r#"{{"f":{value}}}"#)),
        };
        let records = Records::new("seed", (0..DOCUMENTS).map(line).collect::<Result<_>>()?, None)?;
        let mut seed = vec![kind as u8];
        seed.extend(TableBytes::new(&records.schema, records.list.iter()).columns);
        seeds.push(seed);
    }
    Ok(seeds)
}

/// The ids of the seeds' maps.
fn names() -> Vec<String> {
    (0..60_u8).map(|i| format!("{}{}", char::from(b'0' + i), i % 9)).collect()
}

/// Reads a map of ids. One that is accepted leads from each id to its document, and from any other text nowhere.
fn ids(input: &[u8], _: &Path) -> std::result::Result<(), String> {
    let names = names();
    let written = IdsWriter::new("ids", names.iter().map(String::as_str)).map_err(|e| e.to_string())?;
    let ids = Ids::new(input, &written.offsets, &written.bytes);
    if ids.check().is_err() {
        return Ok(());
    }
    if let Some(place) = names.iter().enumerate().position(|(i, name)| ids.find(name) != Some(i as u32)) {
        return Err(format!("an accepted map does not find id {place}"));
    }
    let others = (0..=255_u8).map(|byte| format!("{}~", char::from(byte)));
    match others.into_iter().find(|other| ids.find(other).is_some()) {
        Some(other) => Err(format!("an accepted map finds {other:?}")),
        None => Ok(()),
    }
}

fn maps() -> Result<Vec<Vec<u8>>> {
    let names = names();
    Ok(vec![IdsWriter::new("ids", names.iter().map(String::as_str))?.map])
}
