//! Late-interaction retrieval over token vectors: the index known as Tachiom.
//!
//! A document is a list of token vectors, so is a query, and
//! `MaxSim(q, d) = Σ_i max_j ⟨q_i, d_j⟩`.

pub mod error;
pub mod format;
pub mod npy;
pub mod storage;

pub use error::{Error, Result};
