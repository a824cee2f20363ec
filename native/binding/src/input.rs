//! The input of a build or clustering, from files or arrays.

use crate::numbers::count;
use crate::token_buffer::take_tokens;
use half::f16;
use maxsimd_core::build::GivenClusters;
use maxsimd_core::corpus::{Corpus, CorpusFiles, InputNames, TokenVectors};
use maxsimd_core::documents::{Record, Records, Schema};
use maxsimd_core::input::Reader;
use maxsimd_core::monitor::Monitor;
use maxsimd_core::{Error, Result};
use napi::bindgen_prelude::{Either, Int32Array, Uint16Array, Uint32Array};
use napi_derive::napi;
use std::borrow::Cow;
use std::path::Path;

/// Token vectors, token ids and document lengths: all by name, or all as arrays. Arrays must not change before the promise
/// settles.
#[napi(object, object_to_js = false)]
pub struct CorpusInput {
    /// A file, or f16 bit patterns `[tokens][dim]`.
    pub vectors: Either<String, Uint16Array>,
    /// The id of a buffer of tokens, which is taken in the place of an empty `vectors` and released.
    pub token_buffer: Option<u32>,
    /// Number of values in a token vector; needed with arrays.
    pub dim: Option<f64>,
    /// A file, or the vocabulary id of each token. Absent: kinds of tokens are learned.
    pub token_ids: Option<Either<String, Uint32Array>>,
    /// A file, or the number of tokens of each document. Absent: one document.
    pub doclens: Option<Either<String, Int32Array>>,
    /// Ids of the documents: a file with one on each line, or the ids. Absent: those in `attributes`; without those, a document's id is its
    /// position.
    pub ids: Option<Either<String, Vec<String>>>,
    /// Fields of the documents: a file with a JSON object on each line (JSON Lines), or the objects as JSON. The field `id` is the document's
    /// id.
    pub attributes: Option<Either<String, Vec<String>>>,
    /// The attributes and their types, as JSON. Absent: inferred from the fields.
    pub schema: Option<String>,
    /// A file of centroids that were made earlier.
    pub centroids: Option<String>,
    /// A file with the centroid of each token; needed with `centroids`.
    pub assignments: Option<String>,
}

impl CorpusInput {
    /// Opens and checks the input and passes it to `work`. Inputs that must be converted go to temporary files in `folder`.
    pub(crate) fn read<T>(
        &self,
        folder: &Path,
        monitor: &dyn Monitor,
        work: impl FnOnce(&Corpus<'_>, Option<&GivenClusters<'_>>) -> Result<T>,
    ) -> Result<T> {
        if let Some(buffer) = self.token_buffer {
            return self.read_arrays(&take_tokens(buffer)?, monitor, |corpus| work(corpus, None));
        }
        let vectors = match &self.vectors {
            Either::A(name) => name,
            Either::B(vectors) => {
                let values = bytemuck::cast_slice(vectors.as_ref());
                return self.read_arrays(values, monitor, |corpus| work(corpus, None));
            }
        };
        let reader = Reader { folder, monitor };
        let (ids, doclens) = (name(self.token_ids.as_ref())?, name(self.doclens.as_ref())?);
        let files = CorpusFiles::open(&reader, vectors, ids, doclens)?;
        let corpus = self.with_records(files.corpus(monitor)?)?;
        let (Some(centroids), Some(assignments)) = (&self.centroids, &self.assignments) else {
            return work(&corpus, None);
        };
        let centroids = reader.centroids(centroids)?;
        let dim = corpus.vectors.dim;
        if centroids.cols() != dim {
            return Err(centroids.fault("dim", dim.to_string(), centroids.cols().to_string()));
        }
        let assignments = reader.assignments(assignments)?;
        let given = GivenClusters {
            centroids: &centroids,
            assignments: &assignments,
            centroids_name: centroids.name().to_owned(),
            assignments_name: assignments.name().to_owned(),
        };
        work(&corpus, Some(&given))
    }

    fn read_arrays<T>(
        &self,
        values: &[f16],
        monitor: &dyn Monitor,
        work: impl FnOnce(&Corpus<'_>) -> Result<T>,
    ) -> Result<T> {
        let dim = count("dim", self.dim, 1)?.unwrap_or(0);
        let ids = array(self.token_ids.as_ref())?.map(|ids| Cow::Borrowed(ids.as_ref()));
        let lengths = match array(self.doclens.as_ref())? {
            Some(doclens) => non_negative(doclens)?,
            None => vec![u32::try_from(values.len() / dim.max(1)).unwrap_or(u32::MAX)],
        };
        let names = InputNames::default();
        let corpus = Corpus::new(TokenVectors { values, dim }, ids, &lengths, &names, monitor)?;
        work(&self.with_records(corpus)?)
    }

    /// Adds ids and fields.
    fn with_records<'a>(&self, corpus: Corpus<'a>) -> Result<Corpus<'a>> {
        if self.ids.is_none() && self.attributes.is_none() {
            return Ok(corpus);
        }
        let schema = self.schema.as_deref().map(Schema::parse).transpose()?;
        let mut records = match &self.attributes {
            None => Records::default(),
            Some(Either::A(path)) => Records::read(Path::new(path), schema)?,
            Some(Either::B(objects)) => {
                let parse =
                    |(i, json): (usize, &String)| Record::parse(&format!("attributes, document {i}"), json);
                let list = objects.iter().enumerate().map(parse).collect::<Result<_>>()?;
                Records::new("attributes", list, schema)?
            }
        };
        match &self.ids {
            None => {}
            Some(Either::A(path)) => records.read_ids(Path::new(path))?,
            Some(Either::B(ids)) => records.set_ids("ids", ids.clone())?,
        }
        let given = if self.attributes.is_some() { &self.attributes } else { &self.ids };
        let input = match given {
            Some(Either::A(path)) => path,
            _ if self.attributes.is_some() => "attributes",
            _ => "ids",
        };
        corpus.with_records(input, records)
    }
}

fn name<A>(given: Option<&Either<String, A>>) -> Result<Option<&str>> {
    match given {
        Some(Either::A(name)) => Ok(Some(name)),
        Some(Either::B(_)) => Err(mixed()),
        None => Ok(None),
    }
}

fn array<A>(given: Option<&Either<String, A>>) -> Result<Option<&A>> {
    match given {
        Some(Either::B(array)) => Ok(Some(array)),
        Some(Either::A(_)) => Err(mixed()),
        None => Ok(None),
    }
}

fn mixed() -> Error {
    let (expected, got) = ("names of files only, or arrays only".into(), "both".into());
    Error::Parameter { name: "vectors, tokenIds, doclens", expected, got }
}

fn non_negative(doclens: &[i32]) -> Result<Vec<u32>> {
    let fault = |row: usize, length: i32| Error::Input {
        input: InputNames::default().doclens,
        what: "values",
        expected: "lengths from 0 up".into(),
        got: format!("{length} in row {row}"),
    };
    let checked = |(row, &length): (usize, &i32)| u32::try_from(length).map_err(|_| fault(row, length));
    doclens.iter().enumerate().map(checked).collect()
}
