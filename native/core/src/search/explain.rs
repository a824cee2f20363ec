//! Why a document has its score: for each query token the document's token that matches it best.
//!
//! ```text
//! for each document token d_j that may match some query token best (`refine.rs`; an exact index: for each): restore it in f32
//! for each query token q_i: j ← the first token with the largest ⟨q_i, d_j⟩; its similarity is ⟨q_i, d_j⟩ + ⟨q_i, mean⟩
//! ```
//!
//! The similarities of all query tokens add up to the score. Cost: as the last pass of refine for these documents.

use super::answer::Match;
use super::context::Context;
use super::query::Query;
use super::searcher::Searcher;
use crate::index::{Index, Kind};
use crate::kernel::Kernels;
use crate::ranking::key;
use crate::{Error, Result};

/// Tokens restored together.
const BLOCK: usize = 64;

impl Searcher {
    /// For each document, by position, and each token of a query, `[rows][dim]`, the best match in the document; nothing for a document
    /// without tokens.
    ///
    /// # Errors
    /// [`Error::Query`]; [`Error::Parameter`] if there is no such document.
    pub fn explain(&mut self, tokens: &[f32], positions: &[u32]) -> Result<Vec<Vec<Match>>> {
        let index = self.index().clone();
        if let Some(position) = positions.iter().find(|&&position| position as usize >= index.positions()) {
            let (expected, got) = (format!("below {}", index.positions()), position.to_string());
            return Err(Error::Parameter { name: "docId", expected, got });
        }
        let means = self.prepare(tokens)?;
        let mut explained = match index.kind() {
            Kind::Exact => {
                let of = |&position: &u32| best_matches(self.kernels, &index, &self.query, position as usize);
                positions.iter().map(of).collect()
            }
            Kind::Quantized => {
                let on =
                    Context { kernels: self.kernels, index: &index, query: &self.query, selection: None };
                let documents: Vec<u64> = positions.iter().map(|&position| key(0.0, position)).collect();
                self.refine.matches(on, &documents)
            }
        };
        for best in &mut explained {
            best.iter_mut().zip(&means).for_each(|(best, mean)| best.similarity += mean);
        }
        Ok(explained)
    }
}

/// The best matches in a document of an exact index.
fn best_matches(kernels: &Kernels, index: &Index, query: &Query, position: usize) -> Vec<Match> {
    let (place, document) = index.locate(position);
    let segment = &index.segments()[place].segment;
    let (tokens, dim, columns) = (segment.tokens_of(document), index.dim(), query.columns());
    if tokens.is_empty() {
        return Vec::new();
    }
    let mut best = vec![Match { token: 0, similarity: f32::NEG_INFINITY }; query.rows()];
    let (mut rows, mut products) = (vec![0.0; BLOCK * dim], vec![0.0; BLOCK * columns]);
    for start in tokens.clone().step_by(BLOCK) {
        let block = start..tokens.end.min(start + BLOCK);
        let (rows, products) = (&mut rows[..block.len() * dim], &mut products[..block.len() * columns]);
        kernels.widen(segment.vectors().rows(block.start, block.end), rows);
        kernels.products(rows, dim, query.panels(), products);
        for (token, products) in block.zip(products.chunks_exact(columns)) {
            for (best, &similarity) in best.iter_mut().zip(products) {
                if similarity > best.similarity {
                    *best = Match { token: (token - tokens.start) as u32, similarity };
                }
            }
        }
    }
    best
}
