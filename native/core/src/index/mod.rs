//! An index version, and the files that hold it: the meaning of each section, and the checks of its content.
//!
//! ```text
//! version   a codec and one or more segments
//! codec     the mean, the rotation, centroids with their groups or graph, codebooks
//! segment   documents: their tokens' centroids, norms and codes; inverted lists; ids, attributes and fields
//! manifest  names the codec and the segments of a version, and the deleted documents of each
//! ```

mod check;
mod codec;
mod drift;
mod integrity;
pub mod manifest;
mod meta;
mod open;
mod parts;
pub mod sections;
mod segment;
mod selection;
mod tally;
mod validate;
mod version;

pub use check::Check;
pub use codec::Codec;
pub use drift::Drift;
pub use integrity::Sweep;
pub use meta::{Kind, Meta};
pub use segment::{Lists, Placed, Segment};
pub use selection::Selection;
pub use version::{Index, SpaceUsage};
