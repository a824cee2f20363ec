//! The operations that are interrupted, each on a small collection in a folder.

use half::f16;
use maxsimd_core::build::{BuildParams, build, save};
use maxsimd_core::collection::{Collection, Delete};
use maxsimd_core::corpus::{Corpus, InputNames, TokenVectors};
use maxsimd_core::documents::{Record, Records};
use maxsimd_core::index::{Check, Index};
use maxsimd_core::monitor::Unwatched;
use maxsimd_core::search::{SearchParams, Searcher};
use serde_json::json;
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const DIM: usize = 16;
const TOKEN_TYPES: usize = 12;
const LABEL: &str = "first";
/// Folder of what is saved: in the collection's own a file would be a version of it.
const ELSEWHERE: &str = "elsewhere";

/// What a process does to a collection, and what of the folder must be old or new afterwards.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    prepare: fn(&Path) -> Outcome<()>,
    act: fn(&Path) -> maxsimd_core::Result<()>,
    /// The index that the operation replaces.
    subject: fn(&Path) -> Outcome<PathBuf>,
}

pub(crate) const OPERATIONS: [Operation; 8] = [
    Operation {
        name: "build",
        prepare: |folder| first(folder, 60),
        act: |folder| build_at(&folder.join(format!("{LABEL}.maxsim")), &documents(2, 0..70)),
        subject: |folder| Ok(folder.join(format!("{LABEL}.maxsim"))),
    },
    Operation {
        name: "save",
        prepare: |folder| {
            with_changes(folder, 3)?;
            fs::create_dir(folder.join(ELSEWHERE))?;
            Ok(build_at(&saved(folder), &documents(5, 0..20))?)
        },
        act: |folder| save(&open_current(folder)?, &saved(folder)),
        subject: |folder| Ok(saved(folder)),
    },
    Operation {
        name: "first upsert",
        prepare: |folder| first(folder, 60),
        act: |folder| upsert(folder, &documents(3, 50..80)),
        subject: current_path,
    },
    Operation {
        name: "upsert",
        prepare: |folder| with_changes(folder, 3),
        act: |folder| upsert(folder, &documents(4, 40..90)),
        subject: current_path,
    },
    Operation {
        name: "delete",
        prepare: |folder| with_changes(folder, 2),
        act: |folder| {
            let ids: Vec<String> = (5..30).map(|i| format!("d{i}")).collect();
            Collection::open(folder)?.delete(Delete::Ids(&ids), None).map(|_| ())
        },
        subject: current_path,
    },
    Operation {
        name: "compaction",
        prepare: |folder| with_changes(folder, 9),
        act: |folder| Collection::open(folder)?.compact(true, &Unwatched).map(|_| ()),
        subject: current_path,
    },
    Operation {
        name: "removal of versions",
        prepare: |folder| {
            with_changes(folder, 4)?;
            Collection::open(folder)?.compact(true, &Unwatched)?;
            Ok(())
        },
        act: |folder| Collection::open(folder)?.remove_versions(0, &[], true).map(|_| ()),
        subject: current_path,
    },
    Operation {
        name: "swap of the current version",
        prepare: |folder| with_changes(folder, 2),
        act: |folder| Collection::open(folder)?.rollback(LABEL),
        subject: current_path,
    },
];

impl Operation {
    /// The operation of a name.
    pub(crate) fn find(name: &str) -> Outcome<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name).ok_or_else(|| "no such operation".into())
    }

    /// Makes the collection that the operation finds.
    pub(crate) fn prepare(&self, folder: &Path) -> Outcome<()> {
        (self.prepare)(folder)
    }

    pub(crate) fn act(&self, folder: &Path) -> maxsimd_core::Result<()> {
        (self.act)(folder)
    }

    /// What a reader finds: ids and scores of all documents for some queries. Fails if any version of the collection does not open, or
    /// is damaged.
    pub(crate) fn found(&self, folder: &Path) -> Outcome<String> {
        let collection = Collection::open(folder)?;
        for label in collection.labels()? {
            collection.version(&label)?;
        }
        let index = Arc::new(Index::open((self.subject)(folder)?, Check::Full)?);
        let params = SearchParams {
            k: index.positions(),
            k_docs_to_score: index.positions(),
            alpha: None,
            ..SearchParams::default()
        };
        let selection = index.select(None)?;
        let mut searcher = Searcher::new(index.clone());
        let mut found = String::new();
        for query in documents(9, 0..3) {
            let values: Vec<f32> = query.values.iter().map(|value| value.to_f32()).collect();
            for hit in searcher.search(&values, &params, selection.as_deref(), &|| false)?.hits {
                let id = index.id_of(hit.document as usize);
                found.push_str(&format!("{id} {:x},", hit.score.to_bits()));
            }
            found.push('\n');
        }
        Ok(found)
    }

    /// Names of files that no operation after this one uses, and that the next removal of versions leaves.
    pub(crate) fn litter(&self, folder: &Path) -> Outcome<Vec<String>> {
        self.act(folder)?;
        Collection::open(folder)?.remove_versions(0, &[], true)?;
        let mut litter = Vec::new();
        for inside in [folder.to_path_buf(), folder.join("parts"), folder.join(ELSEWHERE)] {
            for entry in fs::read_dir(&inside).into_iter().flatten() {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') || name.starts_with("new-") {
                    litter.push(name);
                }
            }
        }
        Ok(litter)
    }
}

