//! Records: documents' ids and fields as the user gives them.

use super::ids::check_id;
use super::schema::Schema;
use crate::{Error, Result};
use serde_json::{Map, Value as Json};
use std::path::Path;

/// Name of the field that holds a document's id.
const ID: &str = "id";

/// One document: its id and its fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// The id; `None` if it is the document's position.
    pub id: Option<String>,
    /// The fields, without the id.
    pub fields: Map<String, Json>,
}

impl Record {
    /// Reads a JSON object, whose field `id`, if it has one, is the id. `input` names the document in errors.
    ///
    /// # Errors
    /// [`Error::Input`] if it is not an object, or the id is not text of 1 to 512 bytes.
    pub fn parse(input: &str, json: &str) -> Result<Self> {
        let parsed: Json = serde_json::from_str(json).map_err(|e| {
            Error::input(input, "fields", "a JSON object", format!("text that is not JSON: {e}"))
        })?;
        let Json::Object(mut fields) = parsed else {
            return Err(Error::input(input, "fields", "a JSON object", kind(&parsed)));
        };
        let id = match fields.remove(ID) {
            None => None,
            Some(Json::String(id)) => Some(id),
            Some(other) => return Err(Error::input(input, ID, "text", kind(&other))),
        };
        id.iter().try_for_each(|id| check_id(input, id))?;
        Ok(Self { id, fields })
    }

    /// Compares the fields with the types of a schema. A field that the schema does not name is only stored.
    ///
    /// # Errors
    /// [`Error::Input`] naming the field.
    pub fn check(&self, input: &str, schema: &Schema) -> Result<()> {
        for (name, value) in self.fields.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(expected) = schema.get(name).filter(|expected| !expected.fits(value)) {
                let got = match value.as_str() {
                    Some(text) if text.len() > 40 => format!("text of {} bytes", text.len()),
                    _ => value.to_string(),
                };
                return Err(Error::input(
                    format!("{input}, field {name}"),
                    "value",
                    expected.expected(),
                    got,
                ));
            }
        }
        Ok(())
    }
}

/// The records of a corpus.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// One for each document.
    pub list: Vec<Record>,
    /// The attributes.
    pub schema: Schema,
}

impl Records {
    /// Takes one record for each document. Without a `schema` it is inferred. `input` names the records in errors.
    ///
    /// # Errors
    /// [`Error::Input`] if some records have an id and others not, or a field's value is not of its type.
    pub fn new(input: &str, list: Vec<Record>, schema: Option<Schema>) -> Result<Self> {
        if let Some(without) = list.iter().position(|record| record.id.is_none())
            && list.iter().any(|record| record.id.is_some())
        {
            let got = format!("document {without} without one");
            return Err(Error::input(input, ID, "an id for every document, or for none", got));
        }
        let schema = match schema {
            None => Schema::infer(list.iter().map(|record| &record.fields)),
            Some(schema) => {
                for (document, record) in list.iter().enumerate() {
                    record.check(&format!("{input}, line {}", document + 1), &schema)?;
                }
                schema
            }
        };
        Ok(Self { list, schema })
    }

    /// Reads a file with one JSON object on each line.
    ///
    /// # Errors
    /// As [`Record::parse`] and [`Records::new`]; [`Error::Io`].
    pub fn read(path: &Path, schema: Option<Schema>) -> Result<Self> {
        let name = path.display().to_string();
        let line =
            |(number, line): (usize, &str)| Record::parse(&format!("{name}, line {}", number + 1), line);
        let list = text(path)?.lines().enumerate().map(line).collect::<Result<Vec<_>>>()?;
        Self::new(&name, list, schema)
    }

    /// Takes the ids from a file with one on each line, instead of those in the records.
    ///
    /// # Errors
    /// As [`Records::set_ids`]; [`Error::Io`].
    pub fn read_ids(&mut self, path: &Path) -> Result<()> {
        let text = text(path)?;
        self.set_ids(&path.display().to_string(), text.lines().map(str::to_owned).collect())
    }

    /// Takes one id for each document, instead of those in the records; `input` names them in errors.
    ///
    /// # Errors
    /// [`Error::Input`] if there are not as many as records, or one is not 1 to 512 bytes long.
    pub fn set_ids(&mut self, input: &str, ids: Vec<String>) -> Result<()> {
        if self.list.is_empty() {
            self.list.resize_with(ids.len(), Record::default);
        }
        if ids.len() != self.list.len() {
            let expected = format!("{}, one for each document", self.list.len());
            return Err(Error::input(input, "ids", expected, ids.len().to_string()));
        }
        for (number, (record, id)) in self.list.iter_mut().zip(ids).enumerate() {
            check_id(&format!("{input}, line {}", number + 1), &id)?;
            record.id = Some(id);
        }
        Ok(())
    }
}

fn text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, "read", e))?;
    String::from_utf8(bytes).map_err(|e| {
        let line =
            e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Error::input(path.display().to_string(), "text", "valid UTF-8", format!("other bytes in line {line}"))
    })
}

/// What a JSON value is, for errors.
fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::AttributeType;
    use super::*;
    use std::collections::BTreeMap;

    fn file(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records");
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn refusal(content: &[u8], schema: Option<Schema>) -> String {
        let (folder, path) = file(content);
        let error = Records::read(&path, schema).unwrap_err().to_string();
        error.replace(&folder.path().join("").display().to_string(), "")
    }

    #[test]
    fn a_record_is_an_id_and_fields() {
        let record = Record::parse("line 1", r#"{"id": "a", "year": 3}"#).unwrap();
        assert_eq!((record.id.as_deref(), record.fields.len()), (Some("a"), 1));
    }

    #[test]
    fn each_fault_names_its_line_and_field() {
        let integer = Schema(BTreeMap::from([("year".into(), AttributeType::Integer)]));
        for (content, schema, expected) in [
            ("{\"id\": 3}", None, "records, line 1: id: expected text, got a number"),
            ("{}\n[1]", None, "records, line 2: fields: expected a JSON object, got a list"),
            ("{\"id\": \"\"}", None, "records, line 1: id: expected 1 to 512 bytes, got 0"),
            (
                "{\"id\": \"a\"}\n{}",
                None,
                "records: id: expected an id for every document, or for none, got document 1 without one",
            ),
            (
                "{\"year\": 1.5}",
                Some(integer),
                "records, line 1, field year: value: expected a whole number from -2^63 to 2^63 - 1, got 1.5",
            ),
        ] {
            assert_eq!(refusal(content.as_bytes(), schema), expected);
        }
        assert_eq!(
            refusal(b"{}\n\xff", None),
            "records: text: expected valid UTF-8, got other bytes in line 2"
        );
        assert!(
            refusal(b"{", None)
                .starts_with("records, line 1: fields: expected a JSON object, got text that is not JSON")
        );
    }

    #[test]
    fn a_file_of_ids_replaces_those_in_the_records() {
        let (_folder, path) = file(b"x\ny\n");
        let records = vec![
            Record { id: Some("a".into()), ..Record::default() },
            Record { id: Some("b".into()), ..Record::default() },
        ];
        let mut records = Records::new("records", records, None).unwrap();
        records.read_ids(&path).unwrap();
        assert_eq!(records.list.iter().map(|r| r.id.as_deref()).collect::<Vec<_>>(), [Some("x"), Some("y")]);
        records.list.pop();
        assert!(
            records
                .read_ids(&path)
                .unwrap_err()
                .to_string()
                .contains("expected 1, one for each document, got 2")
        );
    }
}
