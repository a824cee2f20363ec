//! Changes of a collection against a dictionary of what it should hold.

use super::*;
use crate::build::{Around, BuildParams, build, merge};
use crate::corpus::{Corpus, InputNames, TokenVectors};
use crate::documents::{Record, Records};
use crate::error::Error;
use crate::index::{Check, Index};
use crate::monitor::Unwatched;
use crate::search::{SearchParams, Searcher};
use crate::testing::Random;
use half::f16;
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const DIM: usize = 16;
const TYPES: usize = 12;

/// A document that is to be added.
#[derive(Clone)]
struct Document {
    id: String,
    values: Vec<f16>,
    token_ids: Vec<u32>,
    n: u64,
}

/// Documents near some directions, as an encoder's are.
struct Source {
    random: Random,
    directions: Vec<f32>,
}

impl Source {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let directions = random.floats(TYPES * DIM);
        Self { random, directions }
    }

    fn document(&mut self, id: String) -> Document {
        let tokens = self.random.below(9);
        let (mut values, mut token_ids) = (Vec::new(), Vec::new());
        for _ in 0..tokens {
            let kind = self.random.below(TYPES);
            // Type 0 is unknown to a codec that was trained without it.
            token_ids.push(kind as u32);
            let noise = self.random.floats(DIM);
            let direction = &self.directions[kind * DIM..];
            values.extend(direction.iter().zip(noise).map(|(d, n)| f16::from_f32(d + 0.5 * n)));
        }
        Document { id, values, token_ids, n: self.random.below(1000) as u64 }
    }

    fn documents(&mut self, count: usize) -> Vec<Document> {
        (0..count).map(|i| self.document(format!("d{i}"))).collect()
    }
}

