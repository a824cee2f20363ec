//! Gather, select, refine: from a query's token vectors to its best documents.

mod answer;
pub mod batch;
mod context;
mod early_stop;
pub mod exact;
mod explain;
mod gather;
#[cfg(test)]
mod naive;
mod params;
mod query;
mod refine;
mod scan;
mod searcher;
mod select;
mod top;
mod why_not;

pub use answer::{Answer, Answers, Hit, Match};
pub use batch::search_batch;
pub use exact::exact_max_sim;
pub use params::{MAX_COUNT, MAX_K, SearchParams};
pub use query::{MAX_ELEMENT, Queries, Query, check_query};
pub use searcher::Searcher;
pub use why_not::{Lost, WhyNot};

/// Score of a place that no document fills.
pub const NO_SCORE: f32 = f32::NEG_INFINITY;
/// Document id of a place that no document fills.
pub const NO_DOCUMENT: u32 = u32::MAX;

#[cfg(test)]
mod cancelled_tests;
#[cfg(test)]
mod reasons_tests;
#[cfg(test)]
mod tests;
