//! Multiplying token vectors with an orthogonal matrix. `learn_rotation.rs` says which, and what for.

use crate::kernel::{Kernels, Panels};

/// An orthogonal matrix that token vectors and queries are multiplied with.
pub struct Rotation {
    dim: usize,
    /// The rows of the matrix as columns for the kernels.
    packed: Vec<f32>,
}

impl Rotation {
    /// The rotation by `matrix`, `[dim][dim]`, whose rows are the new axes.
    pub fn new(matrix: &[f32], dim: usize) -> Self {
        let mut packed = Vec::new();
        Panels::pack(matrix, dim, &mut packed);
        Self { dim, packed }
    }

    /// Rotates `rows`, `[rows][dim]`, in place. `rotated` is a scratch buffer.
    pub fn apply(&self, kernels: &Kernels, rows: &mut [f32], rotated: &mut Vec<f32>) {
        const ROWS: usize = 16;
        let panels = Panels::packed(&self.packed, self.dim);
        rotated.resize(ROWS * panels.columns(), 0.0);
        for rows in rows.chunks_mut(ROWS * self.dim) {
            let rotated = &mut rotated[..rows.len() / self.dim * panels.columns()];
            kernels.products(rows, self.dim, panels, rotated);
            for (row, rotated) in rows.chunks_exact_mut(self.dim).zip(rotated.chunks_exact(panels.columns()))
            {
                row.copy_from_slice(&rotated[..self.dim]);
            }
        }
    }
}

/// `rows`, `[rows][columns]`, as `[columns][rows]`.
pub fn transposed(rows: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|c| rows.iter().skip(c).step_by(columns)).copied().collect()
}
