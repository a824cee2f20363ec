//! Filters: which documents a search may return.
//!
//! ```text
//! matching(allOf)   the intersection of the sets of its filters; all documents if there are no filters
//! matching(anyOf)   the union
//! matching(noneOf)  all documents without the union
//! matching(equals)  the column's documents with the value; oneOf: the union over the values
//! matching(range)   the column's documents between two values
//! matching(exists)  the column's documents that have a value
//! matching(ids)     the documents with these ids
//! ```
//!
//! Cost: a search in a sorted column, and the sizes of the sets.

use super::column::ColumnView;
use super::schema::{AttributeType, Schema, micros};
use crate::{Error, Result};
use roaring::RoaringBitmap;
use serde::Deserialize;
use std::ops::Bound;

/// A tree of conditions, in JSON as `{"allOf": [{"equals": {"field": "section", "value": "net"}}, …]}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Filter {
    /// Every filter matches.
    AllOf(Vec<Filter>),
    /// Some filter matches.
    AnyOf(Vec<Filter>),
    /// No filter matches.
    NoneOf(Vec<Filter>),
    /// The attribute has the value; of a list of keywords, one of its keywords is the value.
    Equals {
        /// Name of the attribute.
        field: String,
        /// The value.
        value: Value,
    },
    /// The attribute has one of the values.
    OneOf {
        /// Name of the attribute.
        field: String,
        /// The values.
        values: Vec<Value>,
    },
    /// The attribute lies in a range: an integer, float or timestamp.
    Range(Range),
    /// The attribute has a value.
    Exists {
        /// Name of the attribute.
        field: String,
    },
    /// The document has one of the ids.
    Ids(Vec<String>),
}

/// The bounds of a range; an absent one does not bound.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Name of the attribute.
    pub field: String,
    /// Above this.
    pub gt: Option<Value>,
    /// This or above.
    pub gte: Option<Value>,
    /// Below this.
    pub lt: Option<Value>,
    /// This or below.
    pub lte: Option<Value>,
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Of a boolean.
    Boolean(bool),
    /// Of an integer or a float.
    Integer(i64),
    /// Of a float.
    Float(f64),
    /// Of a keyword, keywords or timestamp.
    Text(String),
    /// An integer as text, for callers whose numbers are exact only to 2^53.
    IntegerText {
        /// The digits.
        integer: String,
    },
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) if value.len() > 60 => write!(f, "text of {} bytes", value.len()),
            Self::Text(value) => write!(f, "\"{value}\""),
            Self::IntegerText { integer } => write!(f, "{integer}"),
        }
    }
}

impl Value {
    fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::IntegerText { integer } => integer.parse().ok(),
            _ => None,
        }
    }

    fn float(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            other => other.integer().map(|value| value as f64),
        }
    }

    fn time(&self) -> Option<i64> {
        match self {
            Self::Text(text) => micros(text),
            _ => None,
        }
    }

    fn fits(&self, kind: AttributeType) -> bool {
        match kind {
            AttributeType::Keyword | AttributeType::Keywords => matches!(self, Self::Text(_)),
            AttributeType::Integer => self.integer().is_some(),
            AttributeType::Float => self.float().is_some_and(f64::is_finite),
            AttributeType::Boolean => matches!(self, Self::Boolean(_)),
            AttributeType::Timestamp => self.time().is_some(),
        }
    }
}

/// What a filter is evaluated on: the documents of one segment.
pub trait Documents {
    /// Number of documents.
    fn count(&self) -> u32;
    /// The column of an attribute, if the segment has it.
    fn column(&self, field: &str) -> Option<ColumnView<'_>>;
    /// The document with an id.
    fn find(&self, id: &str) -> Option<u32>;
}

