//! Two-level product quantisation of the token vectors.
//!
//! A token is stored as its centroid's id (4 bytes), the codes of its residual's direction (one byte for each subspace) and a
//! norm (2 bytes). A code selects one of the 256 *words* of the subspace's codebook. The token is reconstructed as
//! `centroid + norm · words(codes)`. The norm is that of the residual, scaled as [`Encoder`] describes. All this happens to tokens
//! after a learned rotation ([`Rotation`]); queries are rotated too, and embeddings are rotated back.

pub mod bytes;
pub mod codebooks;
pub mod encode;
pub mod learn_rotation;
pub mod residual;
pub mod rotation;
pub mod sample;
pub mod train;

pub use bytes::{ByteCentroids, ByteCodebooks, ByteQuery, NO_ROW, Scannable};
pub use codebooks::{Codebooks, Subspaces, WORDS};
pub use encode::Encoder;
pub use residual::Residuals;
pub use rotation::Rotation;
pub use train::{PqParams, train};
