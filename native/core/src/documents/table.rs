//! The table of a segment: a column for each attribute, and the stored fields of each document.
//!
//! ```text
//! directory   name, type and place of each column: JSON
//! columns     the columns, one after another
//! offsets     first byte of each document's fields, and the number of bytes: u64 [documents + 1]
//! fields      each document's fields: a JSON object
//! ```

use super::column::{ColumnView, encode};
use super::record::Record;
use super::schema::{AttributeType, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::ops::Range;

/// A table as it is written.
pub struct TableBytes {
    /// The directory.
    pub directory: Vec<u8>,
    /// The columns.
    pub columns: Vec<u8>,
    /// First byte of each document's fields, and the number of bytes.
    pub offsets: Vec<u64>,
    /// The fields.
    pub fields: Vec<u8>,
}

/// Where a column is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    name: String,
    #[serde(rename = "type")]
    kind: AttributeType,
    bytes: Range<u64>,
}

impl TableBytes {
    /// Encodes the fields of records that fit the schema.
    pub fn new<'a>(schema: &Schema, records: impl Iterator<Item = &'a Record> + Clone) -> Self {
        let (mut columns, mut directory) = (Vec::new(), Vec::new());
        for (name, &kind) in &schema.0 {
            let values = (0..).zip(records.clone()).filter_map(|(document, record)| {
                Some((document, record.fields.get(name).filter(|value| !value.is_null())?))
            });
            let column = encode(kind, values);
            let first = columns.len() as u64;
            columns.extend_from_slice(&column);
            directory.push(Entry { name: name.clone(), kind, bytes: first..columns.len() as u64 });
        }
        let (mut offsets, mut fields) = (vec![0], Vec::new());
        for record in records {
            // Writing to memory does not fail.
            _ = serde_json::to_writer(&mut fields, &record.fields);
            offsets.push(fields.len() as u64);
        }
        let directory = serde_json::to_vec(&directory).unwrap_or_default();
        Self { directory, columns, offsets, fields }
    }
}

/// A table in a mapped file.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    directory: &'a [u8],
    columns: &'a [u8],
    offsets: &'a [u64],
    fields: &'a [u8],
}

impl<'a> Table<'a> {
    /// Views the four parts of [`TableBytes`].
    pub fn new(directory: &'a [u8], columns: &'a [u8], offsets: &'a [u64], fields: &'a [u8]) -> Self {
        Self { directory, columns, offsets, fields }
    }

    fn entries(&self) -> Vec<Entry> {
        serde_json::from_slice(self.directory).unwrap_or_default()
    }

    /// The attributes.
    pub fn schema(&self) -> Schema {
        Schema(self.entries().into_iter().map(|entry| (entry.name, entry.kind)).collect())
    }

    /// The column of an attribute; `None` if there is no such attribute.
    pub fn column(&self, name: &str) -> Option<ColumnView<'a>> {
        let entry = self.entries().into_iter().find(|entry| entry.name == name)?;
        self.view(&entry)
    }

    fn view(&self, entry: &Entry) -> Option<ColumnView<'a>> {
        let bytes = self.columns.get(entry.bytes.start as usize..entry.bytes.end as usize)?;
        ColumnView::of(entry.kind, bytes)
    }

    /// A document's fields, as a JSON object.
    pub fn fields(&self, document: usize) -> &'a str {
        let bounds = self.offsets.get(document..document + 2).unwrap_or(&[0, 0]);
        let bytes = self.fields.get(bounds[0] as usize..bounds[1] as usize).unwrap_or(&[]);
        std::str::from_utf8(bytes).unwrap_or("{}")
    }

    /// Checks every value of the table. If one is wrong, says of which part.
    pub fn check(&self, documents: u32) -> Result<(), (&'static str, String)> {
        let entries: Vec<Entry> =
            serde_json::from_slice(self.directory).map_err(|e| ("attributes", e.to_string()))?;
        if !entries.is_sorted_by(|a, b| a.name < b.name) {
            return Err(("attributes", "names that are not ascending".into()));
        }
        for entry in &entries {
            let sound = self.view(entry).is_some_and(|column| column.is_sound(documents));
            if !sound {
                return Err(("columns", format!("values out of order in the column {}", entry.name)));
            }
        }
        let parsed =
            |&document: &usize| serde_json::from_str::<Map<String, Json>>(self.fields(document)).is_ok();
        match (0..documents as usize).find(|document| !parsed(document)) {
            Some(document) => {
                Err(("fields", format!("text that is not a JSON object, of document {document}")))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Records;
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_given() {
        let lines = [r#"{"id":"a","z":[1,{"x":null}],"a":1e3}"#, r#"{"id":"b"}"#];
        let list = lines.iter().map(|line| Record::parse("line", line).unwrap()).collect();
        let records = Records::new("records", list, None).unwrap();
        let bytes = TableBytes::new(&records.schema, records.list.iter());
        let table = Table::new(&bytes.directory, &bytes.columns, &bytes.offsets, &bytes.fields);
        table.check(2).unwrap();
        assert_eq!(table.schema(), records.schema);
        assert_eq!((table.fields(0), table.fields(1)), (r#"{"a":1000.0,"z":[1,{"x":null}]}"#, "{}"));
    }

    #[test]
    fn damage_is_found_in_every_part() {
        let lines = [r#"{"n":1,"k":"a","f":0.5}"#, r#"{"n":2,"k":"b","f":1.5}"#];
        let list = lines.iter().map(|line| Record::parse("line", line).unwrap()).collect();
        let records = Records::new("records", list, None).unwrap();
        let good = TableBytes::new(&records.schema, records.list.iter());
        let check = |directory: &[u8], columns: &[u8], fields: &[u8]| {
            // The copy is aligned as the file is.
            let aligned = crate::testing::aligned(columns);
            let columns = &bytemuck::cast_slice::<u64, u8>(&aligned)[..columns.len()];
            Table::new(directory, columns, &good.offsets, fields).check(2)
        };
        check(&good.directory, &good.columns, &good.fields).unwrap();
        assert!(check(&good.directory[1..], &good.columns, &good.fields).is_err());
        assert!(check(&good.directory, &good.columns, b"xxx").is_err());
        let mut found = 0;
        for at in 0..good.columns.len() {
            let mut columns = good.columns.clone();
            columns[at] ^= 0x80;
            // Whatever the damage is, the check ends; most of it is found. (A changed number may still be in order.)
            found += usize::from(check(&good.directory, &columns, &good.fields).is_err());
        }
        assert!(found * 2 > good.columns.len(), "{found} of {}", good.columns.len());
        assert!(check(&good.directory, &good.columns[..good.columns.len() - 8], &good.fields).is_err());
    }
}
