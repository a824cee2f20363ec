//! From a corpus to a segment file: cluster, train, link, encode, write.

mod lists;
mod mean;
mod params;
mod pipeline;
mod provenance;
mod write;

pub use params::{BuildParams, DEFAULT_EXACT_BELOW};
pub use pipeline::{GivenClusters, build, build_from_tac};