fn current_path(folder: &Path) -> Outcome<PathBuf> {
    let collection = Collection::open(folder)?;
    Ok(collection.path(&collection.current()?)?)
}

fn saved(folder: &Path) -> PathBuf {
    folder.join(ELSEWHERE).join("saved.maxsim")
}

fn open_current(folder: &Path) -> maxsimd_core::Result<Index> {
    let collection = Collection::open(folder)?;
    collection.version(&collection.current()?)
}

struct Document {
    id: String,
    values: Vec<f16>,
    token_ids: Vec<u32>,
}

/// Documents of up to 8 tokens, the same for the same seed and number.
fn documents(seed: u32, numbers: std::ops::Range<u32>) -> Vec<Document> {
    let scattered = |number: u32, i: u32| {
        let mixed = (seed ^ number.wrapping_mul(0x9e37_79b1)).wrapping_add(i).wrapping_mul(0x85eb_ca6b);
        (mixed ^ (mixed >> 15)).wrapping_mul(0xc2b2_ae35) >> 8
    };
    let document = |number| {
        let tokens = 1 + scattered(number, 0) % 8;
        let value = |i: u32| f16::from_f32(scattered(number, 100 + i) as f32 / (1_u32 << 23) as f32 - 1.0);
        Document {
            id: format!("d{number}"),
            values: (0..tokens * DIM as u32).map(value).collect(),
            token_ids: (0..tokens).map(|i| scattered(number, 10 + i) % TOKEN_TYPES as u32).collect(),
        }
    };
    numbers.map(document).collect()
}

fn with_corpus<T>(
    documents: &[Document],
    work: impl FnOnce(&Corpus<'_>) -> maxsimd_core::Result<T>,
) -> maxsimd_core::Result<T> {
    let values: Vec<f16> = documents.iter().flat_map(|d| d.values.iter().copied()).collect();
    let ids: Vec<u32> = documents.iter().flat_map(|d| d.token_ids.iter().copied()).collect();
    let lengths: Vec<u32> = documents.iter().map(|d| d.token_ids.len() as u32).collect();
    let vectors = TokenVectors { values: &values, dim: DIM };
    let corpus = Corpus::new(vectors, Some(Cow::Owned(ids)), &lengths, &InputNames::default(), &Unwatched)?;
    let record = |d: &Document| Record {
        id: Some(d.id.clone()),
        fields: json!({"tokens": d.token_ids.len()}).as_object().cloned().unwrap_or_default(),
    };
    let records = Records::new("records", documents.iter().map(record).collect(), None)?;
    work(&corpus.with_records("records", records)?)
}

fn build_at(path: &Path, documents: &[Document]) -> maxsimd_core::Result<()> {
    let mut params = BuildParams { exact_below: 0, ..BuildParams::default() };
    params.pq.n_iter = 2;
    with_corpus(documents, |corpus| build(corpus, &params, path, &Unwatched))
}

fn upsert(folder: &Path, documents: &[Document]) -> maxsimd_core::Result<()> {
    let collection = Collection::open(folder)?;
    with_corpus(documents, |corpus| collection.upsert(corpus, None, &Unwatched)).map(|_| ())
}

/// A collection of one built index.
fn first(folder: &Path, count: u32) -> Outcome<()> {
    build_at(&folder.join(format!("{LABEL}.maxsim")), &documents(1, 0..count))?;
    Ok(fs::write(folder.join("current"), format!("{LABEL}\n"))?)
}

/// A collection with so many changes.
fn with_changes(folder: &Path, changes: u32) -> Outcome<()> {
    first(folder, 60)?;
    for change in 0..changes {
        let from = 50 + 5 * change;
        upsert(folder, &documents(20 + change, from..from + 8))?;
    }
    Ok(())
}
