//! The residual codebooks: 256 words for each subspace.

use crate::kernel::{Kernels, LANES, Panels};

/// Number of words in a codebook. A code is one byte.
pub const WORDS: usize = 256;

/// How the dimensions are split among the codebooks.
///
/// Subspace `m` of `M` has the dimensions `⌊m·dim/M⌋ .. ⌊(m+1)·dim/M⌋`, so widths differ by at most one and there is no
/// padding. If `dim` is below the requested number of subspaces, each dimension is a subspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subspaces {
    bounds: Vec<usize>,
}

impl Subspaces {
    /// Splits `dim` dimensions into `min(subspaces, dim)` parts.
    pub fn split(dim: usize, subspaces: usize) -> Self {
        let parts = subspaces.min(dim).max(1);
        Self { bounds: (0..=parts).map(|m| m * dim / parts).collect() }
    }

    /// Number of subspaces.
    pub(crate) fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// Total number of dimensions.
    pub fn dim(&self) -> usize {
        self.bounds[self.len()]
    }

    /// The common width of all subspaces; `None` if widths differ.
    pub fn even_width(&self) -> Option<usize> {
        let width = self.bounds[1] - self.bounds[0];
        self.bounds.windows(2).all(|ends| ends[1] - ends[0] == width).then_some(width)
    }

    /// First dimension and width of subspace `m`.
    pub fn range(&self, m: usize) -> (usize, usize) {
        (self.bounds[m], self.bounds[m + 1] - self.bounds[m])
    }

    /// Converts `rows`, `[256][dim]`, whose row `w` holds word `w` of every subspace, to the order of [`Codebooks::words`].
    pub fn words_of(&self, rows: &[f32]) -> Vec<f32> {
        let mut words = Vec::with_capacity(rows.len());
        for m in 0..self.len() {
            let (first, width) = self.range(m);
            rows.chunks_exact(self.dim()).for_each(|row| words.extend_from_slice(&row[first..first + width]));
        }
        words
    }
}

/// A view of all codebooks.
#[derive(Clone, Copy)]
pub struct Codebooks<'a> {
    /// The words, subspace after subspace, `[256][width]` each; `256 · dim` values.
    pub words: &'a [f32],
    /// The split.
    pub subspaces: &'a Subspaces,
}

impl<'a> Codebooks<'a> {
    /// The words of subspace `m`, `[256][width]`.
    pub fn of(&self, m: usize) -> &'a [f32] {
        let (first, width) = self.subspaces.range(m);
        &self.words[WORDS * first..WORDS * (first + width)]
    }

    /// The words as rows, `[256][dim]`: row `w` holds word `w` of every subspace. The inverse of [`Subspaces::words_of`].
    pub fn rows(&self) -> Vec<f32> {
        let dim = self.subspaces.dim();
        let mut rows = vec![0.0; WORDS * dim];
        for m in 0..self.subspaces.len() {
            let (first, width) = self.subspaces.range(m);
            for (row, word) in rows.chunks_exact_mut(dim).zip(self.of(m).chunks_exact(width)) {
                row[first..first + width].copy_from_slice(word);
            }
        }
        rows
    }

    /// Writes the words that `codes`, `[subspaces]`, select into `residual`, `[dim]`.
    pub fn decode(&self, codes: &[u8], residual: &mut [f32]) {
        if let (Some(width), true) = (self.subspaces.even_width(), self.words.len() == WORDS * residual.len())
        {
            match width {
                2 => return self.decode_even::<2>(codes, residual),
                4 => return self.decode_even::<4>(codes, residual),
                8 => return self.decode_even::<8>(codes, residual),
                _ => {}
            }
        }
        for (m, &code) in codes.iter().enumerate() {
            let (first, width) = self.subspaces.range(m);
            let at = usize::from(code) * width;
            residual[first..first + width].copy_from_slice(&self.of(m)[at..at + width]);
        }
    }

    /// [`Codebooks::decode`] for subspaces of width `W`: a copy of constant length compiles to one instruction.
    fn decode_even<const W: usize>(&self, codes: &[u8], residual: &mut [f32]) {
        let (words, _) = self.words.as_chunks::<W>();
        let (residual, _) = residual.as_chunks_mut::<W>();
        for ((to, book), &code) in residual.iter_mut().zip(words.as_chunks::<WORDS>().0).zip(codes) {
            *to = book[usize::from(code)];
        }
    }
}

/// All codebooks, packed for the search of nearest words.
pub struct PackedCodebooks {
    store: Vec<Vec<f32>>,
    bias: Vec<Vec<f32>>,
    subspaces: Subspaces,
}

