//! Columns: one attribute of all documents of a segment, arranged so that a filter finds the documents with given values.
//!
//! ```text
//! present   the documents that have a value: a bitmap (the crate roaring)
//! then for keyword, keywords, boolean:
//!   count u64; first byte of each value, u64 [count + 1]; first byte of each bitmap, u64 [count + 1]
//!   the values, ascending, one after another; for each its bitmap of documents
//! or for integer, float, timestamp:
//!   count u64; the values, ascending, i64 or f64 [count]; their documents, u32 [count]
//! ```
//!
//! Each part begins at a multiple of 8 bytes.

use super::schema::{AttributeType, micros};
use roaring::RoaringBitmap;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Encodes the values of one attribute, with their documents in ascending order.
pub(super) fn encode<'a>(kind: AttributeType, values: impl Iterator<Item = (u32, &'a Json)>) -> Vec<u8> {
    let mut present = RoaringBitmap::new();
    let values = values.inspect(|&(document, _)| _ = present.insert(document));
    let body = match kind {
        AttributeType::Integer => numbers(values, Json::as_i64, |a, b| a.cmp(b), |v| v.to_le_bytes()),
        AttributeType::Timestamp => {
            let time = |value: &Json| value.as_str().and_then(micros);
            numbers(values, time, |a, b| a.cmp(b), |v| v.to_le_bytes())
        }
        AttributeType::Float => numbers(values, Json::as_f64, f64::total_cmp, |v| v.to_le_bytes()),
        AttributeType::Boolean => texts(values, |value| vec![text_of(value.as_bool().unwrap_or_default())]),
        AttributeType::Keyword | AttributeType::Keywords => texts(values, |value| match value {
            Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        }),
    };
    let mut bytes = Vec::new();
    part(&mut bytes, &bitmap_bytes(&present));
    bytes.extend_from_slice(&body);
    bytes
}