/// Passes the documents to `work` as a corpus.
fn with_corpus<T>(documents: &[Document], work: impl FnOnce(&Corpus<'_>) -> T) -> T {
    let values: Vec<f16> = documents.iter().flat_map(|d| d.values.iter().copied()).collect();
    let ids: Vec<u32> = documents.iter().flat_map(|d| d.token_ids.iter().copied()).collect();
    let lengths: Vec<u32> = documents.iter().map(|d| d.token_ids.len() as u32).collect();
    let vectors = TokenVectors { values: &values, dim: DIM };
    let corpus =
        Corpus::new(vectors, Some(Cow::Owned(ids)), &lengths, &InputNames::default(), &Unwatched).unwrap();
    let record = |d: &Document| Record {
        id: Some(d.id.clone()),
        fields: json!({"n": d.n}).as_object().cloned().unwrap_or_default(),
    };
    let records = Records::new("records", documents.iter().map(record).collect(), None).unwrap();
    work(&corpus.with_records("records", records).unwrap())
}

/// A collection whose first version, `first`, is built from documents.
fn collection(folder: &Path, documents: &[Document], exact_below: usize) -> Collection {
    let params = BuildParams { exact_below, ..BuildParams::default() };
    with_corpus(documents, |corpus| build(corpus, &params, &folder.join("first.maxsim"), &Unwatched))
        .unwrap();
    std::fs::write(folder.join("current"), "first\n").unwrap();
    Collection::open(folder).unwrap()
}

fn upsert(collection: &Collection, documents: &[Document]) -> crate::Result<Change> {
    with_corpus(documents, |corpus| collection.upsert(corpus, None, &Unwatched))
}

fn current(collection: &Collection) -> Arc<Index> {
    Arc::new(collection.version(&collection.current().unwrap()).unwrap())
}

/// Ids and scores of the `k` best documents, every one refined.
fn best(index: &Arc<Index>, query: &[f32], k: usize) -> Vec<(String, u32)> {
    let params =
        SearchParams { k, k_docs_to_score: index.positions().max(k), alpha: None, ..SearchParams::default() };
    let selection = index.select(None).unwrap();
    let mut searcher = Searcher::new(index.clone());
    let answer = searcher.search(query, &params, selection.as_deref(), &|| false).unwrap();
    let id = |document: u32| index.id_of(document as usize).into_owned();
    answer.hits.iter().map(|hit| (id(hit.document), hit.score.to_bits())).collect()
}

/// Ids and scores of all documents.
fn everything(index: &Arc<Index>, query: &[f32]) -> Vec<(String, u32)> {
    best(index, query, index.positions().max(1))
}

#[test]
fn the_same_documents_in_any_number_of_segments_and_any_order_score_the_same() {
    for exact_below in [0, usize::MAX] {
        let mut source = Source::new(3);
        let trained = source.documents(400);
        let mut added: Vec<Document> = (0..300).map(|i| source.document(format!("new{i}"))).collect();
        // The best documents are 30 with the same tokens, more than the 10 that are asked for.
        let original = added.iter().find(|d| d.token_ids.len() > 2).unwrap().clone();
        for copy in added.iter_mut().step_by(10) {
            *copy = Document { id: copy.id.clone(), ..original.clone() };
        }
        let query: Vec<f32> = original.values.iter().map(|value| value.to_f32()).collect();
        let mut first: Option<Vec<(String, u32)>> = None;
        let mut first_ten: Option<Vec<(String, u32)>> = None;
        for segments in [1, 2, 7, 50] {
            let folder = tempfile::tempdir().unwrap();
            let collection = collection(folder.path(), &trained, exact_below);
            for part in added.chunks(added.len().div_ceil(segments)) {
                upsert(&collection, part).unwrap();
            }
            let index = current(&collection);
            assert_eq!(index.segments().len(), segments + 1);
            let found = everything(&index, &query);
            assert_eq!(first.get_or_insert_with(|| found.clone()), &found, "{segments} segments");
            let ten = best(&index, &query, 10);
            assert_eq!(ten.iter().filter(|(_, score)| *score == ten[0].1).count(), 10);
            assert_eq!(first_ten.get_or_insert_with(|| ten.clone()), &ten, "{segments} segments");
            assert_eq!(ten, found[..10], "{segments} segments");
            // Compaction, to fewer segments and to one, changes nothing; nor does saving as one file.
            while collection.compact(false, &Unwatched).unwrap().is_some() {}
            assert!(current(&collection).segments().len() <= segments.min(8) + 1);
            assert_eq!(everything(&current(&collection), &query), found);
            collection.compact(true, &Unwatched).unwrap().unwrap();
            let index = current(&collection);
            assert_eq!(index.segments().len(), 1);
            assert_eq!(everything(&index, &query), found);
            let one = folder.path().join("one");
            merge(&index, &[0], Around::Codec, &one, &Unwatched).unwrap();
            assert_eq!(everything(&Arc::new(Index::open(&one, Check::Full).unwrap()), &query), found);
            added.reverse();
        }
    }
}

/// Random changes, and after each the collection holds what the dictionary holds.
#[test]
fn a_collection_holds_what_a_dictionary_holds() {
    for exact_below in [0, usize::MAX] {
        let mut source = Source::new(5);
        let folder = tempfile::tempdir().unwrap();
        let documents = source.documents(120);
        let mut collection = collection(folder.path(), &documents, exact_below);
        let mut expected: BTreeMap<String, Document> =
            documents.into_iter().map(|d| (d.id.clone(), d)).collect();
        for step in 0..150 {
            match source.random.below(12) {
                0..=4 => {
                    let count = 1 + source.random.below(6);
                    let mut batch = BTreeMap::new();
                    for _ in 0..count {
                        let id = format!("d{}", source.random.below(200));
                        batch.insert(id.clone(), source.document(id));
                    }
                    let batch: Vec<Document> = batch.into_values().collect();
                    let change = upsert(&collection, &batch).unwrap();
                    let replaced = batch.iter().filter(|d| expected.contains_key(&d.id)).count();
                    assert_eq!((change.added, change.deleted), (batch.len(), replaced), "step {step}");
                    expected.extend(batch.into_iter().map(|d| (d.id.clone(), d)));
                }
                5..=6 => {
                    let ids: Vec<String> = (0..5).map(|_| format!("d{}", source.random.below(220))).collect();
                    let change = collection.delete(Delete::Ids(&ids), None).unwrap();
                    let removed: usize =
                        ids.iter().map(|id| usize::from(expected.remove(id).is_some())).sum();
                    assert_eq!(change.deleted, removed, "step {step}");
                }
                7 => {
                    let from = source.random.below(1000) as u64;
                    let filter = json!({"range": {"field": "n", "gte": from, "lt": from + 30}}).to_string();
                    let change = collection.delete(Delete::Filter(&filter), None).unwrap();
                    let before = expected.len();
                    expected.retain(|_, d| !(from..from + 30).contains(&d.n));
                    assert_eq!(change.deleted, before - expected.len(), "step {step}");
                }
                8 | 9 => _ = collection.compact(source.random.below(4) == 0, &Unwatched).unwrap(),
                10 => _ = collection.remove_versions(1, &[], source.random.below(2) == 0).unwrap(),
                _ => collection = Collection::open(folder.path()).unwrap(),
            }
            let index = current(&collection);
            assert_eq!(index.documents(), expected.len(), "step {step}");
            let query = source.random.floats(3 * DIM);
            let with_tokens = expected.values().filter(|d| !d.token_ids.is_empty()).count();
            assert_eq!(everything(&index, &query).len(), with_tokens, "step {step}");
            for (id, document) in &expected {
                let position = index.find(id).unwrap_or_else(|| panic!("step {step}: {id} is gone"));
                assert_eq!(
                    index.fields_of(position),
                    format!("{{\"n\":{}}}", document.n),
                    "step {step}: {id}"
                );
                let tokens = index.document_embeddings(position).unwrap().len() / DIM;
                assert_eq!(tokens, document.token_ids.len(), "step {step}: {id}");
            }
            assert!(
                (0..220).all(
                    |i| expected.contains_key(&format!("d{i}")) == index.find(&format!("d{i}")).is_some()
                )
            );
        }
    }
}

#[test]
fn a_compaction_keeps_what_was_changed_meanwhile() {
    struct Meanwhile<'a>(&'a dyn Fn());
    // The monitor is called on the thread that compacts.
    // SAFETY: see above; no other thread is started for so few documents.
    unsafe impl Sync for Meanwhile<'_> {}
    impl crate::monitor::Monitor for Meanwhile<'_> {
        fn progress(&self, _: crate::monitor::Stage, done: u64, _: u64) {
            if done == 0 {
                (self.0)();
            }
        }
        fn cancelled(&self) -> bool {
            false
        }
    }
    let mut source = Source::new(9);
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), &source.documents(60), 0);
    for i in 0..9 {
        upsert(&collection, &[source.document(format!("a{i}")), source.document(format!("b{i}"))]).unwrap();
    }
    let done = std::cell::Cell::new(false);
    let late = source.document("late".into());
    let change = || {
        if !done.replace(true) {
            collection.delete(Delete::Ids(&["a3".into(), "d5".into()]), None).unwrap();
            upsert(&collection, std::slice::from_ref(&late)).unwrap();
            // All documents of a segment that is being merged.
            collection.delete(Delete::Ids(&["a7".into(), "b7".into()]), None).unwrap();
        }
    };
    collection.compact(true, &Meanwhile(&change)).unwrap().unwrap();
    let index = current(&collection);
    assert!(done.get());
    assert_eq!(index.segments().len(), 2);
    assert_eq!((index.find("a3"), index.find("d5")), (None, None));
    assert!(index.find("late").is_some() && index.find("b3").is_some());
    assert_eq!((index.find("a7"), index.find("b7")), (None, None));
    assert_eq!(index.documents(), 60 + 18 - 4 + 1);
}

