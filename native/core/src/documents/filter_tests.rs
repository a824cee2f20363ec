//! Filters over columns against the same conditions on the records, one by one.

use super::*;
use proptest::prelude::*;
use roaring::RoaringBitmap;
use serde_json::{Value as Json, json};

/// A segment's documents, from records.
struct Segment {
    records: Records,
    table: TableBytes,
    columns: Vec<u64>,
    ids: IdsWriter,
}

impl Segment {
    fn new(objects: &[Json]) -> Self {
        let with_id = |(i, object): (usize, &Json)| {
            let mut object = object.clone();
            object["id"] = json!(format!("d{i}"));
            Record::parse("record", &object.to_string()).unwrap()
        };
        let list: Vec<Record> = objects.iter().enumerate().map(with_id).collect();
        let schema = serde_json::from_value(json!({
            "n": "integer", "f": "float", "b": "boolean", "k": "keyword", "ks": "keywords", "t": "timestamp",
        }));
        let records = Records::new("records", list, Some(schema.unwrap())).unwrap();
        let ids = IdsWriter::new("ids", records.list.iter().filter_map(|r| r.id.as_deref())).unwrap();
        let table = TableBytes::new(&records.schema, records.list.iter());
        let columns = crate::testing::aligned(&table.columns);
        Self { records, table, columns, ids }
    }

    fn table(&self) -> Table<'_> {
        let columns = &bytemuck::cast_slice::<u64, u8>(&self.columns)[..self.table.columns.len()];
        Table::new(&self.table.directory, columns, &self.table.offsets, &self.table.fields)
    }

    fn matching(&self, filter: &Json) -> crate::Result<Vec<u32>> {
        let filter = Filter::parse(&filter.to_string())?;
        filter.check(&self.records.schema)?;
        Ok(filter.matching(self).into_iter().collect())
    }
}

impl Documents for Segment {
    fn count(&self) -> u32 {
        self.records.list.len() as u32
    }

    fn column(&self, field: &str) -> Option<ColumnView<'_>> {
        self.table().column(field)
    }

    fn find(&self, id: &str) -> Option<u32> {
        Ids::new(&self.ids.map, &self.ids.offsets, &self.ids.bytes).find(id)
    }
}

/// Whether a record matches, by the definition.
fn matches(record: &Record, filter: &Json) -> bool {
    let (kind, content) = filter.as_object().unwrap().iter().next().unwrap();
    let all =
        |list: &Json, wanted: bool| list.as_array().unwrap().iter().all(|f| matches(record, f) == wanted);
    if kind == "ids" {
        return content.as_array().unwrap().iter().any(|id| id.as_str() == record.id.as_deref());
    }
    match kind.as_str() {
        "allOf" => return all(content, true),
        "anyOf" => return !all(content, false),
        "noneOf" => return all(content, false),
        _ => {}
    }
    let found = record.fields.get(content["field"].as_str().unwrap()).unwrap_or(&Json::Null);
    // Times compare as numbers: those of the test are all in one zone and of one length, so their texts do too.
    let compare = |wanted: &Json| match (found, wanted) {
        (Json::String(found), Json::String(wanted)) => found.partial_cmp(wanted),
        _ => found.as_f64().partial_cmp(&wanted.as_f64()),
    };
    let equal = |wanted: &Json| match found {
        Json::Array(list) => list.contains(wanted),
        Json::Null => false,
        Json::Number(number) => number.as_f64() == wanted.as_f64(),
        other => other == wanted,
    };
    let bound = |name: &str, holds: fn(std::cmp::Ordering) -> bool| {
        content.get(name).is_none_or(|wanted| compare(wanted).is_some_and(holds))
    };
    match kind.as_str() {
        "equals" => equal(&content["value"]),
        "oneOf" => content["values"].as_array().unwrap().iter().any(equal),
        "exists" => !found.is_null(),
        _ => {
            !found.is_null()
                && bound("gt", std::cmp::Ordering::is_gt)
                && bound("gte", std::cmp::Ordering::is_ge)
                && bound("lt", std::cmp::Ordering::is_lt)
                && bound("lte", std::cmp::Ordering::is_le)
        }
    }
}

fn time(n: u8) -> Json {
    json!(format!("2026-01-{:02}T00:00:00Z", n % 28 + 1))
}

fn value(field: &str, n: u8) -> Json {
    match field {
        "n" => json!(i64::from(n % 7) - 3),
        "f" => json!(f64::from(n % 5) / 2.0 - 1.0),
        "b" => json!(n.is_multiple_of(2)),
        "t" => time(n),
        _ => json!(["", "a", "b", "ä", "2026-01-05T00:00:00Z"][n as usize % 5]),
    }
}

