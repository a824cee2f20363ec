//! Queries: checked, and packed for the kernels.

use crate::error::QueryFault;
use crate::index::Codec;
use crate::kernel::{Kernels, Panels};
use crate::quantize::{ByteQuery, Rotation};
use crate::{Error, Result};

/// Largest absolute value of an element of a query: that of `f16`, in which token vectors are stored. With it and with the bounds of what a
/// file holds (`index/validate`), no score overflows: it is below 2^80 for 1,024 rows of 1,024 dimensions.
pub const MAX_ELEMENT: f32 = 65_504.0;

/// Checks a query of `tokens`, `[rows][dim]`.
///
/// # Errors
/// [`Error::Query`] if there is no row, the rows are not whole, or a value is not finite or larger than [`MAX_ELEMENT`].
pub fn check_query(tokens: &[f32], dim: usize) -> Result<()> {
    let fault = |what, expected: String, got: String| Err(Error::Query { what, expected, got });
    if tokens.is_empty() {
        return fault(QueryFault::Empty, "at least one token vector".into(), "no token vectors".into());
    }
    if !tokens.len().is_multiple_of(dim) {
        return fault(
            QueryFault::Shape,
            format!("whole rows of {dim} values"),
            format!("{} values", tokens.len()),
        );
    }
    match tokens.iter().position(|value| value.is_nan() || value.abs() > MAX_ELEMENT) {
        None => Ok(()),
        Some(at) => fault(
            QueryFault::NonFinite,
            format!("numbers from -{MAX_ELEMENT} to {MAX_ELEMENT}"),
            format!("{} in row {}, column {}", tokens[at], at / dim, at % dim),
        ),
    }
}

/// A checked query, with its token vectors packed as columns for [`crate::kernel::Kernels`].
#[derive(Default)]
pub struct Query {
    /// Token vectors, `[rows][dim]`.
    pub tokens: Vec<f32>,
    packed: Vec<f32>,
    rotated: Vec<f32>,
    dim: usize,
    /// The token vectors as bytes, for an index's centroids; set by [`Self::prepare`].
    pub for_centroids: ByteQuery,
}

impl Query {
    /// Replaces the query by a checked one, `[rows][dim]`. Reuses memory.
    pub fn set(&mut self, tokens: &[f32], dim: usize) {
        self.tokens.clear();
        self.tokens.extend_from_slice(tokens);
        self.dim = dim;
        Panels::pack(&self.tokens, dim, &mut self.packed);
    }

    /// Prepares the query for the centroids and codes of `codec`: rotates it as the documents' tokens are, and rounds it to bytes.
    pub fn prepare(&mut self, kernels: &Kernels, codec: &Codec) {
        if let Some(rotation) = codec.rotation() {
            self.rotate(kernels, rotation);
        }
        self.for_centroids.set(&self.tokens, codec.byte_centroids().layout());
    }

    fn rotate(&mut self, kernels: &Kernels, rotation: &Rotation) {
        rotation.apply(kernels, &mut self.tokens, &mut self.rotated);
        Panels::pack(&self.tokens, self.dim, &mut self.packed);
    }

    /// Token vectors, as packed columns.
    pub fn panels(&self) -> Panels<'_> {
        Panels::packed(&self.packed, self.dim)
    }

    /// Number of token vectors.
    pub fn rows(&self) -> usize {
        self.tokens.len() / self.dim
    }

    /// Number of columns, with padding.
    pub fn columns(&self) -> usize {
        self.panels().columns()
    }

    /// Token vector `i`.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.tokens[i * self.dim..(i + 1) * self.dim]
    }

    /// `⟨q_i, mean⟩` of each token vector.
    pub fn shifts(&self, mean: &[f32]) -> Vec<f32> {
        let dot = |row: &[f32]| {
            row.iter().zip(mean).map(|(&q, &m)| f64::from(q) * f64::from(m)).sum::<f64>() as f32
        };
        self.tokens.chunks_exact(self.dim).map(dot).collect()
    }

    /// `Σ_i ⟨q_i, mean⟩`, by which the centring of the token vectors lowers every document's score.
    pub fn shift(&self, mean: &[f32]) -> f32 {
        let sum: f64 = self
            .tokens
            .chunks_exact(self.dim)
            .flat_map(|row| row.iter().zip(mean))
            .map(|(&q, &m)| f64::from(q) * f64::from(m))
            .sum();
        sum as f32
    }
}

/// Several queries in one matrix, one after another.
#[derive(Clone)]
pub struct Queries<'a> {
    tokens: &'a [f32],
    offsets: Vec<u64>,
}

impl<'a> Queries<'a> {
    /// `n` queries with the same number of rows.
    ///
    /// # Errors
    /// [`Error::Query`] if the number of rows of `tokens`, `[rows][dim]`, is 0 or not a multiple of `n`.
    pub fn uniform(tokens: &'a [f32], n: usize, dim: usize) -> Result<Self> {
        let rows = tokens.len() / dim.max(1);
        if n == 0 || rows * dim != tokens.len() || !rows.is_multiple_of(n) || rows == 0 {
            return Err(Error::Query {
                what: QueryFault::Shape,
                expected: format!("a multiple of {n} rows of {dim} values"),
                got: format!("{} values", tokens.len()),
            });
        }
        let each = (rows / n) as u64;
        Ok(Self { tokens, offsets: (0..=n as u64).map(|q| q * each).collect() })
    }

    /// Query `q` has the rows `offsets[q] .. offsets[q + 1]` of `tokens`, `[rows][dim]`.
    ///
    /// # Errors
    /// [`Error::Query`] if the offsets do not rise from 0 to the number of rows.
    pub fn ragged(tokens: &'a [f32], offsets: &[u64], dim: usize) -> Result<Self> {
        let rows = tokens.len() / dim.max(1);
        let sound = offsets.len() > 1
            && offsets[0] == 0
            && offsets.is_sorted()
            && offsets.last() == Some(&(rows as u64))
            && rows * dim == tokens.len();
        if !sound {
            return Err(Error::Query {
                what: QueryFault::Shape,
                expected: format!("offsets that rise from 0 to {rows}"),
                got: format!("{:?} … {:?}", offsets.first(), offsets.last()),
            });
        }
        Ok(Self { tokens, offsets: offsets.to_vec() })
    }

    /// Number of queries.
    pub(super) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Token vectors of query `q`, `[rows][dim]`.
    pub(super) fn query(&self, q: usize, dim: usize) -> &'a [f32] {
        &self.tokens[self.offsets[q] as usize * dim..self.offsets[q + 1] as usize * dim]
    }

    /// Checks every query.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub(super) fn check(&self, dim: usize) -> Result<()> {
        (0..self.len()).try_for_each(|q| check_query(self.query(q, dim), dim))
    }
}
