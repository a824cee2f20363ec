//! The tests of damage. Each is a function of a seed and of how much to do, and returns an [`crate::outcome::Outcome`].

mod fence;
mod flips;
mod formats;
mod lengths;
mod mutation;
mod structure;

pub(crate) use fence::fence;
pub use fence::quiet_panics;
pub use flips::flips;
pub use formats::formats;
pub use lengths::lengths;
pub use structure::{Structure, repeat, structure};
