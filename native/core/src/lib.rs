//! Late-interaction retrieval over token vectors: the index known as Tachiom.
//!
//! A document is a list of token vectors, so is a query, and
//! `MaxSim(q, d) = Σ_i max_j ⟨q_i, d_j⟩`.

pub mod build;
pub mod cluster;
pub mod corpus;
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
