//! JSON that users bring: filters, and records of documents.

use super::Target;
use maxsimd_core::documents::{Filter, Record, Records, Schema};
use maxsimd_core::{Error, Result};
use std::path::Path;

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "\"id\"",
    "\"allOf\"",
    "\"anyOf\"",
    "\"noneOf\"",
    "\"ids\"",
    "\"equals\"",
    "\"oneOf\"",
    "\"range\"",
    "\"exists\"",
    "\"field\"",
    "\"value\"",
    "\"values\"",
    "\"gte\"",
    "\"integer\"",
    "1e999",
    "-0",
    "\"2026-13-01T00:00:00Z\"",
    "\\ud800",
    "{\"allOf\":[",
    "\"\u{0}\"",
];

pub(super) const FILTER: Target = Target { name: "filter", seeds: filters, words: WORDS, run: filter };
pub(super) const RECORD: Target = Target { name: "record", seeds: records, words: WORDS, run: record };

const SCHEMA: &str = r#"{"section":"keyword","tags":"keywords","year":"integer","price":"float","open":"boolean","at":"timestamp"}"#;

/// Parses a filter and compares it with a schema.
fn filter(input: &[u8], _: &Path) -> std::result::Result<(), String> {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(()) };
    let schema = Schema::parse(SCHEMA).map_err(|e| e.to_string())?;
    match Filter::parse(text).and_then(|filter| filter.check(&schema)) {
        Ok(()) | Err(Error::Filter { .. }) => Ok(()),
        Err(other) => Err(format!("an error of another kind: {other}")),
    }
}

/// Parses a line of JSON, infers its attributes, and compares it with a schema.
fn record(input: &[u8], _: &Path) -> std::result::Result<(), String> {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(()) };
    let schema = Schema::parse(SCHEMA).map_err(|e| e.to_string())?;
    let result = Record::parse("line 1", text).and_then(|record| {
        record.check("line 1", &schema)?;
        let records = Records::new("records", vec![record.clone()], None)?;
        // The attributes that are inferred from a record fit it.
        record.check("inferred", &records.schema).map_err(|e| Error::Parameter {
            name: "schema",
            expected: "one that fits".into(),
            got: e.to_string(),
        })
    });
    match result {
        Ok(()) | Err(Error::Input { .. }) => Ok(()),
        Err(other) => Err(format!("an error of another kind: {other}")),
    }
}

fn filters() -> Result<Vec<Vec<u8>>> {
    Ok([
        r#"{"allOf":[{"equals":{"field":"section","value":"a"}},{"range":{"field":"year","gte":1990,"lt":{"integer":"2003"}}}]}"#,
        r#"{"anyOf":[{"oneOf":{"field":"tags","values":["a","b"]}},{"noneOf":[{"exists":{"field":"open"}}]}]}"#,
        r#"{"range":{"field":"at","gt":"2026-01-31T12:00:00Z","lte":"2026-02-01T00:00:00+01:00"}}"#,
        r#"{"ids":["a","b"]}"#,
        r#"{"range":{"field":"price","gt":1.5}}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into())
}

fn records() -> Result<Vec<Vec<u8>>> {
    Ok([
        r#"{"id":"d1","section":"a","tags":["x","y"],"year":1999,"price":2.5,"open":true,"at":"2026-01-31T12:00:00Z","note":{"n":[1,null]}}"#,
        r#"{"id":"é","year":-9223372036854775808,"price":1e308}"#,
        r#"{}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into())
}
