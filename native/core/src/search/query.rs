//! A query's token vectors, checked and packed for the kernels.

use crate::error::QueryFault;
use crate::kernel::Panels;
use crate::{Error, Result};

/// Checks a query of `tokens`, `[rows][dim]`.
///
/// # Errors
/// [`Error::Query`]: no row, not whole rows, a value that is not finite.
pub fn check_query(tokens: &[f32], dim: usize) -> Result<()> {
    let fault = |what, expected: String, got: String| Err(Error::Query { what, expected, got });
    if tokens.is_empty() {
        return fault(QueryFault::Empty, "at least one token vector".into(), "none".into());
    }
    if !tokens.len().is_multiple_of(dim) {
        return fault(
            QueryFault::Shape,
            format!("whole rows of {dim} values"),
            format!("{} values", tokens.len()),
        );
    }
    match tokens.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => fault(
            QueryFault::NonFinite,
            "finite numbers".into(),
            format!("{} in row {}, column {}", tokens[at], at / dim, at % dim),
        ),
    }
}

/// A checked query.
#[derive(Default)]
pub struct Query {
    /// Token vectors, `[rows][dim]`.
    pub tokens: Vec<f32>,
    packed: Vec<f32>,
    dim: usize,
}

impl Query {
    /// Loads a checked query, reusing the memory of the one before.
    pub fn set(&mut self, tokens: &[f32], dim: usize) {
        self.tokens.clear();
        self.tokens.extend_from_slice(tokens);
        self.dim = dim;
        Panels::pack(&self.tokens, dim, &mut self.packed);
    }

    /// Token vectors as columns.
    pub fn panels(&self) -> Panels<'_> {
        Panels::packed(&self.packed, self.dim)
    }

    /// Number of token vectors.
    pub fn rows(&self) -> usize {
        self.tokens.len() / self.dim
    }

    /// Columns, padding included.
    pub fn columns(&self) -> usize {
        self.panels().columns()
    }

    /// Token vector `i`.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.tokens[i * self.dim..(i + 1) * self.dim]
    }

    /// `Σ_i ⟨q_i, mean⟩`: what centring took from every document's score.
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
