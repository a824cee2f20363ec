//! Token-aware clustering (TAC): k-means within each token type, with one budget of centroids for all types.
//!
//! Source: "Efficient Multivector Retrieval with Token-Aware Clustering and Hierarchical Indexing" (SIGIR 2026).

pub mod allocate;
pub mod assign;
pub mod auto;
pub mod kmeans;
pub mod pseudo_types;
mod seeding;
pub mod spread;
pub mod tac;
pub mod token_types;

pub use allocate::{Thresholds, allocate};
pub(crate) use assign::squared_distance;
pub use auto::{AutoParams, auto_params};
pub use tac::{Clustering, TacParams, cluster};
pub use token_types::TokenTypes;
