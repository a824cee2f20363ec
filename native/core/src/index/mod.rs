//! The index as it lies in a segment: what each section means, checked before it is believed.

mod meta;
mod opened;
pub mod sections;
mod validate;

pub use meta::{Kind, Meta};
pub use opened::{Check, Index, SpaceUsage};