#[test]
fn a_change_against_an_old_version_is_a_conflict_that_names_it() {
    let mut source = Source::new(1);
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), &source.documents(20), 0);
    let first = upsert(&collection, &[source.document("x".into())]).unwrap();
    assert_eq!(first.version, "first.1");
    let error = collection.delete(Delete::Ids(&["x".into()]), Some("first")).unwrap_err();
    assert!(
        matches!(&error, Error::Conflict { base, current } if base == "first" && current == "first.1"),
        "{error}"
    );
    assert!(current(&collection).find("x").is_some());
    collection.delete(Delete::Ids(&["x".into()]), Some("first.1")).unwrap();
    assert_eq!(collection.current().unwrap(), "first.2");
}

#[test]
fn a_wrong_document_changes_nothing() {
    let mut source = Source::new(1);
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), &source.documents(20), 0);
    let listing = || {
        let names = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name());
        let mut names: Vec<_> = names.filter(|name| name != "change.lock").collect();
        names.sort();
        names
    };
    current(&collection);
    let before = listing();
    let document = source.document("x".into());
    let refused = |record: Record| {
        with_corpus(std::slice::from_ref(&document), |corpus| {
            let records = Records { list: vec![record], ..Records::default() };
            let corpus = Corpus { records: Some(records), ..corpus.clone() };
            collection.upsert(&corpus, None, &Unwatched).unwrap_err().to_string()
        })
    };
    let wrong = Record { id: Some("x".into()), fields: json!({"n": "text"}).as_object().cloned().unwrap() };
    assert!(refused(wrong).starts_with("document \"x\", field n: value: expected a whole number"));
    assert!(refused(Record::default()).contains("an id for each document"));
    assert!(collection.delete(Delete::Filter(r#"{"exists":{"field":"m"}}"#), None).is_err());
    assert_eq!(listing(), before);
}

#[test]
fn rollback_moves_the_pointer_and_removal_keeps_what_versions_name() {
    let mut source = Source::new(2);
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), &source.documents(30), 0);
    for i in 0..4 {
        upsert(&collection, &[source.document(format!("x{i}"))]).unwrap();
    }
    collection.rollback("first.2").unwrap();
    assert!(current(&collection).find("x1").is_some() && current(&collection).find("x2").is_none());
    assert!(collection.rollback("first.9").unwrap_err().to_string().contains("first.4"));
    // The next change is made from the version gone back to, under a label that was not used.
    assert_eq!(upsert(&collection, &[source.document("y".into())]).unwrap().version, "first.5");
    assert!(current(&collection).find("x2").is_none());
    let in_use = ["first.3".to_owned()];
    let removed = collection.remove_versions(1, &in_use, false).unwrap();
    assert_eq!(removed.versions, ["first.1", "first.2", "first.4"]);
    // x3's segment was named by first.4 alone.
    assert_eq!(removed.parts, 1);
    for label in collection.labels().unwrap() {
        collection.version(&label).unwrap();
    }
    collection.compact(true, &Unwatched).unwrap().unwrap();
    let removed = collection.remove_versions(1, &[], true).unwrap();
    assert_eq!(removed.versions, ["first.3", "first.5", "first"]);
    assert_eq!(collection.labels().unwrap(), ["first.6"]);
    assert!(current(&collection).find("y").is_some());
    assert_eq!(current(&collection).documents(), 33);
}

