//! Two-level product quantisation: a token is its centroid, and the residual's direction in words and its norm.
//!
//! `reconstruction = centroid + norm · word(codes)`: 4 bytes of centroid id, one byte a subspace, 2 bytes of norm. The norm is
//! the residual's, stretched by what its words lack.

pub mod bytes;
pub mod codebooks;
pub mod encode;
pub mod residual;
pub mod sample;
pub mod train;

pub use bytes::{ByteCentroids, ByteCodebooks, ByteQuery};
pub use codebooks::{Codebooks, Subspaces, WORDS};
pub use encode::Encoder;
pub use residual::Residuals;
pub use train::{PqParams, train};
