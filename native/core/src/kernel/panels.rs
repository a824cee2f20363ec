//! Matrices of column vectors, packed for the loops of [`super::Kernels`].

/// Number of lanes, which is the number of columns in a panel.
pub const LANES: usize = 16;

/// `n` columns rounded up to whole panels.
pub fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// Column vectors packed sixteen to a panel, `[panel][dimension][16]`. Padding columns are zero.
#[derive(Clone, Copy)]
pub struct Panels<'a> {
    data: &'a [f32],
    width: usize,
}

impl<'a> Panels<'a> {
    /// Packs `vectors`, `[columns][dim]`, into `store`.
    pub fn pack(vectors: &[f32], dim: usize, store: &'a mut Vec<f32>) -> Self {
        let columns = vectors.len() / dim.max(1);
        assert_eq!(columns * dim, vectors.len(), "panels: vectors are not whole rows");
        store.clear();
        store.resize(padded(columns) * dim, 0.0);
        for (column, vector) in vectors.chunks_exact(dim.max(1)).enumerate() {
            let base = (column / LANES) * dim * LANES + column % LANES;
            for (d, &value) in vector.iter().enumerate() {
                store[base + d * LANES] = value;
            }
        }
        Self::packed(store, dim)
    }

    /// Panels over `data`, which [`Self::pack`] filled with vectors of `dim` values.
    pub fn packed(data: &'a [f32], dim: usize) -> Self {
        assert!(dim > 0 && data.len().is_multiple_of(dim * LANES), "panels: not whole panels");
        Self { data, width: dim }
    }

    /// Number of values in a column.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of columns, with padding.
    pub fn columns(&self) -> usize {
        self.count() * LANES
    }

    /// Number of panels.
    pub(super) fn count(&self) -> usize {
        self.data.len() / (self.width * LANES)
    }

    /// Panel `p`, `[width][16]`.
    pub(super) fn panel(&self, p: usize) -> &'a [f32] {
        let length = self.width * LANES;
        &self.data[p * length..(p + 1) * length]
    }
}
