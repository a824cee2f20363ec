//! The input of a build, checked: the token vectors and token ids of every document.

use crate::documents::{IdsWriter, Records};
use crate::input::{Array, DType, Reader};
use crate::monitor::{Monitor, Stage};
use crate::{Error, Result};
use half::f16;
use rayon::prelude::*;
use std::borrow::Cow;

/// Token vectors, `[tokens][dim]`, usually in a mapped file.
#[derive(Clone, Copy)]
pub struct TokenVectors<'a> {
    /// All rows.
    pub values: &'a [f16],
    /// Number of values in a row.
    pub dim: usize,
}

impl<'a> TokenVectors<'a> {
    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &'a [f16] {
        &self.values[i * self.dim..(i + 1) * self.dim]
    }

    /// Rows `first .. last`.
    pub fn rows(&self, first: usize, last: usize) -> &'a [f16] {
        &self.values[first * self.dim..last * self.dim]
    }
}

/// A corpus whose parts agree with each other.
#[derive(Clone)]
pub struct Corpus<'a> {
    /// Vectors of all tokens, one document after another. All values are finite.
    pub vectors: TokenVectors<'a>,
    /// Vocabulary id of each token; `None` for a corpus without token ids.
    pub token_ids: Option<Cow<'a, [u32]>>,
    /// Document `d` has the tokens `doc_offsets[d] .. doc_offsets[d + 1]`.
    pub doc_offsets: Vec<u64>,
    /// Ids and fields of the documents, if they have some.
    pub records: Option<Records>,
    /// The element type of the user's vectors, if their values were rounded to `f16`.
    pub rounded_from: Option<DType>,
    /// Size of the temporary files with converted inputs, in bytes.
    pub copied_bytes: u64,
}

/// The opened arrays of a corpus.
pub struct CorpusFiles {
    vectors: Array<f16>,
    token_ids: Option<Array<u32>>,
    doclens: Option<Array<u32>>,
}

impl CorpusFiles {
    /// Opens arrays by their names, as [`Reader`] does. Without `doclens` all tokens are one document.
    ///
    /// # Errors
    /// As [`Reader`].
    pub fn open(
        reader: &Reader<'_>,
        vectors: &str,
        token_ids: Option<&str>,
        doclens: Option<&str>,
    ) -> Result<Self> {
        Ok(Self {
            vectors: reader.vectors(vectors)?,
            token_ids: token_ids.map(|ids| reader.token_ids(ids)).transpose()?,
            doclens: doclens.map(|lengths| reader.doclens(lengths)).transpose()?,
        })
    }

    /// Checks the arrays and returns the corpus.
    ///
    /// # Errors
    /// As [`Corpus::new`].
    pub fn corpus(&self, monitor: &dyn Monitor) -> Result<Corpus<'_>> {
        let (ids, doclens) = (self.token_ids.as_ref(), self.doclens.as_ref());
        let name =
            |array: Option<&Array<u32>>| array.map(|array| array.name().to_owned()).unwrap_or_default();
        let names = InputNames {
            vectors: self.vectors.name().to_owned(),
            token_ids: name(ids),
            doclens: name(doclens),
        };
        let vectors = TokenVectors { values: &self.vectors, dim: self.vectors.cols() };
        let one_document = [u32::try_from(vectors.len()).unwrap_or(u32::MAX)];
        let lengths = doclens.map_or(&one_document[..], |lengths| lengths);
        let copied = |array: Option<&Array<u32>>| array.map_or(0, Array::copied_bytes);
        Ok(Corpus {
            rounded_from: self.vectors.rounded_from(),
            copied_bytes: self.vectors.copied_bytes() + copied(ids) + copied(doclens),
            ..Corpus::new(vectors, ids.map(|ids| Cow::Borrowed(&**ids)), lengths, &names, monitor)?
        })
    }
}

/// Names of the inputs, for error messages.
#[derive(Clone)]
pub struct InputNames {
    /// Of the vectors.
    pub vectors: String,
    /// Of the token ids.
    pub token_ids: String,
    /// Of the document lengths.
    pub doclens: String,
}

impl Default for InputNames {
    fn default() -> Self {
        Self { vectors: "vectors".into(), token_ids: "tokenIds".into(), doclens: "doclens".into() }
    }
}

impl<'a> Corpus<'a> {
    /// Checks that the parts agree and that every value is finite.
    ///
    /// # Errors
    /// [`Error::Input`] names the wrong input, what was expected and what was found; [`Error::Cancelled`].
    pub fn new(
        vectors: TokenVectors<'a>,
        token_ids: Option<Cow<'a, [u32]>>,
        doclens: &[u32],
        names: &InputNames,
        monitor: &dyn Monitor,
    ) -> Result<Self> {
        let input =
            |input: &str, what, expected: String, got: String| Err(Error::input(input, what, expected, got));
        if vectors.dim == 0 || vectors.dim > MAX_DIM {
            return input(&names.vectors, "dim", format!("1 to {MAX_DIM}"), vectors.dim.to_string());
        }
        if !vectors.values.len().is_multiple_of(vectors.dim) {
            let (len, dim) = (vectors.values.len(), vectors.dim);
            return input(&names.vectors, "values", format!("whole rows of {dim}"), len.to_string());
        }
        let tokens = vectors.len();
        if tokens >= u32::MAX as usize {
            return input(&names.vectors, "rows", "fewer than 4294967295".into(), tokens.to_string());
        }
        if doclens.len() >= u32::MAX as usize {
            return input(&names.doclens, "rows", "fewer than 4294967295".into(), doclens.len().to_string());
        }
        if let Some(ids) = &token_ids
            && ids.len() != tokens
        {
            return input(
                &names.token_ids,
                "rows",
                format!("{tokens}, one for each vector"),
                ids.len().to_string(),
            );
        }
        let mut doc_offsets = Vec::with_capacity(doclens.len() + 1);
        let mut total = 0_u64;
        doc_offsets.push(0);
        for &length in doclens {
            total += u64::from(length);
            doc_offsets.push(total);
        }
        if total != tokens as u64 {
            return input(
                &names.doclens,
                "sum",
                format!("{tokens}, the number of vectors"),
                total.to_string(),
            );
        }
        if doclens.is_empty() {
            return input(&names.doclens, "rows", "at least one document".into(), "0".into());
        }
        check_finite(vectors, &names.vectors, monitor)?;
        Ok(Self { vectors, token_ids, doc_offsets, records: None, rounded_from: None, copied_bytes: 0 })
    }

