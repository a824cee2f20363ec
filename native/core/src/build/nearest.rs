//! The centroid of each token of documents that are added to an index.
//!
//! ```text
//! group the tokens by vocabulary id
//! for each id, in parallel:
//!     candidates ← the centroids that the codec has for the id; all centroids, if it has none or the tokens have no ids
//!     for each token of the id, in blocks:
//!         t ← rotation · (token − mean)
//!         its centroid ← the candidate c with the largest ⟨t, c⟩ − ‖c‖²/2, which is the nearest
//! ```
//!
//! Cost: `candidates · dim` multiply-adds for each token, and `dim²` for the rotation. With vocabulary ids a token has some hundreds of
//! candidates at most; without them all centroids.

use crate::Result;
use crate::cluster::TokenTypes;
use crate::cluster::assign::Codebook;
use crate::corpus::Corpus;
use crate::index::Codec;
use crate::kernel::{self, Kernels};
use crate::monitor::{Monitor, Stage};
use half::f16;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Tokens compared together.
const BLOCK: usize = 256;

/// The nearest centroid of each token. Runs in the current rayon pool.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(super) fn nearest(codec: &Codec, corpus: &Corpus<'_>, monitor: &dyn Monitor) -> Result<Vec<u32>> {
    let tokens = corpus.vectors.len();
    let types = match &corpus.token_ids {
        Some(ids) => TokenTypes::group(ids),
        None => TokenTypes::single(tokens),
    };
    let known = corpus.token_ids.is_some();
    // Each token has one place, which one thread writes.
    let assignments: Vec<AtomicU32> = (0..tokens).map(|_| AtomicU32::new(0)).collect();
    let done = AtomicU64::new(0);
    let all = std::sync::OnceLock::new();
    let work =
        Work { codec, corpus, kernels: kernel::active(), monitor, assignments: &assignments, done: &done };
    (0..types.len()).into_par_iter().try_for_each(|t| {
        let of_type = known.then(|| centroids_of(codec, types.ids[t])).flatten();
        match of_type {
            Some(range) => {
                let codebook = codebook(codec, range.clone());
                work.assign(&codebook, range.start as u32, types.rows(t))
            }
            None => {
                work.assign(all.get_or_init(|| codebook(codec, 0..codec.centroid_count())), 0, types.rows(t))
            }
        }
    })?;
    Ok(assignments.into_iter().map(AtomicU32::into_inner).collect())
}

/// The centroids of a vocabulary id, if the codec has some.
fn centroids_of(codec: &Codec, token_id: u32) -> Option<Range<usize>> {
    let t = codec.type_ids().binary_search(&token_id).ok()?;
    let range = codec.type_centroids()[t] as usize..codec.type_centroids()[t + 1] as usize;
    (!range.is_empty()).then_some(range)
}

fn codebook(codec: &Codec, range: Range<usize>) -> Codebook {
    let dim = codec.dim();
    let rows = &codec.centroids()[range.start * dim..range.end * dim];
    Codebook::new(&rows.iter().copied().map(f16::to_f32).collect::<Vec<_>>(), dim)
}

struct Work<'a> {
    codec: &'a Codec,
    corpus: &'a Corpus<'a>,
    kernels: &'static Kernels,
    monitor: &'a dyn Monitor,
    assignments: &'a [AtomicU32],
    done: &'a AtomicU64,
}

impl Work<'_> {
    /// Gives the tokens `rows` their nearest of the centroids in `codebook`, of which `first` is the first.
    fn assign(&self, codebook: &Codebook, first: u32, rows: &[u32]) -> Result<()> {
        let (dim, total) = (self.codec.dim(), self.assignments.len() as u64);
        rows.par_chunks(BLOCK).try_for_each(|rows| {
            self.monitor.check()?;
            let mut block = vec![0.0; rows.len() * dim];
            for (&row, values) in rows.iter().zip(block.chunks_exact_mut(dim)) {
                self.kernels.widen(self.corpus.vectors.row(row as usize), values);
                values.iter_mut().zip(self.codec.mean()).for_each(|(value, mean)| *value -= mean);
            }
            if let Some(rotation) = self.codec.rotation() {
                rotation.apply(self.kernels, &mut block, &mut Vec::new());
            }
            let (mut columns, mut scores) = (vec![0; rows.len()], vec![0.0; rows.len()]);
            codebook.nearest(self.kernels, &block, &mut columns, &mut scores);
            for (&row, column) in rows.iter().zip(columns) {
                self.assignments[row as usize].store(first + column, Ordering::Relaxed);
            }
            let done = self.done.fetch_add(rows.len() as u64, Ordering::Relaxed) + rows.len() as u64;
            self.monitor.progress(Stage::Cluster, done, total);
            Ok(())
        })
    }
}
