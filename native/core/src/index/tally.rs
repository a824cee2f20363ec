//! How far tokens lie from their centroids, counted by tier: what drift is computed from (`drift.rs`).

use half::f16;

/// Names of the tiers. A codec without token types has one tier, the last.
pub(super) const TIERS: [&str; 3] = ["micro", "small", "active"];

/// Number of tokens and sum of squared norms of residuals, for each tier.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) tokens: [u64; TIERS.len()],
    squares: [f64; TIERS.len()],
}

impl Tally {
    /// Of tokens with these centroids and norms; `tiers` holds the tier of each centroid, see [`tiers`].
    pub(super) fn of(tiers: &[u8], centroids: &[u32], norms: &[f16]) -> Self {
        let mut tally = Self::default();
        for (&centroid, norm) in centroids.iter().zip(norms) {
            let tier = tiers.get(centroid as usize).map_or(TIERS.len() - 1, |&tier| usize::from(tier));
            tally.tokens[tier] += 1;
            tally.squares[tier] += f64::from(norm.to_f32()).powi(2);
        }
        tally
    }

    /// Adds another.
    pub(super) fn add(&mut self, other: &Self) {
        for tier in 0..TIERS.len() {
            self.tokens[tier] += other.tokens[tier];
            self.squares[tier] += other.squares[tier];
        }
    }

    /// The error of each tier; 0 where a tier has no tokens.
    pub(super) fn errors(&self) -> [f64; TIERS.len()] {
        std::array::from_fn(|tier| self.squares[tier] / self.tokens[tier].max(1) as f64)
    }
}

/// The tier of each of `count` centroids, from the first centroid of each type; empty without token types.
pub(super) fn tiers(type_centroids: &[u32], count: usize) -> Vec<u8> {
    let mut tiers = Vec::new();
    for ends in type_centroids.windows(2) {
        // The numbers of a file that was not verified may be any.
        let centroids = (ends[1].saturating_sub(ends[0]) as usize).min(count - tiers.len());
        tiers.extend(std::iter::repeat_n(centroids.clamp(1, TIERS.len()) as u8 - 1, centroids));
    }
    tiers
}
