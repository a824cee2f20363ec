//! Builds an index file from a corpus: cluster, train, link, encode, write.

mod compact;
mod estimate;
mod given;
mod groups;
mod lists;
mod mean;
mod nearest;
mod params;
mod pipeline;
mod provenance;
mod save;
mod segment;
mod write;

pub use estimate::{Estimate, Shape, estimate};
pub use given::{GivenClusters, GivenCodebooks};
pub use params::{BuildParams, DEFAULT_EXACT_BELOW, DEFAULT_GROUPED_FROM, DEFAULT_SCAN_BELOW};
pub use pipeline::{build, build_from_tac, estimate_corpus};
pub use save::save;
pub use segment::{Around, build_segment, extract_codec, merge};
