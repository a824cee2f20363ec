//! Rows grouped by token id.

use rayon::prelude::*;

/// The rows of each token type. Types are in ascending order of their ids, and rows ascend within a type.
pub struct TokenTypes {
    /// Vocabulary ids, ascending.
    pub ids: Vec<u32>,
    /// Type `t` has the rows `rows[offsets[t] .. offsets[t + 1]]`.
    pub offsets: Vec<usize>,
    rows: Vec<u32>,
}

impl TokenTypes {
    /// Groups the rows by their token ids, `[rows]`.
    pub fn group(token_ids: &[u32]) -> Self {
        let mut rows: Vec<u32> = (0..token_ids.len() as u32).collect();
        // Rows are distinct, so the unstable sort has one result.
        rows.par_sort_unstable_by_key(|&row| (token_ids[row as usize], row));
        let (mut ids, mut offsets) = (Vec::new(), Vec::new());
        for (at, &row) in rows.iter().enumerate() {
            let id = token_ids[row as usize];
            if ids.last() != Some(&id) {
                ids.push(id);
                offsets.push(at);
            }
        }
        offsets.push(rows.len());
        Self { ids, offsets, rows }
    }

    /// `rows` rows as one type with id 0.
    pub fn single(rows: usize) -> Self {
        Self { ids: vec![0], offsets: vec![0, rows], rows: (0..rows as u32).collect() }
    }

    /// Number of types.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Number of rows of type `t`.
    pub fn count(&self, t: usize) -> usize {
        self.offsets[t + 1] - self.offsets[t]
    }

    /// Number of rows of each type.
    pub fn counts(&self) -> Vec<usize> {
        (0..self.len()).map(|t| self.count(t)).collect()
    }

    /// Rows of type `t`, ascending.
    pub fn rows(&self, t: usize) -> &[u32] {
        &self.rows[self.offsets[t]..self.offsets[t + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_grouped_by_ascending_id_in_their_own_order() {
        let types = TokenTypes::group(&[7, 3, 7, 9, 3, 7]);
        assert_eq!(types.ids, [3, 7, 9]);
        assert_eq!(types.counts(), [2, 3, 1]);
        assert_eq!(types.rows(0), [1, 4]);
        assert_eq!(types.rows(1), [0, 2, 5]);
        assert_eq!(types.rows(2), [3]);
    }

    #[test]
    fn no_rows_make_no_types() {
        assert_eq!(TokenTypes::group(&[]).len(), 0);
    }
}
