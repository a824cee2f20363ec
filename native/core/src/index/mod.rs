//! An index version, and the files that hold it: the meaning of each section, and the checks of its content.
//!
//! ```text
//! version   a codec and one or more segments
//! codec     the mean, the rotation, centroids with their groups or graph, codebooks
//! segment   documents: their tokens' centroids, norms and codes; inverted lists
//! ```

mod codec;
mod meta;
mod open;
pub mod sections;
mod segment;
mod selection;
mod validate;
mod version;

pub use codec::Codec;
pub use meta::{Kind, Meta};
pub use open::Check;
pub use segment::{Lists, Placed, Segment};
pub use selection::Selection;
pub use version::{Index, SpaceUsage};
