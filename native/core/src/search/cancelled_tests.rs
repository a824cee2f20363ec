//! Searches that are cancelled.

use super::tests::{open, quick, sample};
use super::{SearchParams, Searcher};
use crate::build::BuildParams;
use crate::testing::Random;

#[test]
fn a_cancelled_search_ends_with_cancelled() {
    let (_folder, index) = open(&sample(1, 60, 4, 3), &quick(0));
    let mut searcher = Searcher::new(index);
    let asked = std::cell::Cell::new(0);
    let result = searcher.search(&[0.5; 4 * 20], &SearchParams::default(), None, &|| {
        asked.set(asked.get() + 1);
        asked.get() > 5
    });
    assert!(matches!(result, Err(crate::Error::Cancelled)));
    assert_eq!(asked.get(), 6);
}

/// Wherever a search is cancelled, the next one of the same searcher answers as if it had not been.
#[test]
fn a_cancelled_search_leaves_nothing_behind() {
    for params in [quick(0), BuildParams { scan_below: usize::MAX, ..quick(0) }, quick(usize::MAX)] {
        let (_folder, index) = open(&sample(5, 80, 12, 6), &params);
        let mut random = Random::new(9);
        let queries: Vec<Vec<f32>> = (0..2).map(|_| random.floats(6 * index.dim())).collect();
        let search = SearchParams { k_centroids: 3, k_docs_to_score: 20, ..SearchParams::default() };
        let answer = |searcher: &mut Searcher, query: &[f32]| {
            searcher.search(query, &search, None, &|| false).unwrap().hits.to_vec()
        };
        let expected = answer(&mut Searcher::new(index.clone()), &queries[0]);
        let mut searcher = Searcher::new(index);
        for before in 0.. {
            let asked = std::cell::Cell::new(0);
            let cancelled = || asked.replace(asked.get() + 1) >= before;
            let ended = searcher.search(&queries[1], &search, None, &cancelled).is_ok();
            assert_eq!(answer(&mut searcher, &queries[0]), expected, "cancelled when asked {before} times");
            if ended {
                break;
            }
        }
    }
}
