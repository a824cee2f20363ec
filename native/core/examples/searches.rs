//! Times searches of an index file, one thread, with the queries of a data set of `bench/datasets`:
//! `cargo run --release --example searches -- <index> <folder> [k_centroids k_docs ef_search alpha [rounds]]`.

#![allow(clippy::print_stdout, reason = "a program's output")]

use maxsimd_core::index::{Check, Index};
use maxsimd_core::input::Reader;
use maxsimd_core::monitor::Unwatched;
use maxsimd_core::search::{SearchParams, Searcher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

fn main() -> maxsimd_core::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = |i: usize| PathBuf::from(arguments.get(i).map_or("", String::as_str));
    let mut params = SearchParams::default();
    if let [_, _, k_centroids, k_docs, ef, alpha, ..] = &arguments[..] {
        params.k_centroids = k_centroids.parse().unwrap_or(params.k_centroids);
        params.k_docs_to_score = k_docs.parse().unwrap_or(params.k_docs_to_score);
        params.ef_search = ef.parse().ok();
        params.alpha = alpha.parse().ok();
    }
    let rounds = arguments.get(6).and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let index = Arc::new(Index::open(path(0), Check::Quick)?);
    let reader = Reader { folder: &std::env::temp_dir(), monitor: &Unwatched };
    let queries = reader.vectors(&path(1).join("query_vectors.npy").to_string_lossy())?;
    let lengths = reader.doclens(&path(1).join("query_lens.npy").to_string_lossy())?;
    let tokens: Vec<f32> = queries.iter().map(|v| v.to_f32()).collect();
    let mut searcher = Searcher::new(index.clone());
    let mut times = Vec::new();
    let mut scores = 0.0;
    for round in 0..=rounds {
        let mut row = 0;
        for &length in lengths.iter() {
            let query = &tokens[row * index.dim()..(row + length as usize) * index.dim()];
            row += length as usize;
            let began = Instant::now();
            let hits = searcher.search(query, &params, None, &|| false)?.hits;
            if round > 0 {
                times.push(began.elapsed().as_secs_f64() * 1000.0);
            } else {
                scores += hits.iter().map(|hit| f64::from(hit.score)).sum::<f64>();
            }
        }
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{} queries: mean {:.3} ms, p50 {:.3} ms, p99 {:.3} ms; sum of all scores {scores:.4}",
        lengths.len(),
        times.iter().sum::<f64>() / times.len() as f64,
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    Ok(())
}
