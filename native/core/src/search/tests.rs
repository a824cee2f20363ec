//! The fast engine against the naive one, over indexes of every kind.

use super::*;
use crate::build::{BuildParams, GivenClusters, build, build_from_tac};
use crate::cluster::TacParams;
use crate::corpus::{Corpus, InputNames, TokenVectors};
use crate::graph::GraphParams;
use crate::index::{Check, Index};
use crate::kernel;
use crate::monitor::Unwatched;
use crate::quantize::PqParams;
use crate::testing::Random;
use half::f16;
use proptest::prelude::*;
use std::borrow::Cow;
use std::sync::Arc;

/// Token vectors near one of some directions, as a real encoder's are.
pub(super) struct Sample {
    pub(super) values: Vec<f16>,
    ids: Vec<u32>,
    pub(super) doclens: Vec<u32>,
    pub(super) dim: usize,
}

pub(super) fn sample(seed: u64, documents: usize, dim: usize, types: usize) -> Sample {
    let mut random = Random::new(seed);
    let directions = random.floats(types * dim);
    let doclens: Vec<u32> = (0..documents).map(|_| random.below(12) as u32).collect();
    let tokens: u32 = doclens.iter().sum();
    let (mut values, mut ids) = (Vec::new(), Vec::new());
    for _ in 0..tokens {
        let kind = random.below(types);
        ids.push(kind as u32 * 5 + 1);
        let noise = random.floats(dim);
        values.extend((0..dim).map(|d| f16::from_f32(directions[kind * dim + d] + 0.4 * noise[d])));
    }
    Sample { values, ids, doclens, dim }
}

fn corpus(sample: &Sample) -> Corpus<'_> {
    let vectors = TokenVectors { values: &sample.values, dim: sample.dim };
    let ids = Some(Cow::Borrowed(sample.ids.as_slice()));
    Corpus::new(vectors, ids, &sample.doclens, &InputNames::default(), &Unwatched).unwrap()
}

pub(super) fn open(sample: &Sample, params: &BuildParams) -> (tempfile::TempDir, Arc<Index>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.maxsim");
    build(&corpus(sample), params, &path, &Unwatched).unwrap();
    let index = Arc::new(Index::open(&path, Check::Full).unwrap());
    (folder, index)
}

pub(super) fn quick(exact_below: usize) -> BuildParams {
    BuildParams {
        exact_below,
        pq: PqParams { n_iter: 3, subspaces: 4, ..PqParams::default() },
        graph: GraphParams { m: 8, ef_construction: 60, ..GraphParams::default() },
        tac: TacParams { n_iter: Some(4), ..TacParams::default() },
        ..BuildParams::default()
    }
}