fn text_of(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn bitmap_bytes(bitmap: &RoaringBitmap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    // Writing to memory does not fail.
    _ = bitmap.serialize_into(&mut bytes);
    bytes
}

/// Appends the length of `content`, its bytes, and zeros up to a multiple of 8.
fn part(bytes: &mut Vec<u8>, content: &[u8]) {
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
}

fn numbers<'a, N>(
    values: impl Iterator<Item = (u32, &'a Json)>,
    number: impl Fn(&Json) -> Option<N>,
    order: impl Fn(&N, &N) -> std::cmp::Ordering,
    to_bytes: impl Fn(&N) -> [u8; 8],
) -> Vec<u8> {
    let mut sorted: Vec<(N, u32)> =
        values.filter_map(|(document, value)| Some((number(value)?, document))).collect();
    sorted.sort_by(|a, b| order(&a.0, &b.0).then(a.1.cmp(&b.1)));
    let mut bytes = (sorted.len() as u64).to_le_bytes().to_vec();
    sorted.iter().for_each(|(value, _)| bytes.extend_from_slice(&to_bytes(value)));
    sorted.iter().for_each(|(_, document)| bytes.extend_from_slice(&document.to_le_bytes()));
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

fn texts<'a>(
    values: impl Iterator<Item = (u32, &'a Json)>,
    each: impl Fn(&'a Json) -> Vec<&'a str>,
) -> Vec<u8> {
    let mut documents: BTreeMap<&str, RoaringBitmap> = BTreeMap::new();
    for (document, value) in values {
        each(value).into_iter().for_each(|text| _ = documents.entry(text).or_default().insert(document));
    }
    let (mut text_ends, mut bitmap_ends, mut text, mut bitmaps) = (vec![0], vec![0], Vec::new(), Vec::new());
    for (value, bitmap) in &documents {
        text.extend_from_slice(value.as_bytes());
        bitmaps.extend_from_slice(&bitmap_bytes(bitmap));
        text_ends.push(text.len() as u64);
        bitmap_ends.push(bitmaps.len() as u64);
    }
    let mut bytes = (documents.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(bytemuck::cast_slice::<u64, u8>(&text_ends));
    bytes.extend_from_slice(bytemuck::cast_slice::<u64, u8>(&bitmap_ends));
    part(&mut bytes, &text);
    part(&mut bytes, &bitmaps);
    bytes
}

/// A column in a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct ColumnView<'a> {
    present: &'a [u8],
    values: Values<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Values<'a> {
    Texts { ends: &'a [u64], bitmap_ends: &'a [u64], text: &'a [u8], bitmaps: &'a [u8] },
    Integers { values: &'a [i64], documents: &'a [u32] },
    Floats { values: &'a [f64], documents: &'a [u32] },
}

/// Reads the parts of a column; every read is checked against the bytes that are left.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn bytes(&mut self, length: u64) -> Option<&'a [u8]> {
        let length = usize::try_from(length).ok()?;
        let bytes = self.0.get(..length)?;
        self.0 = self.0.get(length.checked_next_multiple_of(8)?..).unwrap_or(&[]);
        Some(bytes)
    }

    fn number(&mut self) -> Option<u64> {
        self.bytes(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn values<T: bytemuck::Pod>(&mut self, count: u64) -> Option<&'a [T]> {
        bytemuck::try_cast_slice(self.bytes(count.checked_mul(size_of::<T>() as u64)?)?).ok()
    }

    fn part(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.bytes(length)
    }
}

impl<'a> ColumnView<'a> {
    /// The column in `bytes`, which are aligned to 8; `None` if they are too few.
    pub fn of(kind: AttributeType, bytes: &'a [u8]) -> Option<Self> {
        let mut parts = Parts(bytes);
        let present = parts.part()?;
        let count = parts.number()?;
        let values = match kind {
            AttributeType::Integer | AttributeType::Timestamp => {
                Values::Integers { values: parts.values(count)?, documents: parts.values(count)? }
            }
            AttributeType::Float => {
                Values::Floats { values: parts.values(count)?, documents: parts.values(count)? }
            }
            AttributeType::Boolean | AttributeType::Keyword | AttributeType::Keywords => Values::Texts {
                ends: parts.values(count.checked_add(1)?)?,
                bitmap_ends: parts.values(count.checked_add(1)?)?,
                text: parts.part()?,
                bitmaps: parts.part()?,
            },
        };
        Some(Self { present, values })
    }

    /// The documents that have a value.
    pub(super) fn present(&self) -> RoaringBitmap {
        bitmap(self.present)
    }

    /// The documents with a text.
    pub(super) fn with_text(&self, wanted: &str) -> RoaringBitmap {
        let Values::Texts { ends, .. } = self.values else { return RoaringBitmap::new() };
        let (mut low, mut high) = (0, ends.len().saturating_sub(1));
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.text(middle).cmp(wanted.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.documents_of(middle),
            }
        }
        RoaringBitmap::new()
    }

    /// The documents with `true` or `false`.
    pub(super) fn with_boolean(&self, wanted: bool) -> RoaringBitmap {
        self.with_text(text_of(wanted))
    }

    /// The documents with an integer or a time in a range.
    pub(super) fn with_integers(&self, from: Bound<i64>, to: Bound<i64>) -> RoaringBitmap {
        let Values::Integers { values, documents } = self.values else { return RoaringBitmap::new() };
        between(values, documents, |v| below(v, &from), |v| !above(v, &to))
    }

    /// The documents with a number in a range.
    pub(super) fn with_floats(&self, from: Bound<f64>, to: Bound<f64>) -> RoaringBitmap {
        let Values::Floats { values, documents } = self.values else { return RoaringBitmap::new() };
        between(values, documents, |v| below(v, &from), |v| !above(v, &to))
    }

    /// Value `i` of a column of texts.
    fn text(&self, i: usize) -> &'a [u8] {
        let Values::Texts { ends, text, .. } = self.values else { return &[] };
        text.get(ends[i] as usize..ends[i + 1] as usize).unwrap_or(&[])
    }

    fn documents_of(&self, i: usize) -> RoaringBitmap {
        let Values::Texts { bitmap_ends, bitmaps, .. } = self.values else { return RoaringBitmap::new() };
        bitmap(bitmaps.get(bitmap_ends[i] as usize..bitmap_ends[i + 1] as usize).unwrap_or(&[]))
    }

    /// Whether every value can be searched: all in order, all documents below `documents`.
    pub fn is_sound(&self, documents: u32) -> bool {
        let sound = |bytes: &[u8]| {
            RoaringBitmap::deserialize_from(bytes)
                .is_ok_and(|set| set.max().is_none_or(|max| max < documents))
        };
        let below = |found: &[u32]| found.iter().all(|&document| document < documents);
        sound(self.present)
            && match self.values {
                Values::Integers { values, documents } => values.is_sorted() && below(documents),
                Values::Floats { values, documents } => {
                    values.iter().all(|value| value.is_finite()) && values.is_sorted() && below(documents)
                }
                Values::Texts { ends, bitmap_ends, text, bitmaps } => {
                    let spans = |ends: &[u64], length: usize| {
                        ends.first() == Some(&0) && ends.last() == Some(&(length as u64)) && ends.is_sorted()
                    };
                    let count = ends.len() - 1;
                    spans(ends, text.len())
                        && spans(bitmap_ends, bitmaps.len())
                        && (1..count).all(|i| self.text(i - 1) < self.text(i))
                        && bitmap_ends
                            .windows(2)
                            .all(|ends| sound(&bitmaps[ends[0] as usize..ends[1] as usize]))
                }
            }
    }
}

/// The bitmap in `bytes`; empty if they are damaged, which [`ColumnView::is_sound`] finds.
fn bitmap(bytes: &[u8]) -> RoaringBitmap {
    RoaringBitmap::deserialize_from(bytes).unwrap_or_default()
}

fn below<T: PartialOrd>(value: &T, from: &Bound<T>) -> bool {
    match from {
        Bound::Included(from) => value < from,
        Bound::Excluded(from) => value <= from,
        Bound::Unbounded => false,
    }
}

fn above<T: PartialOrd>(value: &T, to: &Bound<T>) -> bool {
    match to {
        Bound::Included(to) => value > to,
        Bound::Excluded(to) => value >= to,
        Bound::Unbounded => false,
    }
}

/// The documents of the values from the first that is not `before` to the last that is `until`.
fn between<T>(
    values: &[T],
    documents: &[u32],
    before: impl Fn(&T) -> bool,
    until: impl Fn(&T) -> bool,
) -> RoaringBitmap {
    let first = values.partition_point(before);
    let last = values.partition_point(until);
    documents.get(first..last).unwrap_or(&[]).iter().copied().collect()
}
