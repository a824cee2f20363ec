//! Answers: the documents that a search found, and what matched in them.

/// One document of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Position in the corpus.
    pub document: u32,
    /// MaxSim.
    pub score: f32,
}

/// The answer to a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer<'a> {
    /// The best documents, best first.
    pub hits: &'a [Hit],
    /// Whether every document that may be returned was scored, and so none can be missing.
    pub exhausted: bool,
}

/// Answers to many queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Scores, `[queries][k]`, best first; [`super::NO_SCORE`] in places without a document.
    pub scores: Vec<f32>,
    /// Positions of the documents; [`super::NO_DOCUMENT`] in places without one.
    pub documents: Vec<u32>,
    /// For each query 1 if every document that may be returned was scored, otherwise 0.
    pub exhausted: Vec<u8>,
}

/// The document token that matches a query token best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Number of the token in the document.
    pub token: u32,
    /// Its similarity to the query token, which is the query token's share of the document's score.
    pub similarity: f32,
}