    /// Gives the documents ids and fields; `input` names them in errors.
    ///
    /// # Errors
    /// [`Error::Input`] if there is not one record for each document, or an id is used twice.
    pub fn with_records(self, input: &str, records: Records) -> Result<Self> {
        let (expected, got) = (self.documents(), records.list.len());
        if expected != got {
            return Err(Error::input(
                input,
                "records",
                format!("{expected}, one for each document"),
                got.to_string(),
            ));
        }
        // Found here, and not after the minutes that clustering may take.
        IdsWriter::new(input, records.list.iter().filter_map(|record| record.id.as_deref()))?;
        Ok(Self { records: Some(records), ..self })
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        self.doc_offsets.len() - 1
    }
}

/// Maximum number of values in a token vector.
pub const MAX_DIM: usize = 4096;

fn check_finite(vectors: TokenVectors<'_>, name: &str, monitor: &dyn Monitor) -> Result<()> {
    const BLOCK_ROWS: usize = 4096;
    let done = std::sync::atomic::AtomicU64::new(0);
    let tokens = vectors.len() as u64;
    let first_bad = vectors.values.par_chunks(BLOCK_ROWS * vectors.dim).enumerate().map(|(block, values)| {
        monitor.check()?;
        // NaN and infinity have all exponent bits set. The loop has no early exit, so that it compiles without branches.
        let bad = values.iter().fold(false, |bad, v| bad | (v.to_bits() & 0x7C00 == 0x7C00));
        let rows = (values.len() / vectors.dim) as u64;
        let done = done.fetch_add(rows, std::sync::atomic::Ordering::Relaxed) + rows;
        monitor.progress(Stage::Check, done, tokens);
        if !bad {
            return Ok(None);
        }
        Ok(values
            .iter()
            .position(|v| !v.is_finite())
            .map(|at| (block * BLOCK_ROWS * vectors.dim + at, values[at])))
    });
    let first_bad = first_bad.collect::<Result<Vec<_>>>()?.into_iter().flatten().next();
    match first_bad {
        None => Ok(()),
        Some((at, value)) => {
            let got = format!("{value} in row {}, column {}", at / vectors.dim, at % vectors.dim);
            Err(Error::input(name, "values", "finite numbers", got))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Unwatched;

    fn check(values: &[f32], dim: usize, ids: Option<&[u32]>, doclens: &[u32]) -> Result<usize> {
        let values: Vec<f16> = values.iter().map(|&v| f16::from_f32(v)).collect();
        let vectors = TokenVectors { values: &values, dim };
        Corpus::new(vectors, ids.map(Cow::from), doclens, &InputNames::default(), &Unwatched)
            .map(|corpus| corpus.documents())
    }

    fn fault(result: Result<usize>) -> (String, &'static str, String) {
        match result {
            Err(Error::Input { input, what, got, .. }) => (input, what, got),
            other => panic!("expected an input error, got {other:?}"),
        }
    }

    #[test]
    fn a_corpus_with_an_empty_document_is_accepted() {
        assert_eq!(check(&[1.0; 8], 2, Some(&[1, 2, 3, 4]), &[3, 0, 1]).unwrap(), 3);
    }

    #[test]
    fn each_disagreement_names_its_input() {
        assert_eq!(fault(check(&[1.0; 8], 0, None, &[4])).1, "dim");
        assert_eq!(fault(check(&[1.0; 7], 2, None, &[4])), ("vectors".into(), "values", "7".into()));
        assert_eq!(fault(check(&[1.0; 8], 2, Some(&[1]), &[4])), ("tokenIds".into(), "rows", "1".into()));
        assert_eq!(fault(check(&[1.0; 8], 2, None, &[3])), ("doclens".into(), "sum", "3".into()));
        assert_eq!(fault(check(&[], 2, None, &[])), ("doclens".into(), "rows", "0".into()));
    }

    #[test]
    fn a_value_that_is_not_finite_is_named_with_its_row() {
        let mut values = vec![0.5; 20_000];
        values[12_345] = f32::NAN;
        assert_eq!(fault(check(&values, 2, None, &[10_000])).2, "NaN in row 6172, column 1");
        values[12_345] = 0.0;
        values[3] = f32::INFINITY;
        assert_eq!(fault(check(&values, 2, None, &[10_000])).2, "inf in row 1, column 1");
    }
}
