//! The index files that are damaged. Together they have every section of the format but `list_centroids`.

use crate::random::Random;
use half::f16;
use maxsimd_core::build::{Around, BuildParams, build, merge};
use maxsimd_core::collection::{Collection, Delete};
use maxsimd_core::corpus::{Corpus, InputNames, TokenVectors};
use maxsimd_core::documents::{Record, Records};
use maxsimd_core::graph::GraphParams;
use maxsimd_core::monitor::Unwatched;
use maxsimd_core::{Error, Result};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// A version of an index: its files, and which of them is opened.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What it is, for messages.
    pub name: &'static str,
    /// Path from the version's folder, and content, of each file.
    pub files: Vec<(String, Vec<u8>)>,
    /// Path of the file that is opened.
    pub entry: String,
}

/// Number of values in a token vector.
const DIM: usize = 12;
const TYPES: usize = 14;

impl Subject {
    /// Builds the subjects: about 160 KB in all. The largest file has 64 KiB at least.
    ///
    /// # Errors
    /// [`Error::Io`]; none other is expected.
    pub fn all() -> Result<Vec<Self>> {
        let folder = tempfile::tempdir().map_err(|e| Error::io("a temporary folder", "create", e))?;
        let path = |name: &str| folder.path().join(name);
        let mut params = BuildParams { exact_below: 0, ..BuildParams::default() };
        params.pq.subspaces = 5;
        params.tac.n_iter = Some(3);
        params.pq.n_iter = 3;
        params.graph.ef_construction = 60;
        let graph =
            BuildParams { scan_below: 0, graph: GraphParams { m: 4, ..params.graph }, ..params.clone() };
        let groups = BuildParams { grouped_from: 1, ..params.clone() };
        let exact = BuildParams { exact_below: usize::MAX, ..params.clone() };
        with_corpus(1, 0, 150, 25, true, |corpus| build(corpus, &graph, &path("graph"), &Unwatched))?;
        with_corpus(2, 0, 40, 5, false, |corpus| build(corpus, &groups, &path("groups"), &Unwatched))?;
        with_corpus(3, 0, 12, 5, true, |corpus| build(corpus, &exact, &path("exact"), &Unwatched))?;
        collection(&path("collection"), &params)?;
        saved(&path("collection"), &path("saved"))?;
        let whole = |name: &'static str| {
            let bytes = read(&path(name))?;
            Ok(Self { name, files: vec![("it.maxsim".into(), bytes)], entry: "it.maxsim".into() })
        };
        Ok(vec![
            whole("graph")?,
            whole("groups")?,
            whole("exact")?,
            whole("saved")?,
            version(&path("collection"))?,
        ])
    }

    /// Writes the files into `folder`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, folder: &Path) -> Result<()> {
        for (name, bytes) in &self.files {
            let path = folder.join(name);
            let made = path.parent().map_or(Ok(()), fs::create_dir_all);
            made.and_then(|()| fs::write(&path, bytes)).map_err(|e| Error::io(&path, "write", e))?;
        }
        Ok(())
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.1.len() as u64).sum()
    }
}

/// A folder for files that are damaged: in memory where the system has such a file system, so that no write waits for a disk.
///
/// # Errors
/// [`Error::Io`].
pub fn work_folder() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.map_err(|e| Error::io("a temporary folder", "create", e))
}

/// A collection whose version has its codec in a file of its own, two segments in others, and deleted documents.
fn collection(folder: &Path, params: &BuildParams) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create", e))?;
    with_corpus(4, 0, 30, 6, true, |corpus| build(corpus, params, &folder.join("first.maxsim"), &Unwatched))?;
    fs::write(folder.join("current"), "first\n").map_err(|e| Error::io(folder, "write", e))?;
    let collection = Collection::open(folder)?;
    with_corpus(5, 20, 15, 4, true, |corpus| collection.upsert(corpus, None, &Unwatched))?;
    collection.compact(true, &Unwatched)?;
    with_corpus(6, 33, 8, 4, true, |corpus| collection.upsert(corpus, None, &Unwatched))?;
    let ids: Vec<String> = [3, 7, 38].map(|i| format!("d{i}")).into();
    collection.delete(Delete::Ids(&ids), None).map(drop)
}

/// The current version of a collection as one file, whose codec was trained with other tokens than it holds.
fn saved(folder: &Path, output: &Path) -> Result<()> {
    let collection = Collection::open(folder)?;
    let index = collection.version(&collection.current()?)?;
    let all: Vec<usize> = (0..index.segments().len()).collect();
    merge(&index, &all, Around::Codec, output, &Unwatched).map(drop)
}

/// The current version of a collection, with its files only.
fn version(folder: &Path) -> Result<Subject> {
    let collection = Collection::open(folder)?;
    let label = collection.current()?;
    let index = collection.version(&label)?;
    let mut files = Vec::new();
    for file in index.files() {
        let name = file.path().strip_prefix(folder).unwrap_or(file.path());
        files.push((name.to_string_lossy().into_owned(), read(file.path())?));
    }
    Ok(Subject { name: "collection", files, entry: format!("{label}.maxsim") })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| Error::io(path, "read", e))
}

/// Passes documents to `work`, which have tokens near some directions, as an encoder's are, and records, if they are asked for, with
/// ids from `first` on and every type of attribute.
fn with_corpus<T>(
    seed: u64,
    first: usize,
    documents: usize,
    longest: usize,
    named: bool,
    work: impl FnOnce(&Corpus<'_>) -> Result<T>,
) -> Result<T> {
    let mut random = Random::new(1, 0);
    let directions: Vec<f32> = (0..TYPES * DIM).map(|_| random.float()).collect();
    let mut random = Random::new(seed, 0);
    let (mut values, mut ids, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..documents {
        let length = random.below(longest + 1);
        lengths.push(length as u32);
        for _ in 0..length {
            let kind = random.below(TYPES).min(random.below(TYPES));
            ids.push(3 * kind as u32);
            let direction = &directions[kind * DIM..(kind + 1) * DIM];
            values.extend(direction.iter().map(|d| f16::from_f32(d + 0.6 * random.float())));
        }
    }
    let vectors = TokenVectors { values: &values, dim: DIM };
    let corpus = Corpus::new(vectors, Some(Cow::Owned(ids)), &lengths, &InputNames::default(), &Unwatched)?;
    if !named {
        return work(&corpus);
    }
    let line = |i: usize| {
        let i = first + i;
        let text = format!(
            r#"{{"id":"d{i}","section":"s{}","tags":["t{}","all"],"year":{},"price":{}.5,"open":{},"at":"2026-01-{:02}T00:00:00Z","note":{{"n":{i}}}}}"#,
            i % 5,
            i % 3,
            1990 + i % 20,
            i % 7,
            i.is_multiple_of(2),
            1 + i % 28
        );
        Record::parse("records", &text)
    };
    let list = (0..documents).map(line).collect::<Result<Vec<_>>>()?;
    let records = Records::new("records", list, None)?;
    work(&corpus.with_records("records", records)?)
}
