//! Columns packed for the matrix loops.

/// Lanes that move together: columns in a panel.
pub const LANES: usize = 16;

/// `n` rounded up to whole panels.
pub fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// A matrix of column vectors packed sixteen to a panel, `[panel][dimension][16]`, or a range of its dimensions. Columns
/// beyond the given ones are zero.
#[derive(Clone, Copy)]
pub struct Panels<'a> {
    data: &'a [f32],
    dim: usize,
    first: usize,
    width: usize,
}

impl<'a> Panels<'a> {
    /// Packs `columns` vectors of `dim` values, row-major in `vectors`, into `store`.
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

    /// Panels that lie packed in `data` already, with `dim` dimensions.
    pub fn packed(data: &'a [f32], dim: usize) -> Self {
        assert!(dim > 0 && data.len().is_multiple_of(dim * LANES), "panels: not whole panels");
        Self { data, dim, first: 0, width: dim }
    }

    /// The same columns with only the dimensions `first .. first + width`.
    pub fn dimensions(self, first: usize, width: usize) -> Self {
        assert!(first + width <= self.width, "panels: dimensions out of range");
        Self { first: self.first + first, width, ..self }
    }

    /// Values in a column.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Columns, padding included.
    pub fn columns(&self) -> usize {
        self.count() * LANES
    }

    /// Number of panels.
    pub(super) fn count(&self) -> usize {
        self.data.len() / (self.dim * LANES)
    }

    /// Start of panel `p`: `width × 16` values.
    pub(super) fn panel(&self, p: usize) -> &'a [f32] {
        let start = (p * self.dim + self.first) * LANES;
        &self.data[start..start + self.width * LANES]
    }
}
