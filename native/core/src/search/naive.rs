//! The engine once more, as the definitions say it and without a trick: what the fast one is compared with.

use super::answer::Hit;
use super::context::Context;
use super::gather::{SECOND, deeper, floor};
use super::params::SearchParams;
use super::query::Query;
use super::scan::Scan;
use crate::graph::Walk;
use crate::index::{Index, Kind, Selection};
use crate::kernel;
use crate::{Result, search::query::check_query};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// MaxSim by its definition, in `f64`: `Σ_i max_j ⟨q_i, d_j⟩`; `None` for a document without tokens.
pub(super) fn max_sim(query: &[f32], document: &[f32], dim: usize) -> Option<f64> {
    if document.is_empty() {
        return None;
    }
    let dot = |q: &[f32], d: &[f32]| q.iter().zip(d).map(|(&q, &d)| f64::from(q) * f64::from(d)).sum::<f64>();
    Some(
        query
            .chunks_exact(dim)
            .map(|q| document.chunks_exact(dim).map(|d| dot(q, d)).fold(f64::NEG_INFINITY, f64::max))
            .sum(),
    )
}

/// The best documents for a query. Of the fast engine it uses the rotation of the query and the graph walk or the choice of groups, so that both gather the same
/// centroids.
///
/// # Errors
/// As [`super::Searcher::search`].
pub(super) fn search(
    index: &Index,
    tokens: &[f32],
    params: &SearchParams,
    selection: Option<&Selection>,
) -> Result<Vec<Hit>> {
    params.check()?;
    check_query(tokens, index.dim())?;
    let candidates: Vec<usize> = match index.kind() {
        Kind::Exact => (0..index.positions()).collect(),
        Kind::Quantized => match selection.filter(|s| params.scores_all_of(s.count())) {
            Some(_) => (0..index.positions()).collect(),
            None => select(gather_enough(index, tokens, params, selection), params),
        },
    };
    let candidates = candidates.into_iter().filter(|&document| allowed(selection, document));
    let mut hits: Vec<(f64, usize)> = Vec::new();
    let mut without_improvement = 0;
    for document in candidates {
        let Some(score) = max_sim(tokens, &index.document_embeddings(document)?, index.dim()) else {
            continue;
        };
        hits.push((score, document));
        hits.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| index.compare_ids(a.1 as u32, b.1 as u32)));
        let improved = hits.iter().take(params.k).any(|hit| hit.1 == document);
        without_improvement = if improved { 0 } else { without_improvement + 1 };
        let stop = params.beta.is_some_and(|beta| without_improvement >= beta);
        if index.kind() == Kind::Quantized && hits.len() >= params.k && stop {
            break;
        }
    }
    hits.truncate(params.k);
    Ok(hits
        .into_iter()
        .map(|(score, document)| Hit { document: document as u32, score: score as f32 })
        .collect())
}

fn allowed(selection: Option<&Selection>, document: usize) -> bool {
    selection.is_none_or(|selection| selection.contains(document as u32))
}

/// Coarse scores of at least `k` documents of the selection, or of all that have tokens.
fn gather_enough(
    index: &Index,
    tokens: &[f32],
    params: &SearchParams,
    selection: Option<&Selection>,
) -> BTreeMap<usize, f32> {
    let with_tokens = (0..index.positions())
        .filter(|&d| allowed(selection, d) && !centroids_of(index, d).is_empty())
        .count();
    let gather = |params: &SearchParams| {
        let mut scores = gather(index, tokens, params);
        scores.retain(|&document, _| allowed(selection, document));
        scores
    };
    let mut scores = gather(params);
    let mut params = *params;
    while scores.len() < params.k.min(with_tokens) && params.k_centroids < index.centroid_count() {
        params = deeper(index, &params);
        scores = gather(&params);
    }
    scores
}

/// Coarse scores: per query token and document the similarities, less the token's floor, of those of the token's centroids that
/// the document has: the best in full, the second at a small share; summed over the tokens.
fn gather(index: &Index, tokens: &[f32], params: &SearchParams) -> BTreeMap<usize, f32> {
    let members: Vec<BTreeSet<u32>> = (0..index.positions())
        .map(|document| centroids_of(index, document).iter().copied().collect())
        .collect();
    let mut scores = BTreeMap::new();
    let (mut found, mut query) = (Vec::new(), Query::default());
    let kernels = kernel::active();
    let mut tokens = tokens.to_vec();
    if let Some(rotation) = index.codec().rotation() {
        rotation.apply(kernels, &mut tokens, &mut Vec::new());
    }
    for token in tokens.chunks_exact(index.dim()) {
        match index.codec().graph().filter(|_| params.beam() < index.centroid_count()) {
            Some(graph) => {
                let lambda = params.lambda.unwrap_or(0.0);
                Walk::default().search(&graph, kernels, token, params.beam(), lambda, &mut found);
            }
            None => {
                query.set(token, index.dim());
                let on = Context { kernels, index, query: &query, selection: None };
                let groups = Scan::default().visited(on, params.beam()).remove(0);
                let rows = index.codec().centroids().chunks_exact(index.dim());
                let visited = rows.zip(0..).filter(|&(_, c)| groups.contains(&group_of(index, c)));
                found = visited.map(|(row, c)| (kernels.dot_f16(token, row), c)).collect();
                found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                found.truncate(params.beam());
            }
        }
        let floor = floor(&found, params.k_centroids >= index.centroid_count());
        found.truncate(params.k_centroids);
        for (document, centroids) in members.iter().enumerate() {
            let own = found.iter().filter(|(_, c)| centroids.contains(c));
            for ((similarity, _), share) in own.zip([1.0, SECOND]) {
                *scores.entry(document).or_insert(0.0) += share * (similarity - floor);
            }
        }
    }
    scores
}

/// Centroid of each token of a document.
fn centroids_of(index: &Index, position: usize) -> &[u32] {
    let (segment, document) = index.locate(position);
    let segment = &index.segments()[segment].segment;
    &segment.token_centroids()[segment.tokens_of(document)]
}

/// The group of a centroid; 0 without groups.
fn group_of(index: &Index, centroid: u32) -> usize {
    match index.codec().group_members().iter().position(|&member| member == centroid) {
        Some(place) => index.codec().group_offsets().partition_point(|&offset| offset as usize <= place) - 1,
        None => 0,
    }
}

fn select(scores: BTreeMap<usize, f32>, params: &SearchParams) -> Vec<usize> {
    let mut ranked: Vec<(usize, f32)> = scores.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(params.k_docs_to_score.max(params.k));
    if let (Some(alpha), Some(&(_, kth))) = (params.alpha, ranked.get(params.k - 1)) {
        ranked.retain(|&(_, score)| score >= kth - kth.abs() * alpha);
    }
    ranked.into_iter().map(|(document, _)| document).collect()
}

/// Share of `truth` that is among `found`; both hold document ids, unfilled places apart.
pub(super) fn recall(found: &[u32], truth: &[u32]) -> f64 {
    let found: HashSet<u32> = found.iter().copied().filter(|&d| d != super::NO_DOCUMENT).collect();
    let truth: HashSet<u32> = truth.iter().copied().filter(|&d| d != super::NO_DOCUMENT).collect();
    if truth.is_empty() {
        return 1.0;
    }
    truth.intersection(&found).count() as f64 / truth.len() as f64
}
