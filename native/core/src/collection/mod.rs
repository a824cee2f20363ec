//! A collection: a folder with the versions of one index, to which documents are added and from which they are removed.
//!
//! ```text
//! <label>.maxsim            a version: an index file, or a manifest
//! parts/<digest>.maxsim     a codec or a segment that manifests name
//! current                   the label of the current version
//! change.lock, merge.lock   locked while the collection is changed, and while segments are merged; the first holds the last number
//! ```
//!
//! Files never change. A change writes a segment, then a manifest that names it, and then the pointer `current`, each durably before the
//! next. So at every moment `current` names a version whose files are all there, and a change is in the collection as a whole or not at all.
//!
//! The versions that changes make are called `<name>.1`, `<name>.2`, …, after the index file `<name>.maxsim` they go back to. No label is
//! given twice.

mod change;
mod compact;
mod folder;
mod history;

pub use change::{Change, Delete};
pub use compact::plan;
pub use folder::{Collection, store_current};
pub use history::{Removed, VersionInfo};

#[cfg(test)]
mod tests;
