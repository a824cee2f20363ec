//! Drift: how much farther the tokens of a version lie from their centroids than the tokens did that its codec was trained with.
//!
//! ```text
//! tier of a token   ← by the type to which its centroid belongs: micro if the type has 1 centroid, small if 2, otherwise active
//! error of a tier   ← mean of the squared norms of its tokens' residuals (token − centroid)
//! drift of a tier   ← error of the version's tokens / error of the training tokens
//! ```
//!
//! A residual is coded with the same number of bytes whatever its norm. So the error of a score grows with the norms, and with it what
//! a search misses. The training tokens of rare types lie nearer to their centroids than any others, because they alone decided where
//! those are: there a drift above 1 is usual. Tokens of deleted documents count until a compaction leaves them out.

use super::codec::Codec;
use super::segment::Segment;
use super::tally::{TIERS, Tally};

/// The drift of one tier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Its name: micro, small or active.
    pub tier: &'static str,
    /// Number of the version's tokens in it.
    pub tokens: u64,
    /// Error of the training tokens.
    pub trained: f64,
    /// Error of the version's tokens.
    pub error: f64,
}

/// The drift of each tier that has tokens, then and now; empty where nothing is coded, or where it is not known how the codec was trained.
pub(super) fn drift<'a>(codec: &Codec, segments: impl Iterator<Item = &'a Segment>) -> Vec<Drift> {
    let Some(trained) = codec.trained_errors() else { return Vec::new() };
    let mut now = Tally::default();
    segments.for_each(|segment| now.add(segment.tally(codec)));
    let errors = now.errors();
    let of = |tier: usize| Drift {
        tier: TIERS[tier],
        tokens: now.tokens[tier],
        trained: trained[tier],
        error: errors[tier],
    };
    (0..TIERS.len()).map(of).filter(|drift| drift.tokens > 0 && drift.trained > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use crate::build::{BuildParams, build};
    use crate::collection::Collection;
    use crate::corpus::{Corpus, InputNames, TokenVectors};
    use crate::documents::{Record, Records};
    use crate::index::{Check, Index};
    use crate::monitor::Unwatched;
    use crate::testing::Random;
    use half::f16;
    use std::borrow::Cow;

    const DIM: usize = 8;

    /// Passes 60 documents of 20 tokens to `work`: tokens of type 0 are everywhere, of which `rare` more types have two each.
    fn with_corpus<T>(seed: u64, noise: f32, work: impl FnOnce(&Corpus<'_>) -> T) -> T {
        let directions = Random::new(1).floats(40 * DIM);
        let mut random = Random::new(seed);
        let (mut values, mut ids) = (Vec::new(), Vec::new());
        for token in 0..1200_usize {
            let kind = if token % 15 == 0 { 1 + token / 30 % 39 } else { 0 };
            ids.push(kind as u32);
            let noise_values = random.floats(DIM);
            let near = directions[kind * DIM..].iter().zip(noise_values);
            values.extend(near.map(|(d, n)| f16::from_f32(d + noise * n)));
        }
        let vectors = TokenVectors { values: &values, dim: DIM };
        let corpus =
            Corpus::new(vectors, Some(Cow::Owned(ids)), &[20; 60], &InputNames::default(), &Unwatched)
                .unwrap();
        let record = |i: usize| Record { id: Some(format!("{seed}-{i}")), fields: Default::default() };
        let records = Records::new("records", (0..60).map(record).collect(), None).unwrap();
        work(&corpus.with_records("records", records).unwrap())
    }

    #[test]
    fn tokens_farther_from_their_centroids_show_as_drift_and_compaction_keeps_what_was_trained() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("first.maxsim");
        let params = BuildParams { exact_below: 0, ..BuildParams::default() };
        with_corpus(2, 0.3, |corpus| build(corpus, &params, &first, &Unwatched)).unwrap();
        let built = Index::open(&first, Check::Full).unwrap();
        let tiers = built.drift();
        assert!(tiers.len() > 1, "{tiers:?}");
        assert!(tiers.iter().all(|drift| drift.trained == drift.error), "{tiers:?}");
        assert_eq!(tiers.iter().map(|drift| drift.tokens).sum::<u64>(), 1200);
        // The definition, once more.
        let norms: f64 =
            built.segments()[0].segment.norms().iter().map(|n| f64::from(n.to_f32()).powi(2)).sum();
        let weighted: f64 = tiers.iter().map(|drift| drift.error * drift.tokens as f64).sum();
        assert!((weighted / norms - 1.0).abs() < 1e-9);

        std::fs::write(folder.path().join("current"), "first\n").unwrap();
        let collection = Collection::open(folder.path()).unwrap();
        let current = || collection.version(&collection.current().unwrap()).unwrap();
        with_corpus(3, 0.3, |corpus| collection.upsert(corpus, None, &Unwatched)).unwrap();
        let alike = current().drift();
        // The centroid of a type with two tokens lies between them, and so is nearer to them than to any others.
        let active = |tiers: &[super::Drift]| {
            tiers.iter().find(|d| d.tier == "active").map(|d| d.error / d.trained).unwrap()
        };
        assert!((1.0..1.1).contains(&active(&alike)), "{alike:?}");
        with_corpus(4, 1.5, |corpus| collection.upsert(corpus, None, &Unwatched)).unwrap();
        let drifted = current().drift();
        assert!(active(&drifted) > 2.0, "{drifted:?}");
        // The codec moves to a file of its own, and all documents into one segment.
        collection.compact(true, &Unwatched).unwrap().unwrap();
        assert_eq!(current().drift(), drifted);
        assert_eq!(current().codec().identity(), built.codec().identity());
    }
}
