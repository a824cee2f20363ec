//! Times the stages of a build and of a search on a data set of `bench/datasets`:
//! `cargo run --release --example stages -- <folder> [threads]`.

#![allow(clippy::print_stdout, reason = "a program's output")]

use maxsimd_core::build::{BuildParams, build};
use maxsimd_core::corpus::CorpusFiles;
use maxsimd_core::index::{Check, Index};
use maxsimd_core::input::Reader;
use maxsimd_core::monitor::{Monitor, Stage, Unwatched};
use maxsimd_core::search::{SearchParams, Searcher};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Remembers when each stage was first heard of.
struct Clock {
    began: Instant,
    stages: Mutex<Vec<(Stage, f64)>>,
}

impl Monitor for Clock {
    fn progress(&self, stage: Stage, _: u64, _: u64) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        if stages.last().is_none_or(|&(last, _)| last < stage) {
            stages.push((stage, self.began.elapsed().as_secs_f64()));
        }
    }

    fn cancelled(&self) -> bool {
        false
    }
}

fn main() -> maxsimd_core::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "bench/sample".into()));
    let threads = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    match pool {
        Ok(pool) => pool.install(|| run(&folder)),
        Err(_) => run(&folder),
    }
}

fn run(folder: &std::path::Path) -> maxsimd_core::Result<()> {
    let reader = Reader { folder: &std::env::temp_dir(), monitor: &Unwatched };
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let ids = file("token_ids.npy");
    let files = CorpusFiles::open(&reader, &file("vectors.npy"), Some(&ids), Some(&file("doclens.npy")))?;
    let corpus = files.corpus(&Unwatched)?;
    let path = std::env::temp_dir().join(format!("maxsimd-stages-{}.maxsim", std::process::id()));
    let clock = Clock { began: Instant::now(), stages: Mutex::default() };
    build(&corpus, &BuildParams::default(), &path, &clock)?;
    let total = clock.began.elapsed().as_secs_f64();
    let stages = clock.stages.lock().unwrap_or_else(PoisonError::into_inner);
    for (number, (stage, from)) in stages.iter().enumerate() {
        let to = stages.get(number + 1).map_or(total, |next| next.1);
        println!("{:9} {:8.3} s", stage.name(), to - from);
    }
    println!("{:9} {total:8.3} s", "build");

    let index = Arc::new(Index::open(&path, Check::Quick)?);
    let queries = reader.vectors(&file("query_vectors.npy"))?;
    let lengths = reader.doclens(&file("query_lens.npy"))?;
    let tokens: Vec<f32> = queries.iter().map(|v| v.to_f32()).collect();
    let mut searcher = Searcher::new(index.clone());
    let mut times = Vec::new();
    for round in 0..4 {
        let mut row = 0;
        for &length in lengths.iter() {
            let query = &tokens[row * index.dim()..(row + length as usize) * index.dim()];
            row += length as usize;
            let began = Instant::now();
            searcher.search(query, &SearchParams::default(), None, &|| false)?;
            if round > 0 {
                times.push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
    }
    times.sort_by(f64::total_cmp);
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    println!(
        "search    mean {mean:.3} ms, p50 {:.3} ms, p99 {:.3} ms",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    println!(
        "          centroids compared per query token {:.0}",
        searcher.compared() as f64 / (4.0 * tokens.len() as f64 / index.dim() as f64)
    );
    // The data set's own folder is left as it was.
    std::fs::remove_file(&path).map_err(|source| maxsimd_core::Error::io(&path, "remove", source))
}