/// Same documents in the same order, except where scores are equal but for rounding.
fn assert_same(fast: &[Hit], naive: &[Hit]) {
    assert_eq!(fast.len(), naive.len(), "{fast:?} {naive:?}");
    for (f, n) in fast.iter().zip(naive) {
        assert!((f.score - n.score).abs() <= 2e-3 * n.score.abs().max(1.0), "{fast:?} {naive:?}");
        let near_tie =
            naive.iter().filter(|o| (o.score - n.score).abs() < 4e-3 * n.score.abs().max(1.0)).count() > 1;
        assert!(f.document == n.document || near_tie, "{fast:?} {naive:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn the_fast_engine_answers_as_the_naive_one(
        seed: u64, documents in 1_usize..120, dim in 1_usize..40, types in 1_usize..20, rows in 1_usize..40,
        exact: bool, k in 1_usize..20, k_centroids in 1_usize..30, k_docs in 1_usize..150,
        alpha in prop::option::of(0.0_f32..1.0), beta in prop::option::of(1_usize..20),
        lambda in prop::option::of(0.0_f32..0.5), graph: bool, groups: bool,
        every in prop::option::of(1_usize..40),
    ) {
        let sample = sample(seed, documents, dim, types);
        let scan_below = if graph { 0 } else { usize::MAX };
        let grouped_from = if groups { 1 } else { usize::MAX };
        let params = BuildParams { scan_below, grouped_from, ..quick(if exact { usize::MAX } else { 0 }) };
        let (_folder, index) = open(&sample, &params);
        let query = Random::new(seed ^ 1).floats(rows * dim);
        let params = SearchParams {
            k, k_centroids, k_docs_to_score: k_docs, ef_search: None, alpha, beta, lambda,
        };
        // The documents of some positions only, if `every` says which.
        let filter = every.map(|every| {
            let ids: Vec<String> = (0..documents).step_by(every).map(|document| document.to_string()).collect();
            serde_json::json!({"ids": ids}).to_string()
        });
        let selection = index.select(filter.as_deref()).unwrap();
        let naive = naive::search(&index, &query, &params, selection.as_deref()).unwrap();
        // An answer is shorter than k only if there are no more documents with tokens that match.
        let lengths = sample.doclens.iter().step_by(every.unwrap_or(1));
        let with_tokens = lengths.filter(|&&length| length > 0).count();
        prop_assert_eq!(naive.len(), k.min(with_tokens));
        let mut first: Option<Vec<Hit>> = None;
        for kernels in kernel::available() {
            let mut searcher = Searcher::with_kernels(index.clone(), kernels);
            // Twice: what the first search leaves in the scratch must not show in the second.
            for _ in 0..2 {
                let answer = searcher.search(&query, &params, selection.as_deref(), &|| false).unwrap();
                let hits = answer.hits.to_vec();
                // All documents are scored in an exact index, and where refine may score the whole selection.
                let all = exact || (every.is_some() && with_tokens <= k_docs.max(k));
                prop_assert!(answer.exhausted || !all || beta.is_some());
                prop_assert!(!answer.exhausted || all || with_tokens <= k_docs.max(k));
                assert_same(&hits, &naive);
                prop_assert_eq!(first.get_or_insert_with(|| hits.clone()), &hits, "{}", kernels.name);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    /// Scoring on bytes first leaves out no document that belongs into the answer: with a `beta` that never stops, every
    /// candidate is scored exactly, and the answer has the same bits.
    #[test]
    fn what_bytes_leave_out_is_not_in_the_answer(
        seed: u64, dim in 1_usize..40, types in 1_usize..20, rows in 1_usize..40, k in 1_usize..40, noise in 0.0_f32..1.0,
    ) {
        let sample = sample(seed, 200, dim, types);
        let (_folder, index) = open(&sample, &quick(0));
        let mut random = Random::new(seed ^ 1);
        let mut query = random.floats(rows * dim);
        // Near some document's tokens, where scores lie close together.
        for token in query.chunks_exact_mut(dim) {
            let at = random.below(sample.values.len() / dim) * dim;
            token.iter_mut().enumerate().for_each(|(d, v)| *v = sample.values[at + d].to_f32() + noise * *v);
        }
        let params = SearchParams { k, k_docs_to_score: 200, alpha: None, ..SearchParams::default() };
        let mut searcher = Searcher::new(index);
        let hits = searcher.search(&query, &params, None, &|| false).unwrap().hits.to_vec();
        let patient = SearchParams { beta: Some(MAX_COUNT), ..params };
        prop_assert_eq!(&hits, searcher.search(&query, &patient, None, &|| false).unwrap().hits);
    }
}

#[test]
fn the_whole_index_finds_what_exact_max_sim_finds() {
    let sample = sample(5, 400, 32, 30);
    let (_folder, index) = open(&sample, &BuildParams { exact_below: 0, ..BuildParams::default() });
    let mut random = Random::new(77);
    let (queries, rows) = (30, 8);
    // Queries near documents: their own tokens, disturbed.
    let tokens: Vec<f32> = (0..queries * rows)
        .flat_map(|_| {
            let at = random.below(sample.values.len() / 32) * 32;
            let noise = random.floats(32);
            (0..32).map(|d| sample.values[at + d].to_f32() + 0.2 * noise[d]).collect::<Vec<_>>()
        })
        .collect();
    let batch = Queries::uniform(&tokens, queries, 32).unwrap();
    let vectors = TokenVectors { values: &sample.values, dim: 32 };
    let Answers { scores: exact_scores, documents: truth, .. } =
        exact_max_sim(vectors, index.segments()[0].segment.doc_offsets(), &batch, 10, &|| false).unwrap();
    let Answers { scores, documents: found, .. } =
        search_batch(&index, &batch, &SearchParams::default(), None, &|| false).unwrap();
    let recall: f64 = found.chunks(10).zip(truth.chunks(10)).map(|(f, t)| naive::recall(f, t)).sum::<f64>()
        / queries as f64;
    assert!(recall > 0.9, "recall@10 {recall}");
    // Scores are on MaxSim's own scale although the index is centred.
    for (score, exact) in scores.iter().zip(&exact_scores) {
        assert!((score - exact).abs() < 0.1 * exact.abs(), "{score} {exact}");
    }
}

#[test]
fn exact_max_sim_follows_the_definition() {
    let sample = sample(9, 50, 7, 5);
    let queries = Random::new(3).floats(3 * 4 * 7);
    let vectors = TokenVectors { values: &sample.values, dim: 7 };
    let mut offsets = vec![0_u64];
    sample.doclens.iter().for_each(|&length| offsets.push(offsets[offsets.len() - 1] + u64::from(length)));
    let batch = Queries::ragged(&queries, &[0, 1, 5, 12], 7).unwrap();
    let Answers { scores, documents, .. } = exact_max_sim(vectors, &offsets, &batch, 60, &|| false).unwrap();
    for q in 0..3 {
        let mut truth: Vec<(f64, u32)> = (0..50)
            .filter_map(|d| {
                let rows = vectors.rows(offsets[d] as usize, offsets[d + 1] as usize);
                let document: Vec<f32> = rows.iter().map(|v| v.to_f32()).collect();
                naive::max_sim(batch.query(q, 7), &document, 7).map(|score| (score, d as u32))
            })
            .collect();
        truth.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (place, &(score, document)) in truth.iter().enumerate() {
            assert_eq!(documents[q * 60 + place], document);
            assert!((f64::from(scores[q * 60 + place]) - score).abs() < 1e-4);
        }
        // Empty documents have no score; their places stay unfilled.
        assert_eq!(documents[q * 60 + truth.len()], NO_DOCUMENT);
        assert_eq!(scores[q * 60 + truth.len()], NO_SCORE);
    }
}

#[test]
fn a_batch_does_not_depend_on_the_number_of_threads() {
    let sample = sample(2, 200, 16, 10);
    let (_folder, index) = open(&sample, &quick(0));
    let tokens = Random::new(4).floats(40 * 3 * 16);
    let batch = Queries::uniform(&tokens, 40, 16).unwrap();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| search_batch(&index, &batch, &SearchParams::default(), None, &|| false)).unwrap()
    };
    assert!(run(1) == run(3));
}

#[test]
fn two_builds_on_different_threads_give_the_same_bytes() {
    let sample = sample(6, 300, 12, 25);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (folder, _index) = pool.install(|| open(&sample, &quick(0)));
        std::fs::read(folder.path().join("index.maxsim")).unwrap()
    };
    assert!(run(1) == run(2));
}

#[test]
fn a_corpus_without_token_ids_is_clustered_by_learned_kinds() {
    let sample = sample(12, 400, 16, 20);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.maxsim");
    let vectors = TokenVectors { values: &sample.values, dim: 16 };
    let corpus = Corpus::new(vectors, None, &sample.doclens, &InputNames::default(), &Unwatched).unwrap();
    build(&corpus, &quick(0), &path, &Unwatched).unwrap();
    let index = Arc::new(Index::open(&path, Check::Full).unwrap());
    assert!(index.provenance().contains("learned kinds"));
    // A document's own tokens find it.
    let mut searcher = Searcher::new(index.clone());
    for document in (0..400).filter(|&d| index.segments()[0].segment.tokens_of(d).len() > 3) {
        let range = index.segments()[0].segment.tokens_of(document);
        let query: Vec<f32> = vectors.rows(range.start, range.end).iter().map(|v| v.to_f32()).collect();
        let hits = searcher.search(&query, &SearchParams::default(), None, &|| false).unwrap().hits;
        assert!(hits.iter().any(|hit| hit.document == document as u32), "{document}: {hits:?}");
    }
}

#[test]
fn faulty_queries_are_refused_by_name() {
    use crate::error::QueryFault;
    let (_folder, index) = open(&sample(1, 20, 4, 3), &quick(0));
    let mut searcher = Searcher::new(index);
    let mut fault = |tokens: &[f32]| match searcher.search(tokens, &SearchParams::default(), None, &|| false)
    {
        Err(crate::Error::Query { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(&[]), QueryFault::Empty);
    assert_eq!(fault(&[0.0; 6]), QueryFault::Shape);
    assert_eq!(fault(&[0.0, f32::NAN, 0.0, 0.0]), QueryFault::NonFinite);
    assert_eq!(fault(&[0.0, f32::INFINITY, 0.0, 0.0]), QueryFault::NonFinite);
    for value in [3.4e38, -3.4e38, 65_536.0] {
        assert_eq!(fault(&[0.0, 0.0, 0.0, value]), QueryFault::NonFinite);
    }
    assert!(
        searcher.search(&[65_504.0, -65_504.0, 0.0, 1.0], &SearchParams::default(), None, &|| false).is_ok()
    );
}

/// `documents` of `length` unit vectors each. A `share` of the tokens is one vector, the blank, plus normal `noise` a value.
fn blanks(seed: u64, documents: usize, length: usize, dim: usize, share: f32, noise: f32) -> Sample {
    let mut random = Random::new(seed);
    // The sum of four uniform numbers is near enough to normal: variance 4/3.
    let mut normal = move || (0..4).map(|_| random.floats(1)[0]).sum::<f32>() * 0.75_f32.sqrt();
    let blank: Vec<f32> = (0..dim).map(|_| normal()).collect();
    let norm = blank.iter().map(|v| v * v).sum::<f32>().sqrt();
    let mut choice = Random::new(seed ^ 1);
    let mut values = Vec::new();
    for _ in 0..documents * length {
        let row: Vec<f32> = match choice.unit() < share {
            true => blank.iter().map(|v| v / norm + noise * normal()).collect(),
            false => (0..dim).map(|_| normal()).collect(),
        };
        let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt();
        values.extend(row.iter().map(|v| f16::from_f32(v / norm)));
    }
    let ids = vec![0; documents * length];
    Sample { values, ids, doclens: vec![length as u32; documents], dim }
}

/// A search of groups compares a part of the centroids, and finds nearly all documents that a search of all centroids finds.
#[test]
fn groups_hide_few_documents() {
    let sample = sample(11, 300, 24, 40);
    let found = |grouped_from: usize| {
        let params = BuildParams { scan_below: usize::MAX, grouped_from, ..quick(0) };
        let (_folder, index) = open(&sample, &params);
        let mut searcher = Searcher::new(index.clone());
        let mut found = Vec::new();
        for query in Random::new(12).floats(40 * 4 * 24).chunks_exact(4 * 24) {
            let params = SearchParams { k_centroids: 2, k_docs_to_score: 40, ..SearchParams::default() };
            let hits = searcher.search(query, &params, None, &|| false).unwrap().hits;
            found.push(hits.iter().map(|hit| hit.document).collect::<Vec<_>>());
        }
        (index.codec().meta().groups, found)
    };
    let ((all, grouped), (none, whole)) = (found(1), found(usize::MAX));
    assert!(all > 3 * 6 && none == 0, "{all} groups, of which a token visits 6");
    let shared: usize =
        grouped.iter().zip(&whole).map(|(a, b)| a.iter().filter(|id| b.contains(id)).count()).sum();
    let total: usize = whole.iter().map(Vec::len).sum();
    assert!(shared * 100 >= total * 90, "{shared} of {total}");
    assert_ne!(grouped, whole);
}

/// Centroids that are distinct as given may be equal once they are rotated and rounded to `f16` again. They are merged, because
/// the check of an index refuses equal ones.
#[test]
fn centroids_that_rotation_makes_equal_are_merged() {
    let dim = 16;
    let sample = sample(21, 200, dim, 4);
    // Large values, but in the last dimension, where pairs of centroids differ by the least that an f16 can.
    let mut centroids: Vec<f32> = Random::new(22).floats(20 * dim);
    for pair in centroids.chunks_exact_mut(2 * dim) {
        let (one, other) = pair.split_at_mut(dim);
        other.copy_from_slice(one);
        (one[dim - 1], other[dim - 1]) = (0.0, 6e-8);
    }
    let assignments: Vec<u32> = (0..sample.values.len() / dim).map(|token| (token % 20) as u32).collect();
    let given = GivenClusters {
        centroids: &centroids,
        assignments: &assignments,
        centroids_name: "centroids".into(),
        assignments_name: "assignments".into(),
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.maxsim");
    let corpus = corpus(&sample);
    build_from_tac(&corpus, &given, &quick(0), &path, &Unwatched).unwrap();
    let index = Index::open(&path, Check::Full).unwrap();
    assert_eq!(index.centroid_count(), 10);
}

/// An answer of fewer than `k` documents means that no others have tokens, however few centroids are asked for.
#[test]
fn gathering_goes_on_until_k_documents_are_found() {
    let sample = sample(8, 150, 16, 40);
    let with_tokens = sample.doclens.iter().filter(|&&length| length > 0).count();
    let (_folder, index) = open(&sample, &quick(0));
    let query = Random::new(5).floats(16);
    let mut searcher = Searcher::new(index.clone());
    for k in [1, 10, 50, with_tokens, 1000] {
        let params = SearchParams { k, k_centroids: 1, k_docs_to_score: 1, ..SearchParams::default() };
        let hits = searcher.search(&query, &params, None, &|| false).unwrap().hits.to_vec();
        assert_eq!(hits.len(), k.min(with_tokens), "k {k}");
        assert_same(&hits, &naive::search(&index, &query, &params, None).unwrap());
    }
}

/// Copies and near copies of one vector rarely cost a document that holds others: one token of its own finds it, though all
/// else that is asked for is in every document, and no more than 150 of 400 are refined.
#[test]
fn near_copies_hide_no_document() {
    let (documents, length, dim) = (400, 30, 48);
    // A walk of so small a graph misses more than a scan.
    let scan = usize::MAX;
    for (noise, scan_below, least) in [(0.0, scan, 94), (1e-4, scan, 94), (1e-3, scan, 94), (1e-3, 0, 85)] {
        let sample = blanks(3, documents, length, dim, 0.6, noise);
        let (_folder, index) = open(&sample, &BuildParams { scan_below, ..quick(0) });
        let row = |token: usize| -> Vec<f32> {
            sample.values[token * dim..(token + 1) * dim].iter().map(|v| v.to_f32()).collect()
        };
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        // A blank is like more than half of a document's tokens.
        let blank =
            (0..length).map(row).max_by_key(|a| (0..length).filter(|&j| dot(a, &row(j)) > 0.9).count());
        let blank = blank.unwrap();
        let mut searcher = Searcher::new(index.clone());
        let params = SearchParams { k_docs_to_score: 150, ..SearchParams::default() };
        let mut right = 0;
        for document in 0..documents {
            let own = index.segments()[0]
                .segment
                .tokens_of(document)
                .map(row)
                .find(|token| dot(token, &blank) < 0.9)
                .unwrap();
            let query: Vec<f32> = own.into_iter().chain((0..7).flat_map(|_| blank.clone())).collect();
            let hits = searcher.search(&query, &params, None, &|| false).unwrap().hits;
            assert_eq!(hits.len(), 10, "noise {noise}, document {document}");
            right += usize::from(hits[0].document as usize == document);
        }
        assert!(right * 100 >= documents * least, "noise {noise}: {right} of {documents}");
    }
}

/// Where all tokens are one vector, every document is as good as any other, and k of them come back with the right score.
#[test]
fn copies_of_one_vector_fill_the_answer() {
    let sample = blanks(1, 100, 50, 128, 1.0, 0.0);
    let (_folder, index) = open(&sample, &BuildParams { exact_below: 0, ..BuildParams::default() });
    assert_eq!(index.centroid_count(), 1);
    let query: Vec<f32> = sample.values[..4 * 128].iter().map(|v| v.to_f32()).collect();
    let exact: f32 = query.iter().map(|v| v * v).sum();
    let mut searcher = Searcher::new(index);
    let hits = searcher
        .search(&query, &SearchParams { k: 30, ..SearchParams::default() }, None, &|| false)
        .unwrap()
        .hits;
    assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), (0..30).collect::<Vec<_>>());
    assert!(hits.iter().all(|hit| (hit.score - exact).abs() < 1e-3), "{exact} {hits:?}");
}

/// One vector among copies of another, spread over many token types, is found first.
#[test]
fn one_vector_among_copies_is_found() {
    let (tokens, dim) = (20_000, 64);
    let mut sample = blanks(2, 200, 100, dim, 1.0, 0.0);
    sample.ids = (0..tokens as u32).map(|i| i % 97).collect();
    let other = Random::new(9).halves(dim);
    sample.values[12_345 * dim..12_346 * dim].copy_from_slice(&other);
    let (_folder, index) = open(&sample, &quick(0));
    let query: Vec<f32> = other.iter().map(|v| v.to_f32()).collect();
    let mut searcher = Searcher::new(index);
    let hits = searcher.search(&query, &SearchParams::default(), None, &|| false).unwrap().hits;
    assert_eq!((hits.len(), hits[0].document), (10, 123), "{hits:?}");
}

#[test]
fn odd_corpora_are_built_and_searched() {
    let cases: Vec<(&str, Sample)> = vec![
        ("no tokens at all", Sample { values: vec![], ids: vec![], doclens: vec![0, 0], dim: 4 }),
        ("one token", Sample { values: vec![f16::ONE; 4], ids: vec![9], doclens: vec![0, 1], dim: 4 }),
        (
            "71 equal tokens",
            Sample { values: vec![f16::ONE; 71 * 4], ids: vec![9; 71], doclens: vec![71], dim: 4 },
        ),
        ("255 tokens", of_tokens(255)),
        ("256 tokens", of_tokens(256)),
        (
            "zeros",
            Sample { values: vec![f16::ZERO; 300 * 4], ids: vec![1; 300], doclens: vec![100; 3], dim: 4 },
        ),
        (
            "huge values",
            Sample { values: vec![f16::MAX; 300 * 4], ids: vec![1; 300], doclens: vec![100; 3], dim: 4 },
        ),
    ];
    for (name, sample) in cases {
        for exact_below in [0, usize::MAX] {
            let (_folder, index) = open(&sample, &quick(exact_below));
            let mut searcher = Searcher::new(index.clone());
            let hits = searcher
                .search(&[0.5, -0.25, 1.0, 0.125], &SearchParams::default(), None, &|| false)
                .unwrap()
                .hits;
            let with_tokens = sample.doclens.iter().filter(|&&length| length > 0).count();
            assert_eq!(hits.len(), with_tokens.min(10), "{name}");
            assert!(hits.iter().all(|hit| hit.score.is_finite()), "{name}: {hits:?}");
        }
    }
}

fn of_tokens(n: usize) -> Sample {
    let values = Random::new(n as u64).halves(n * 4);
    Sample { values, ids: (0..n as u32).map(|i| i % 7).collect(), doclens: vec![n as u32 - 5, 5], dim: 4 }
}
