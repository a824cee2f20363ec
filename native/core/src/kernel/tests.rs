//! Every backend gives the portable one's bits, and that one agrees with the definition.

use super::*;
use proptest::prelude::*;

fn floats(seed: u64, n: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ((state >> 40) as f32 / 8_388_608.0) - 1.0
        })
        .collect()
}

fn halves(seed: u64, n: usize) -> Vec<f16> {
    floats(seed, n).into_iter().map(f16::from_f32).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn widening_is_exact(bits in prop::collection::vec(any::<u16>(), 0..70)) {
        let from: Vec<f16> = bits.into_iter().map(f16::from_bits).filter(|v| !v.is_nan()).collect();
        let expected: Vec<f32> = from.iter().map(|v| v.to_f32()).collect();
        for kernels in available() {
            let mut to = vec![0.0; from.len()];
            kernels.widen(&from, &mut to);
            prop_assert_eq!(&to, &expected, "{}", kernels.name);
        }
    }

    #[test]
    fn dot_is_the_same_on_every_backend(seed: u64, dim in 1_usize..300) {
        let (query, row) = (floats(seed, dim), halves(seed ^ 7, dim));
        let truth: f64 = query.iter().zip(&row).map(|(&q, r)| f64::from(q) * r.to_f64()).sum();
        let portable = portable::KERNELS.dot_f16(&query, &row);
        prop_assert!((f64::from(portable) - truth).abs() < 1e-4);
        for kernels in available() {
            prop_assert_eq!(kernels.dot_f16(&query, &row).to_bits(), portable.to_bits(), "{}", kernels.name);
        }
    }

    #[test]
    fn products_are_the_same_on_every_backend(
        seed: u64, rows in 0_usize..21, columns in 1_usize..40, dim in 1_usize..70,
    ) {
        let (x, y) = (floats(seed, rows * dim), floats(seed ^ 7, columns * dim));
        let mut store = Vec::new();
        let panels = Panels::pack(&y, dim, &mut store);
        let mut portable = vec![0.0; rows * panels.columns()];
        portable::KERNELS.products(&x, dim, panels, &mut portable);
        for r in 0..rows {
            for c in 0..columns {
                let truth: f64 =
                    (0..dim).map(|d| f64::from(x[r * dim + d]) * f64::from(y[c * dim + d])).sum();
                prop_assert!((f64::from(portable[r * panels.columns() + c]) - truth).abs() < 1e-4);
            }
        }
        for kernels in available() {
            let mut out = vec![0.0; portable.len()];
            kernels.products(&x, dim, panels, &mut out);
            prop_assert_eq!(bits(&out), bits(&portable), "{}", kernels.name);
        }
    }

    #[test]
    fn nearest_finds_the_nearest_and_breaks_ties_by_number(
        seed: u64, rows in 0_usize..21, columns in 1_usize..70, dim in 1_usize..20, levels in 1_u32..5,
    ) {
        // Coarse values make equal distances common.
        let coarse = |values: Vec<f32>| -> Vec<f32> {
            values.into_iter().map(|v| (v * levels as f32).round()).collect()
        };
        let (x, y) = (coarse(floats(seed, rows * dim)), coarse(floats(seed ^ 7, columns * dim)));
        let mut store = Vec::new();
        let panels = Panels::pack(&y, dim, &mut store);
        let mut bias = vec![f32::NEG_INFINITY; panels.columns()];
        for (c, column) in y.chunks_exact(dim).enumerate() {
            bias[c] = -column.iter().map(|v| v * v).sum::<f32>() / 2.0;
        }
        for kernels in available() {
            let (mut column, mut score) = (vec![0; rows], vec![0.0; rows]);
            kernels.nearest(&x, dim, panels, &bias, &mut column, &mut score);
            for r in 0..rows {
                let distance = |c: usize| -> f32 {
                    (0..dim).map(|d| (x[r * dim + d] - y[c * dim + d]).powi(2)).sum()
                };
                let truth = (0..columns).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap();
                prop_assert_eq!(column[r] as usize, truth, "{}", kernels.name);
            }
        }
    }

    #[test]
    fn products_of_bytes_are_the_same_on_every_backend(
        seed: u64, k in 1_usize..20, query_tokens in 1_usize..50, quads in 1_usize..40,
    ) {
        let (columns, width) = (padded(query_tokens), quads * 4);
        let bytes = |seed, n| floats(seed, n).into_iter().map(|v| (v * 127.0) as i8);
        let rows: Vec<u8> = bytes(seed, k * width).map(|v| (i16::from(v) + 128) as u8).collect();
        let query: Vec<i8> = bytes(seed ^ 1, columns * width).collect();
        let byte = |c: usize, d: usize| i64::from(query[((c / LANES * width + d / 4 * 4) * LANES) + c % LANES * 4 + d % 4]);
        let sums: Vec<i32> = (0..columns).map(|c| (0..width).map(|d| byte(c, d) as i32).sum()).collect();
        let units = floats(seed ^ 2, columns);
        let query = BytePanels { bytes: &query, sums: &sums, units: &units };
        let ids: Vec<u32> = (0..3 * k as u32).map(|i| i * 7 % k as u32).collect();
        let truth: Vec<f32> = ids
            .iter()
            .flat_map(|&id| (0..columns).map(move |c| (id, c)))
            .map(|(id, c)| {
                let sum: i64 =
                    (0..width).map(|d| (i64::from(rows[id as usize * width + d]) - 128) * byte(c, d)).sum();
                sum as f32 * units[c]
            })
            .collect();
        for kernels in available() {
            let mut out = vec![0.0; truth.len()];
            kernels.byte_products(&rows, &ids, query, &mut out);
            // Zeros may differ in their sign.
            prop_assert!(out == truth, "{}", kernels.name);
        }
    }

    #[test]
    fn products_of_blocks_are_the_same_on_every_backend(seed: u64, blocks in 0_usize..11, quads in 1_usize..40) {
        let width = quads * 4;
        let bytes = |seed, n| floats(seed, n).into_iter().map(|v| (v * 127.0) as i8);
        let rows: Vec<u8> = bytes(seed, blocks * LANES * width).map(|v| (i16::from(v) + 128) as u8).collect();
        let query: Vec<i8> = bytes(seed ^ 1, width).collect();
        let sum = query.iter().map(|&v| i32::from(v)).sum();
        let token = ByteToken { bytes: &query, sum, unit: floats(seed ^ 2, 1)[0] };
        let truth: Vec<f32> = (0..blocks * LANES)
            .map(|r| {
                let byte = |d: usize| {
                    i32::from(rows[(r / LANES * width + d / 4 * 4) * LANES + r % LANES * 4 + d % 4]) - 128
                };
                (0..width).map(|d| byte(d) * i32::from(query[d])).sum::<i32>() as f32 * token.unit
            })
            .collect();
        for kernels in available() {
            let mut out = vec![0.0; truth.len()];
            kernels.block_products(&rows, token, &mut out);
            prop_assert!(out == truth, "{}", kernels.name);
        }
    }

    #[test]
    fn the_largest_of_rows_is_the_same_on_every_backend(
        seed: u64, k in 1_usize..20, rows in 0_usize..30, panels in 1_usize..4,
    ) {
        let columns = panels * LANES;
        let scores = floats(seed, k * columns);
        let rows: Vec<u32> = (0..rows as u32).map(|i| i * 7 % k as u32).collect();
        let before = floats(seed ^ 1, columns);
        let truth: Vec<f32> = (0..columns)
            .map(|c| rows.iter().fold(before[c], |best, &row| best.max(scores[row as usize * columns + c])))
            .collect();
        for kernels in available() {
            let mut best = before.clone();
            kernels.row_max(&scores, &rows, &mut best);
            prop_assert_eq!(bits(&best), bits(&truth), "{}", kernels.name);
        }
    }

    #[test]
    fn restoring_is_the_same_on_every_backend(seed: u64, dim in 1_usize..70, norm in 0.0_f32..2.0) {
        let (word, centroid) = (floats(seed, dim), halves(seed ^ 1, dim));
        let truth: Vec<f32> = word.iter().zip(&centroid).map(|(w, c)| w.mul_add(norm, c.to_f32())).collect();
        for kernels in available() {
            let mut restored = word.clone();
            kernels.restore(&mut restored, norm, &centroid);
            prop_assert_eq!(bits(&restored), bits(&truth), "{}", kernels.name);
        }
    }

    #[test]
    fn coded_scores_are_the_same_on_every_backend(
        seed: u64, tokens in 0_usize..14, query_tokens in 1_usize..70,
        quads in prop::collection::vec(1_usize..4, 1..40),
    ) {
        let (columns, width) = (padded(query_tokens), 4 * quads.iter().sum::<usize>());
        let bytes = |seed, n| floats(seed, n).into_iter().map(|v| (v * 127.0) as i8);
        let words: Vec<u8> = bytes(seed, 256 * width).map(|v| (i16::from(v) + 128) as u8).collect();
        let query: Vec<i8> = bytes(seed ^ 1, columns * width).collect();
        let byte = |c: usize, d: usize| i32::from(query[((c / LANES * width + d / 4 * 4) * LANES) + c % LANES * 4 + d % 4]);
        let query_sums: Vec<i32> = (0..columns).map(|c| (0..width).map(|d| byte(c, d)).sum()).collect();
        let units: Vec<f32> = floats(seed ^ 2, columns).into_iter().map(|v| v.abs() / 65_536.0).collect();
        let centroid_scores = floats(seed ^ 3, 5 * columns);
        let norms: Vec<f16> = floats(seed ^ 5, tokens).into_iter().map(|v| f16::from_f32(v.abs())).collect();
        let codes: Vec<u8> =
            floats(seed ^ 9, tokens * quads.len()).iter().map(|v| (v * 127.0 + 128.0) as u8).collect();
        let centroid_rows: Vec<u32> = (0..tokens as u32).map(|t| t % 5).collect();
        let coded = CodedTokens { codes: &codes, norms: &norms, centroid_rows: &centroid_rows };
        let tables = ByteTables {
            words: &words, quads: &quads, centroid_scores: &centroid_scores,
            query: BytePanels { bytes: &query, sums: &query_sums, units: &units },
        };
        let (mut portable, mut best) = (vec![f32::NAN; tokens * columns], vec![f32::NAN; columns]);
        portable::KERNELS.adc_scores(coded, tables, &mut portable, &mut best);
        for t in 0..tokens {
            for c in 0..columns {
                let truth = {
                    let (mut sum, mut first, mut book) = (0_i64, 0, 0);
                    for (m, &quads) in quads.iter().enumerate() {
                        let word = book + usize::from(codes[t * tables.quads.len() + m]) * quads * 4;
                        sum += (0..quads * 4)
                            .map(|i| (i64::from(words[word + i]) - 128) * i64::from(byte(c, first + i)))
                            .sum::<i64>();
                        first += quads * 4;
                        book += 256 * quads * 4;
                    }
                    f64::from(centroid_scores[centroid_rows[t] as usize * columns + c])
                        + norms[t].to_f64() * sum as f64 * f64::from(units[c])
                };
                prop_assert!((truth - f64::from(portable[t * columns + c])).abs() < 1e-4);
            }
        }
        for (c, &best) in best.iter().enumerate() {
            let scores = portable.chunks_exact(columns).map(|scores| scores[c]);
            prop_assert_eq!(best, scores.fold(f32::NEG_INFINITY, f32::max));
        }
        for kernels in available() {
            let (mut scores, mut largest) = (vec![f32::NAN; tokens * columns], vec![f32::NAN; columns]);
            kernels.adc_scores(coded, tables, &mut scores, &mut largest);
            prop_assert_eq!(bits(&largest), bits(&best), "{}", kernels.name);
            prop_assert_eq!(bits(&scores), bits(&portable), "{}", kernels.name);
        }
    }
}

#[test]
fn this_machine_runs_the_portable_backend_first() {
    assert_eq!(available()[0].name, "portable");
}
