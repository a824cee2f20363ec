//! The schema: which attributes documents have, and of which type.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Longest text that is a keyword, in bytes. A field with longer text is stored, and not searched.
pub(super) const MAX_KEYWORD_BYTES: usize = 512;

/// Type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// A text of at most [`MAX_KEYWORD_BYTES`] bytes.
    Keyword,
    /// Any number of such texts.
    Keywords,
    /// A whole number from −2^63 to 2^63 − 1.
    Integer,
    /// A number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A point in time, given as text in RFC 3339; kept in microseconds.
    Timestamp,
}

impl AttributeType {
    /// What a value of this type is, for errors.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Keyword => "text of at most 512 bytes",
            Self::Keywords => "a list of texts of at most 512 bytes each",
            Self::Integer => "a whole number from -2^63 to 2^63 - 1",
            Self::Float => "a number",
            Self::Boolean => "true or false",
            Self::Timestamp => "a time in RFC 3339, as 2026-01-31T12:00:00Z",
        }
    }

    /// Whether a JSON value is of this type.
    pub(super) fn fits(self, value: &Json) -> bool {
        let keyword = |value: &Json| value.as_str().is_some_and(|text| text.len() <= MAX_KEYWORD_BYTES);
        match self {
            Self::Keyword => keyword(value),
            Self::Keywords => keyword(value) || value.as_array().is_some_and(|list| list.iter().all(keyword)),
            Self::Integer => value.is_i64(),
            Self::Float => value.as_f64().is_some_and(f64::is_finite),
            Self::Boolean => value.is_boolean(),
            Self::Timestamp => value.as_str().is_some_and(|text| micros(text).is_some()),
        }
    }
}

/// Microseconds since 1970 of a time in RFC 3339.
pub(super) fn micros(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(|time| time.as_microsecond())
}

/// Attributes by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema(pub BTreeMap<String, AttributeType>);

impl Schema {
    /// Reads a schema from JSON, as `{"year": "integer"}`.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|e| Error::Parameter {
            name: "schema",
            expected: "names with types: keyword, keywords, integer, float, boolean or timestamp".into(),
            got: e.to_string(),
        })
    }

    /// The type of an attribute.
    pub fn get(&self, name: &str) -> Option<AttributeType> {
        self.0.get(name).copied()
    }

    /// The attributes of some documents' fields. A field is an attribute if all its values are of one type; one that has other values
    /// (objects, long text, mixed types) is only stored. The first type that fits is taken: boolean, integer, float, timestamp,
    /// keyword, keywords.
    pub(super) fn infer<'a>(objects: impl Iterator<Item = &'a serde_json::Map<String, Json>>) -> Self {
        use AttributeType::{Boolean, Float, Integer, Keyword, Keywords, Timestamp};
        let mut possible: BTreeMap<&str, Vec<AttributeType>> = BTreeMap::new();
        for (name, value) in objects.flatten().filter(|(_, value)| !value.is_null()) {
            let all = || vec![Boolean, Integer, Float, Timestamp, Keyword, Keywords];
            possible.entry(name).or_insert_with(all).retain(|kind| kind.fits(value));
        }
        let first = |(name, kinds): (&str, Vec<AttributeType>)| Some((name.to_owned(), *kinds.first()?));
        Self(possible.into_iter().filter_map(first).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_type_that_fits_all_values_is_inferred() {
        let documents = [
            json!({"year": 1999, "price": 3, "open": true, "seen": "2026-01-31T12:00:00Z", "section": "net",
                   "tags": ["a", "b"], "either": "a", "object": {"a": 1}, "mixed": 1, "gone": null}),
            json!({"year": -1, "price": 2.5, "seen": "1969-12-31T23:59:59.5+01:00", "section": "2026-01-31T12:00:00Z",
                   "either": ["b"], "mixed": "x", "long": "x".repeat(513)}),
        ];
        let schema = Schema::infer(documents.iter().filter_map(Json::as_object));
        let expected = json!({"year": "integer", "price": "float", "open": "boolean", "seen": "timestamp",
            "section": "keyword", "tags": "keywords", "either": "keywords"});
        assert_eq!(serde_json::to_value(&schema).unwrap(), expected);
    }

    #[test]
    fn a_time_counts_microseconds() {
        assert_eq!(micros("1970-01-01T00:00:01.000001Z"), Some(1_000_001));
        assert_eq!(micros("1970-01-01"), None);
    }
}
