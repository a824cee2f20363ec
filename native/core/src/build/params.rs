//! Parameters of a build.

use super::given::GivenCodebooks;
use crate::Result;
use crate::cluster::TacParams;
use crate::graph::GraphParams;
use crate::quantize::PqParams;

/// Parameters of a build, with the reference's defaults.
#[derive(Debug, Clone)]
pub struct BuildParams {
    /// Token-aware clustering.
    pub tac: TacParams,
    /// Residual codebooks.
    pub pq: PqParams,
    /// Given residual codebooks, which are used instead of training them.
    pub codebooks: Option<GivenCodebooks>,
    /// Centroid graph.
    pub graph: GraphParams,
    /// Whether the mean of all tokens is subtracted from each before coding. Searches add its share to the scores again.
    pub center: bool,
    /// A corpus of fewer tokens is stored with its original vectors, and a search scores every document. With a few thousand
    /// tokens that takes less than a millisecond and is exact, and codebooks would have too few tokens to train on.
    pub exact_below: usize,
    /// With fewer centroids than this no graph is built, and a search compares all of them.
    pub scan_below: usize,
    /// With at least this many centroids and no graph, the centroids are put into groups, and a search compares only those of the
    /// groups nearest to each query token.
    pub grouped_from: usize,
    /// Most anonymous memory the build may take, in bytes. Fewer threads are used where that makes it fit.
    pub max_memory: Option<u64>,
}

/// Tokens below which a corpus is kept whole: 4,096 × 32 × 128 products take half a millisecond on one core, and
/// codebooks of 256 words want some thousands of tokens to train on.
pub const DEFAULT_EXACT_BELOW: usize = 4096;

/// Centroids below which a search scans them, in groups, instead of walking a graph. Groups are built in a second, a graph in ten. With
/// 38,361 centroids (Debian corpus) a query takes 2.2 ms with groups and 2.7 ms with a graph at the defaults, 0.64 and 0.71 ms at the
/// fastest point of the grid; recall@10 is 0.9149 and 0.9153. As bytes the centroids below this limit fit into a processor's cache; a
/// walk visits fewer where they do not.
pub const DEFAULT_SCAN_BELOW: usize = 262_144;

/// Centroids from which on there are groups. A scan of fewer takes less than 7 µs a query token and is exact.
pub const DEFAULT_GROUPED_FROM: usize = 8192;

impl Default for BuildParams {
    fn default() -> Self {
        Self {
            tac: TacParams::default(),
            pq: PqParams::default(),
            codebooks: None,
            graph: GraphParams::default(),
            center: true,
            exact_below: DEFAULT_EXACT_BELOW,
            scan_below: DEFAULT_SCAN_BELOW,
            grouped_from: DEFAULT_GROUPED_FROM,
            max_memory: None,
        }
    }
}

impl BuildParams {
    /// Checks every range that does not depend on the corpus, and that given codebooks fit vectors of `dim` dimensions.
    ///
    /// # Errors
    /// [`crate::Error::Parameter`], [`crate::Error::Input`].
    pub fn check(&self, dim: usize) -> Result<()> {
        self.tac.check()?;
        self.pq.check()?;
        self.graph.check()?;
        self.codebooks.as_ref().map_or(Ok(()), |codebooks| codebooks.check(dim))
    }
}