impl Filter {
    /// Reads a filter from JSON.
    ///
    /// # Errors
    /// [`Error::Filter`].
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|e| Error::Filter {
            field: String::new(),
            expected: "a filter".into(),
            got: e.to_string(),
        })
    }

    /// Compares the fields and values of all conditions with the attributes of an index.
    ///
    /// # Errors
    /// [`Error::Filter`] for a field that is not an attribute, or a value of another type.
    pub fn check(&self, schema: &Schema) -> Result<()> {
        match self {
            Self::AllOf(list) | Self::AnyOf(list) | Self::NoneOf(list) => {
                list.iter().try_for_each(|filter| filter.check(schema))
            }
            Self::Ids(_) => Ok(()),
            Self::Exists { field } => known(schema, field).map(|_| ()),
            Self::Equals { field, value } => of_type(schema, field, value),
            Self::OneOf { field, values } => {
                known(schema, field)?;
                values.iter().try_for_each(|value| of_type(schema, field, value))
            }
            Self::Range(range) => {
                let kind = known(schema, &range.field)?;
                use AttributeType::{Float, Integer, Timestamp};
                if !matches!(kind, Integer | Float | Timestamp) {
                    let expected = "an attribute of type integer, float or timestamp in a range".into();
                    let got = format!("one of type {}", name(kind));
                    return Err(Error::Filter { field: range.field.clone(), expected, got });
                }
                let bounds = [&range.gt, &range.gte, &range.lt, &range.lte];
                bounds.into_iter().flatten().try_for_each(|value| of_type(schema, &range.field, value))
            }
        }
    }

    /// The documents that match. The filter was checked with the schema of the index.
    pub fn matching(&self, on: &impl Documents) -> RoaringBitmap {
        let union = |list: &[Self]| list.iter().fold(RoaringBitmap::new(), |all, f| all | f.matching(on));
        let column = |field: &str| on.column(field);
        match self {
            Self::AllOf(list) => {
                let mut sets = list.iter().map(|filter| filter.matching(on));
                match sets.next() {
                    None => everything(on),
                    Some(first) => sets.fold(first, |all, set| all & set),
                }
            }
            Self::AnyOf(list) => union(list),
            Self::NoneOf(list) => everything(on) - union(list),
            Self::Equals { field, value } => {
                column(field).map_or_else(RoaringBitmap::new, |c| equal(c, value))
            }
            Self::OneOf { field, values } => match column(field) {
                None => RoaringBitmap::new(),
                Some(c) => values.iter().fold(RoaringBitmap::new(), |all, value| all | equal(c, value)),
            },
            Self::Range(range) => column(&range.field).map_or_else(RoaringBitmap::new, |c| range.matching(c)),
            Self::Exists { field } => column(field).map_or_else(RoaringBitmap::new, |c| c.present()),
            Self::Ids(ids) => ids.iter().filter_map(|id| on.find(id)).collect(),
        }
    }
}

fn everything(on: &impl Documents) -> RoaringBitmap {
    let mut all = RoaringBitmap::new();
    all.insert_range(0..on.count());
    all
}

/// Documents of a column with a value, which is of the column's type.
fn equal(column: ColumnView<'_>, value: &Value) -> RoaringBitmap {
    match value {
        Value::Boolean(value) => column.with_boolean(*value),
        Value::Text(text) => match micros(text) {
            // A column of keywords has no times, and one of times has no keywords.
            Some(time) => {
                column.with_text(text) | column.with_integers(Bound::Included(time), Bound::Included(time))
            }
            None => column.with_text(text),
        },
        number => {
            let integers = number.integer().map(Bound::Included);
            let floats = number.float().map(Bound::Included);
            integers.map_or_else(RoaringBitmap::new, |n| column.with_integers(n, n))
                | floats.map_or_else(RoaringBitmap::new, |n| column.with_floats(n, n))
        }
    }
}

impl Range {
    fn matching(&self, column: ColumnView<'_>) -> RoaringBitmap {
        let integer = |value: &Value| value.integer().or_else(|| value.time());
        column.with_integers(self.from(integer), self.to(integer))
            | column.with_floats(self.from(Value::float), self.to(Value::float))
    }

    /// The lower bound: the higher one if two are given.
    fn from<T: PartialOrd>(&self, value: impl Fn(&Value) -> Option<T>) -> Bound<T> {
        match (self.gt.as_ref().and_then(&value), self.gte.as_ref().and_then(&value)) {
            (Some(gt), Some(gte)) if gte > gt => Bound::Included(gte),
            (Some(gt), _) => Bound::Excluded(gt),
            (None, Some(gte)) => Bound::Included(gte),
            (None, None) => Bound::Unbounded,
        }
    }

    /// The upper bound: the lower one if two are given.
    fn to<T: PartialOrd>(&self, value: impl Fn(&Value) -> Option<T>) -> Bound<T> {
        match (self.lt.as_ref().and_then(&value), self.lte.as_ref().and_then(&value)) {
            (Some(lt), Some(lte)) if lte < lt => Bound::Included(lte),
            (Some(lt), _) => Bound::Excluded(lt),
            (None, Some(lte)) => Bound::Included(lte),
            (None, None) => Bound::Unbounded,
        }
    }
}

fn name(kind: AttributeType) -> String {
    serde_json::to_string(&kind).unwrap_or_default().trim_matches('"').to_owned()
}

fn known(schema: &Schema, field: &str) -> Result<AttributeType> {
    schema.get(field).ok_or_else(|| {
        let names: Vec<&str> = schema.0.keys().map(String::as_str).take(20).collect();
        let expected = match names.len() {
            0 => "no condition on attributes: the index has no attributes".to_owned(),
            _ => format!("one of the attributes {}", names.join(", ")),
        };
        Error::Filter { field: field.to_owned(), expected, got: format!("\"{field}\"") }
    })
}

fn of_type(schema: &Schema, field: &str, value: &Value) -> Result<()> {
    let kind = known(schema, field)?;
    if value.fits(kind) {
        return Ok(());
    }
    let expected = match kind {
        AttributeType::Keywords => "text, one of the keywords",
        AttributeType::Keyword => "text",
        other => other.expected(),
    };
    Err(Error::Filter { field: field.to_owned(), expected: expected.into(), got: value.to_string() })
}