impl PackedCodebooks {
    /// Packs `codebooks`.
    pub fn new(codebooks: Codebooks<'_>) -> Self {
        let (mut store, mut bias) = (Vec::new(), Vec::new());
        for m in 0..codebooks.subspaces.len() {
            let (_, width) = codebooks.subspaces.range(m);
            let mut packed = Vec::new();
            Panels::pack(codebooks.of(m), width, &mut packed);
            store.push(packed);
            bias.push(
                codebooks
                    .of(m)
                    .chunks_exact(width)
                    .map(|w| -w.iter().map(|v| v * v).sum::<f32>() / 2.0)
                    .collect(),
            );
        }
        Self { store, bias, subspaces: codebooks.subspaces.clone() }
    }

    /// Nearest word of subspace `m` for each row of `residuals`, `[rows][dim]`. `scores` receives the kernel's scores, one for
    /// each row.
    pub fn nearest(
        &self,
        kernels: &Kernels,
        m: usize,
        residuals: &[f32],
        words: &mut [u32],
        scores: &mut [f32],
    ) {
        let (first, width) = self.subspaces.range(m);
        let panels = Panels::packed(&self.store[m], width);
        kernels.nearest(&residuals[first..], self.subspaces.dim(), panels, &self.bias[m], words, scores);
    }

    /// The split.
    pub fn subspaces(&self) -> &Subspaces {
        &self.subspaces
    }
}

const _: () = assert!(WORDS.is_multiple_of(LANES), "a codebook is whole panels, without padding columns");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_split_has_equal_parts() {
        let split = Subspaces::split(128, 32);
        assert_eq!(split.len(), 32);
        assert!((0..32).all(|m| split.range(m) == (m * 4, 4)));
    }

    #[test]
    fn an_uneven_split_covers_every_dimension_once() {
        for (dim, parts) in [(100, 32), (1, 32), (7, 8), (129, 64), (384, 48)] {
            let split = Subspaces::split(dim, parts);
            let mut next = 0;
            for m in 0..split.len() {
                let (first, width) = split.range(m);
                assert_eq!(first, next);
                assert!(width == dim / split.len() || width == dim.div_ceil(split.len()));
                next += width;
            }
            assert_eq!(next, dim);
            assert_eq!(split.len(), parts.min(dim));
        }
    }

    #[test]
    fn decoding_even_parts_gives_what_uneven_ones_give() {
        let mut random = crate::testing::Random::new(5);
        for (dim, parts) in [(12, 6), (32, 8), (16, 2), (9, 3), (10, 4), (130, 32)] {
            let subspaces = Subspaces::split(dim, parts);
            let words = random.floats(WORDS * dim);
            let codebooks = Codebooks { words: &words, subspaces: &subspaces };
            let codes: Vec<u8> = (0..subspaces.len()).map(|_| random.below(256) as u8).collect();
            let mut residual = vec![0.0; dim];
            codebooks.decode(&codes, &mut residual);
            let mut truth = Vec::new();
            for (m, &code) in codes.iter().enumerate() {
                let width = subspaces.range(m).1;
                truth.extend_from_slice(&codebooks.of(m)[usize::from(code) * width..][..width]);
            }
            assert_eq!(residual, truth);
        }
    }

    #[test]
    fn rows_and_words_are_the_same_numbers() {
        let mut random = crate::testing::Random::new(6);
        for (dim, parts) in [(12, 6), (1, 1), (10, 4), (130, 32)] {
            let subspaces = Subspaces::split(dim, parts);
            let words = random.floats(WORDS * dim);
            let codebooks = Codebooks { words: &words, subspaces: &subspaces };
            let rows = codebooks.rows();
            assert_eq!(subspaces.words_of(&rows), words);
            // Row 77 is the residual that the code 77 in every subspace decodes to.
            let mut residual = vec![0.0; dim];
            codebooks.decode(&vec![77; subspaces.len()], &mut residual);
            assert_eq!(&rows[77 * dim..78 * dim], residual);
        }
    }

    #[test]
    fn decoding_picks_each_word() {
        let subspaces = Subspaces::split(3, 2);
        let words: Vec<f32> = (0..WORDS * 3).map(|v| v as f32).collect();
        let codebooks = Codebooks { words: &words, subspaces: &subspaces };
        let mut residual = [0.0; 3];
        codebooks.decode(&[5, 2], &mut residual);
        // Subspace 0 is one wide; subspace 1 begins after its 256 words and is two wide.
        assert_eq!(residual, [5.0, 256.0 + 4.0, 256.0 + 5.0]);
    }
}
