//! What is asked of an index that was accepted: everything that a server or a command asks, with searches of every kind.
//!
//! Whatever the values of the file are, the answers must name documents of the index, and no call may panic.

use crate::random::Random;
use maxsimd_core::documents::AttributeType;
use maxsimd_core::index::Index;
use maxsimd_core::search::{MAX_K, SearchParams, Searcher};
use maxsimd_core::{Error, Result};
use std::sync::Arc;

/// Documents of which ids, fields and vectors are read.
const LOOKED_AT: usize = 12;
/// A document is restored only if its vectors take at most this many bytes. They may be far longer than its codes.
const MOST_RESTORED: usize = 16 << 20;

/// Makes `searches` searches and reads what else can be read. Returns what is wrong with the answers, in words, if something is.
///
/// # Errors
/// As the calls that it makes; none is expected of a file that was accepted.
pub fn exercise(index: &Arc<Index>, searches: usize, random: &mut Random) -> Result<Option<String>> {
    look(index, random)?;
    let filters = filters(index);
    let mut searcher = Searcher::new(index.clone());
    for number in 0..searches {
        let rows = 1 + random.below(4);
        let query: Vec<f32> = (0..rows * index.dim()).map(|_| random.float()).collect();
        let params = params(number);
        let filter = (number % 3 == 2).then(|| random.of(&filters).as_str());
        let selection = index.select(filter)?;
        let hits = searcher.search(&query, &params, selection.as_deref(), &|| false)?.hits.to_vec();
        if hits.len() > params.k {
            return Ok(Some(format!("{} hits for k {}", hits.len(), params.k)));
        }
        for hit in &hits {
            let position = hit.document as usize;
            if position >= index.positions() {
                return Ok(Some(format!("document {position} of {}", index.positions())));
            }
            let (place, document) = index.locate(position);
            if !index.segments()[place].has(document) {
                return Ok(Some(format!("the deleted document {position}")));
            }
            if selection.as_ref().is_some_and(|selection| !selection.contains(hit.document)) {
                return Ok(Some(format!("document {position}, which the filter leaves out")));
            }
            if !hit.score.is_finite() {
                return Ok(Some(format!("the score {}", hit.score)));
            }
        }
        if number % 8 == 0 {
            let positions: Vec<u32> = hits.iter().take(3).map(|hit| hit.document).collect();
            searcher.explain(&query, &positions)?;
            let lost = random.below(index.positions()) as u32;
            searcher.why_not(&query, &params, selection.as_deref(), lost, &|| false)?;
        }
    }
    Ok(None)
}

/// Parameters of every kind, one after another.
fn params(number: usize) -> SearchParams {
    let default = SearchParams::default();
    match number % 5 {
        0 => default,
        1 => SearchParams { k: 1, k_centroids: 1, k_docs_to_score: 1, ..default },
        2 => SearchParams { k: 3, alpha: None, beta: Some(1), lambda: Some(0.5), ..default },
        3 => SearchParams { k: MAX_K, k_centroids: 1000, k_docs_to_score: MAX_K, alpha: None, ..default },
        _ => SearchParams { k: 5, k_centroids: 3, ef_search: Some(3), alpha: Some(0.0), ..default },
    }
}

/// A filter of every kind for each attribute.
fn filters(index: &Index) -> Vec<String> {
    let mut filters =
        vec![r#"{"ids":["d1","d9","0","12","nothing"]}"#.to_owned(), r#"{"noneOf":[]}"#.to_owned()];
    for (name, kind) in index.schema().0 {
        let field = serde_json::Value::from(name);
        filters.push(format!(r#"{{"exists":{{"field":{field}}}}}"#));
        filters.push(match kind {
            AttributeType::Integer => format!(r#"{{"range":{{"field":{field},"gte":1995,"lt":2005}}}}"#),
            AttributeType::Float => format!(r#"{{"range":{{"field":{field},"gt":1.5}}}}"#),
            AttributeType::Timestamp => {
                format!(r#"{{"range":{{"field":{field},"lte":"2026-01-09T00:00:00Z"}}}}"#)
            }
            AttributeType::Boolean => format!(r#"{{"equals":{{"field":{field},"value":true}}}}"#),
            AttributeType::Keyword | AttributeType::Keywords => {
                format!(r#"{{"oneOf":{{"field":{field},"values":["s1","t2","all"]}}}}"#)
            }
        });
    }
    filters
}

/// Reads counts, ids, fields and vectors.
fn look(index: &Index, random: &mut Random) -> Result<()> {
    let codec = index.codec();
    index.drift();
    index.space_usage();
    codec.identity();
    codec.scales_norms();
    let types = codec.type_ids().len().min(codec.type_centroids().len().saturating_sub(1));
    _ = (types, codec.type_counts().len(), codec.type_spreads().len(), index.documents_with_tokens());
    index.find("nothing");
    index.is_deleted("d3");
    let last = index.positions() - 1;
    for look in 0..LOOKED_AT {
        let position = [0, last].get(look).copied().unwrap_or_else(|| random.below(index.positions()));
        let id = index.id_of(position).into_owned();
        if index.find(&id).is_some_and(|found| index.id_of(found) != id) {
            return Err(inconsistent(format!("the id {id:?} leads to another document")));
        }
        if serde_json::from_str::<serde_json::Map<_, _>>(index.fields_of(position)).is_err() {
            return Err(inconsistent(format!("the fields of {position} are not an object")));
        }
        let (place, document) = index.locate(position);
        let tokens = index.segments()[place].segment.tokens_of(document).len();
        if tokens * index.dim() * 4 <= MOST_RESTORED {
            let values = index.document_embeddings(position)?;
            if values.iter().any(|value| value.is_nan()) {
                return Err(inconsistent(format!("document {position} has a value that is not a number")));
            }
        }
    }
    serde_json::from_str::<serde_json::Map<_, _>>(index.provenance())
        .map(drop)
        .map_err(|e| inconsistent(format!("the provenance is not an object: {e}")))
}

fn inconsistent(got: String) -> Error {
    Error::Parameter { name: "answer", expected: "one that fits the index".into(), got }
}
