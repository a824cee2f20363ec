//! What a document is besides its tokens: an id, typed attributes that filters look at, and stored fields that answers bring back.
//!
//! ```text
//! record   one document as the user gives it: an id and a JSON object
//! schema   the attributes: name and type of each; given, or inferred from the records
//! column   one attribute of all documents of a segment, arranged for filters
//! filter   a tree of conditions; it becomes the set of a segment's documents that match
//! ```

mod column;
mod filter;
#[cfg(test)]
mod filter_tests;
mod ids;
mod record;
mod schema;
mod table;

pub use column::ColumnView;
pub use filter::{Documents, Filter, Range, Value};
pub use ids::{Ids, IdsWriter, MAX_ID_BYTES};
pub use record::{Record, Records};
pub use schema::{AttributeType, Schema};
pub use table::{Table, TableBytes};
