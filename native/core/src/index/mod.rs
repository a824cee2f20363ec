//! The index in a segment file: the meaning of each section, and the checks of its content.

mod meta;
mod open;
mod opened;
pub mod sections;
mod validate;

pub use meta::{Kind, Meta};
pub use open::Check;
pub use opened::{Index, SpaceUsage};
