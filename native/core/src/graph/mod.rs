//! HNSW over the coarse centroids, by inner product.
//!
//! Built in batches, each searched in parallel against the graph as it stood before the batch and then linked in one fixed
//! order (as in ParlayANN), so that the graph does not depend on the number of threads. Ties go to the smaller id.

mod build;
mod connect;
mod view;
mod walk;

pub use build::{Graph, GraphParams, build};
pub use view::{GraphView, LevelView, NO_LINK};
pub use walk::Walk;
