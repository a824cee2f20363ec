//! The provenance of an index: parameters of the build and digests of the inputs, as JSON.

use super::params::BuildParams;
use crate::Result;
use crate::cluster::AutoParams;
use crate::corpus::Corpus;
use crate::monitor::Monitor;
use bytemuck::Pod;
use serde_json::{Value, json};

/// Resolved parameters and digests of the inputs; `graph` says whether there is one. Holds no time and no path: equal inputs give equal bytes.
pub(super) fn provenance(
    corpus: &Corpus<'_>,
    params: &BuildParams,
    auto: Option<&AutoParams>,
    how: &str,
    graph: bool,
    monitor: &dyn Monitor,
) -> Result<String> {
    let token_ids = match &corpus.token_ids {
        Some(ids) => digest(ids, monitor)?.into(),
        None => Value::Null,
    };
    let codebooks = params.codebooks.as_ref().map(|given| digest(&given.rows, monitor)).transpose()?;
    let mut provenance = json!({
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
            "hnswM": graph.then_some(params.graph.m),
            "efConstruction": graph.then_some(params.graph.ef_construction),
            "centerDataset": params.center,
            "exactBelow": params.exact_below,
            "scanBelow": params.scan_below,
        },
        "inputs": {
            "vectors": digest(corpus.vectors.values, monitor)?,
            "tokenIds": token_ids,
            "docOffsets": digest(&corpus.doc_offsets, monitor)?,
        },
    });
    // These are written only if they differ from the default, so that the bytes of other files stay the same.
    if !params.pq.scale_norms {
        provenance["parameters"]["scaleNorms"] = false.into();
    }
    if let Some(digest) = codebooks {
        provenance["inputs"]["codebooks"] = digest.into();
    }
    if let Some(records) = &corpus.records {
        let mut hasher = blake3::Hasher::new();
        for record in &records.list {
            hasher.update(json!([record.id, record.fields]).to_string().as_bytes());
        }
        provenance["inputs"]["records"] = hasher.finalize().to_hex().to_string().into();
    }
    if let Some(dtype) = corpus.rounded_from {
        provenance["inputs"]["vectorsRoundedFrom"] = dtype.name().into();
    }
    Ok(provenance.to_string())
}

/// BLAKE3 of the values' bytes, in hexadecimal.
fn digest<T: Pod>(values: &[T], monitor: &dyn Monitor) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    // In parts of a few milliseconds, so that the caller can cancel it.
    for part in bytemuck::cast_slice::<T, u8>(values).chunks(8 << 20) {
        monitor.check()?;
        hasher.update_rayon(part);
    }
    Ok(hasher.finalize().to_hex().to_string())
}