fn object() -> impl Strategy<Value = Json> {
    prop::collection::vec((prop::sample::select(vec!["n", "f", "b", "k", "ks", "t"]), any::<u8>()), 0..7)
        .prop_map(|fields| {
            let mut object = json!({});
            for (field, n) in fields {
                object[field] = match field {
                    "ks" => json!([value("k", n), value("k", n / 5)]),
                    _ => value(field, n),
                };
            }
            object
        })
}

fn filter() -> impl Strategy<Value = Json> {
    let field = || prop::sample::select(vec!["n", "f", "b", "k", "ks", "t"]);
    let leaf = prop_oneof![
        (field(), any::<u8>()).prop_map(|(f, n)| json!({"equals": {"field": f, "value": value(f, n)}})),
        (field(), prop::collection::vec(any::<u8>(), 0..4)).prop_map(|(f, ns)| {
            json!({"oneOf": {"field": f, "values": ns.into_iter().map(|n| value(f, n)).collect::<Vec<_>>()}})
        }),
        field().prop_map(|f| json!({"exists": {"field": f}})),
        prop::collection::vec(any::<u8>(), 0..4)
            .prop_map(|ns| json!({"ids": ns.into_iter().map(|n| format!("d{n}")).collect::<Vec<_>>()})),
        (prop::sample::select(vec!["n", "f", "t"]), prop::collection::vec((0_usize..4, any::<u8>()), 0..4))
            .prop_map(|(f, bounds)| {
                let mut range = json!({"field": f});
                for (bound, n) in bounds {
                    range[["gt", "gte", "lt", "lte"][bound]] = value(f, n);
                }
                json!({"range": range})
            }),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        (prop::sample::select(vec!["allOf", "anyOf", "noneOf"]), prop::collection::vec(inner, 0..4))
            .prop_map(|(kind, list)| json!({kind: list}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn columns_find_the_records_that_match(objects in prop::collection::vec(object(), 1..60), filter in filter()) {
        let segment = Segment::new(&objects);
        segment.table().check(objects.len() as u32).unwrap();
        let found = segment.matching(&filter).unwrap();
        let records = (0..).zip(&segment.records.list);
        let expected: Vec<u32> = records.filter(|(_, r)| matches(r, &filter)).map(|(i, _)| i).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_filter_that_does_not_fit_says_what_was_expected() {
    let segment = Segment::new(&[json!({"n": 1})]);
    let refusal = |filter: Json| segment.matching(&filter).unwrap_err().to_string();
    for (filter, expected) in [
        (
            json!({"equals": {"field": "x", "value": 1}}),
            "filter on x: expected one of the attributes b, f, k, ks, n, t, got \"x\"",
        ),
        (
            json!({"equals": {"field": "n", "value": "1"}}),
            "filter on n: expected a whole number from -2^63 to 2^63 - 1, got \"1\"",
        ),
        (json!({"oneOf": {"field": "k", "values": ["a", 2]}}), "filter on k: expected text, got 2"),
        (
            json!({"noneOf": [{"range": {"field": "n", "gte": 1.5}}]}),
            "filter on n: expected a whole number from -2^63 to 2^63 - 1, got 1.5",
        ),
        (
            json!({"range": {"field": "k", "gte": "a"}}),
            "filter on k: expected an attribute of type integer, float or timestamp in a range, got one of type keyword",
        ),
        (
            json!({"equals": {"field": "t", "value": "yesterday"}}),
            "filter on t: expected a time in RFC 3339, as 2026-01-31T12:00:00Z, got \"yesterday\"",
        ),
    ] {
        assert_eq!(refusal(filter), expected);
    }
    assert!(refusal(json!({"every": []})).starts_with("filter: expected a filter, got unknown variant"));
    let nothing = Filter::Exists { field: "n".into() }.check(&Schema::default()).unwrap_err().to_string();
    assert!(nothing.contains("the index has no attributes"), "{nothing}");
}

#[test]
fn an_integer_as_text_is_exact_beyond_doubles() {
    let segment =
        Segment::new(&[json!({"n": 9_007_199_254_740_993_i64}), json!({"n": 9_007_199_254_740_992_i64})]);
    let filter = json!({"equals": {"field": "n", "value": {"integer": "9007199254740993"}}});
    assert_eq!(segment.matching(&filter).unwrap(), [0]);
    assert!(segment.matching(&json!({"ids": []})).unwrap().is_empty());
    assert_eq!(RoaringBitmap::from_iter(segment.matching(&json!({"allOf": []})).unwrap()).len(), 2);
}
