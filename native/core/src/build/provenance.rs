//! What an index was built from and how, as JSON in the segment.

use super::params::BuildParams;
use crate::cluster::AutoParams;
use crate::corpus::Corpus;
use bytemuck::Pod;
use serde_json::{Value, json};

/// Resolved parameters and digests of the inputs. Holds no time and no path: equal inputs give equal bytes.
pub(super) fn provenance(corpus: &Corpus<'_>, params: &BuildParams, auto: Option<&AutoParams>, how: &str) -> String {
    let token_ids = corpus.token_ids.as_deref().map_or(Value::Null, |ids| digest(ids).into());
    json!({
        "built": how,
        "parameters": {
            "totalCentroids": auto.map(|auto| auto.total_centroids),
            "tacNIter": auto.map(|_| params.tac.n_iter.unwrap_or(crate::cluster::tac::DEFAULT_N_ITER)),
            "tacMicroThreshold": auto.map(|auto| auto.thresholds.micro),
            "tacSmallThreshold": auto.map(|auto| auto.thresholds.small),
            "maxSampleSize": params.tac.max_sample_size,
            "pqSampleSize": params.pq.sample_size,
            "pqNIter": params.pq.n_iter,
            "pqSubspaces": params.pq.subspaces,
            "pqSeed": params.pq.seed,
            "normalize": params.pq.normalize,
            "hnswM": params.graph.m,
            "efConstruction": params.graph.ef_construction,
            "centerDataset": params.center,
            "exactBelow": params.exact_below,
        },
        "inputs": {
            "vectors": digest(corpus.vectors.values),
            "tokenIds": token_ids,
            "docOffsets": digest(&corpus.doc_offsets),
        },
    })
    .to_string()
}

/// BLAKE3 of the values' bytes, hexadecimal.
fn digest<T: Pod>(values: &[T]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update_rayon(bytemuck::cast_slice(values));
    hasher.finalize().to_hex().to_string()
}
