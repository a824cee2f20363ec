//! Late-interaction retrieval over token vectors, with the index of the Python package `tachiom`.
//!
//! Documents and queries are lists of token vectors. The score of document `d` for query `q` is
//! `MaxSim(q, d) = Σ_i max_j ⟨q_i, d_j⟩`.

pub mod build;
pub mod cluster;
pub mod collection;
pub mod corpus;
pub mod documents;
pub mod error;
pub mod format;
pub mod graph;
pub mod index;
pub mod input;
pub mod kernel;
pub mod monitor;
pub mod quantize;
mod random;
mod ranking;
pub mod search;
pub mod storage;
#[cfg(test)]
mod testing;

pub use error::{Error, Result};