#[test]
fn a_label_is_given_once_also_after_its_version_was_removed() {
    let mut source = Source::new(2);
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), &source.documents(30), 0);
    upsert(&collection, &[source.document("x".into())]).unwrap();
    collection.rollback("first").unwrap();
    assert_eq!(collection.remove_versions(0, &[], false).unwrap().versions, ["first.1"]);
    assert_eq!(upsert(&collection, &[source.document("y".into())]).unwrap().version, "first.2");
}

#[test]
fn a_segment_without_documents_leaves_the_version() {
    let mut source = Source::new(2);
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), &source.documents(30), 0);
    upsert(&collection, &[source.document("x".into())]).unwrap();
    // Every document of the first segment is replaced, and then all are deleted.
    upsert(&collection, &source.documents(30)).unwrap();
    assert_eq!(current(&collection).segments().len(), 2);
    collection.delete(Delete::Filter(r#"{"allOf":[]}"#), None).unwrap();
    let index = current(&collection);
    assert_eq!((index.documents(), index.segments().len()), (0, 1));
    assert!(everything(&index, &[0.5; DIM]).is_empty());
    upsert(&collection, &[source.document("y".into())]).unwrap();
    assert_eq!((current(&collection).documents(), current(&collection).segments().len()), (1, 1));
}

/// Segments with the same content have the same digest, and so the same file.
#[test]
fn a_batch_that_is_sent_again_and_again_replaces_itself() {
    let mut source = Source::new(4);
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), &source.documents(30), 0);
    let batch = [source.document("x".into())];
    upsert(&collection, &batch).unwrap();
    let large: Vec<Document> = (0..9000).map(|i| source.document(format!("large{i}"))).collect();
    upsert(&collection, &large).unwrap();
    for i in 0..8 {
        upsert(&collection, &[source.document(format!("y{i}"))]).unwrap();
        upsert(&collection, &batch).unwrap();
    }
    let documents = current(&collection).documents();
    assert!(collection.compact(false, &Unwatched).unwrap().is_some());
    assert_eq!(current(&collection).documents(), documents);
    assert!(current(&collection).find("x").is_some());
    // The first segment, the large one, and the merged one.
    assert_eq!(current(&collection).segments().len(), 3);
}

#[test]
fn removal_takes_what_killed_writers_left() {
    let mut source = Source::new(4);
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), &source.documents(30), 0);
    upsert(&collection, &[source.document("x".into())]).unwrap();
    let parts = folder.path().join("parts");
    for left in [".maxsimd-new-77-0.maxsim-abcdefgh.tmp", "new-77-0.maxsim"] {
        std::fs::write(parts.join(left), "half").unwrap();
    }
    std::fs::write(parts.join("notes.txt"), "not ours").unwrap();
    collection.remove_versions(5, &[], false).unwrap();
    let names =
        std::fs::read_dir(&parts).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".verified")).collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[1], "notes.txt");
}

/// The same documents again make the same segment. While segments are merged the one that they replace stays, so that the manifest names
/// one file twice.
#[test]
fn documents_that_are_upserted_again_unchanged_are_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = Source::new(8);
    let collection = collection(folder.path(), &source.documents(50), 0);
    let added: Vec<Document> = (0..5).map(|i| source.document(format!("new{i}"))).collect();
    upsert(&collection, &added).unwrap();
    let expected = everything(&current(&collection), &source.directions[..DIM]);
    let merging = collection.try_lock_merges().unwrap();
    assert!(merging.is_some());
    let again = upsert(&collection, &added).unwrap();
    assert_eq!((again.added, again.deleted), (5, 5));
    let index = current(&collection);
    let digests: Vec<String> =
        index.segments().iter().map(|placed| placed.segment.file().digest_hex()).collect();
    assert_eq!((digests.len(), &digests[1]), (3, &digests[2]));
    assert_eq!(everything(&index, &source.directions[..DIM]), expected);
}
