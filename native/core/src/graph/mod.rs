//! A hierarchical navigable small world graph (HNSW) over the coarse centroids, by inner product.
//!
//! Sources: Malkov and Yashunin, 2018 (HNSW); Manohar and others, 2024 (ParlayANN: insertion in batches).

mod build;
mod connect;
mod view;
mod walk;

pub use build::{Graph, GraphParams, build};
pub use view::{GraphView, LevelView, NO_LINK};
pub use walk::Walk;
