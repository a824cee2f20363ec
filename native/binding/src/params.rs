//! Search parameters as they come from TypeScript.

use maxsimd_core::search::SearchParams;
use napi_derive::napi;

/// Search parameters; the TypeScript side has filled in every default and checked that counts are whole.
#[napi(object)]
#[derive(Clone, Copy)]
pub struct NativeSearchParams {
    /// Documents to return.
    pub k: u32,
    /// Coarse centroids per query token.
    pub k_centroids: u32,
    /// Most candidates scored.
    pub k_docs_to_score: u32,
    /// Beam width; absent: half again as many as `k_centroids`.
    pub ef_search: Option<u32>,
    /// Pruning of candidates; absent: none.
    pub alpha: Option<f64>,
    /// Early stop; absent: none.
    pub beta: Option<u32>,
    /// Relaxation of the walk; absent: none.
    pub lambda: Option<f64>,
}

impl From<NativeSearchParams> for SearchParams {
    fn from(given: NativeSearchParams) -> Self {
        Self {
            k: given.k as usize,
            k_centroids: given.k_centroids as usize,
            k_docs_to_score: given.k_docs_to_score as usize,
            ef_search: given.ef_search.map(|ef| ef as usize),
            alpha: given.alpha.map(|alpha| alpha as f32),
            beta: given.beta.map(|beta| beta as usize),
            lambda: given.lambda.map(|lambda| lambda as f32),
        }
    }
}
