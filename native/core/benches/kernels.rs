//! Times every kernel on every backend: `cargo bench --bench kernels`, or `npm run bench:kernels`, which also writes a record.
//!
//! `cargo test` runs each once. Both compare the output of each backend with that of the portable one.

use criterion::{Criterion, Throughput};
use half::f16;
use maxsimd_core::kernel::{
    BytePanels, ByteTables, ByteToken, CodedTokens, Kernels, LANES, Panels, available,
};
use std::fmt::Debug;
use std::hint::black_box;
use std::time::Duration;

/// Dimensions of a token vector.
const DIM: usize = 128;
/// Tokens of a document, rows of a block.
const ROWS: usize = 64;
/// Query tokens.
const COLUMNS: usize = LANES;
/// Words of a subspace, and subspaces.
const WORDS: usize = 256;
const SUBSPACES: usize = 32;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    floats(&mut criterion);
    bytes(&mut criterion);
    criterion.final_summary();
}

/// Times `run`, which writes to the given values, on each backend. `work` is the number of multiply-adds, conversions or comparisons.
fn time<T: Clone + PartialEq + Debug>(
    criterion: &mut Criterion,
    kernel: &str,
    work: usize,
    output: Vec<T>,
    mut run: impl FnMut(&Kernels, &mut [T]),
) {
    let mut group = criterion.benchmark_group(kernel);
    group.throughput(Throughput::Elements(work as u64));
    let mut expected = output.clone();
    for (number, kernels) in available().into_iter().enumerate() {
        let mut output = output.clone();
        run(kernels, &mut output);
        if number == 0 {
            expected.clone_from(&output);
        }
        assert_eq!(output, expected, "{kernel} on {} differs from the portable one", kernels.name);
        group.bench_function(kernels.name, |bencher| {
            bencher.iter(|| run(kernels, black_box(&mut output)));
        });
    }
    group.finish();
}

/// Values from −1 to 1, the same in every run.
fn numbers(n: usize, salt: u32) -> Vec<f32> {
    let mixed = |i: usize| (i as u32 + 1).wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503));
    (0..n).map(|i| (mixed(i) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
}

fn halves(n: usize, salt: u32) -> Vec<f16> {
    numbers(n, salt).into_iter().map(f16::from_f32).collect()
}

fn signed(n: usize, salt: u32) -> Vec<i8> {
    numbers(n, salt).into_iter().map(|value| (value * 127.0) as i8).collect()
}

/// Bytes that are not 0.
fn unsigned(n: usize, salt: u32) -> Vec<u8> {
    numbers(n, salt).into_iter().map(|value| (value * 127.0 + 128.0) as u8).collect()
}

fn floats(criterion: &mut Criterion) {
    let (rows, row) = (numbers(ROWS * DIM, 1), halves(DIM, 2));
    let document = halves(ROWS * DIM, 3);
    time(criterion, "widen", ROWS * DIM, vec![0.0; ROWS * DIM], |kernels, out| kernels.widen(&document, out));
    time(criterion, "dot_f16", DIM, vec![0.0; 1], |kernels, out| {
        out[0] = kernels.dot_f16(&rows[..DIM], &row);
    });
    let mut store = Vec::new();
    let query = Panels::pack(&numbers(COLUMNS * DIM, 4), DIM, &mut store).columns();
    let panels = Panels::packed(&store, DIM);
    time(criterion, "products", ROWS * DIM * query, vec![0.0; ROWS * query], |kernels, out| {
        kernels.products(&rows, DIM, panels, out);
    });
    for (name, width, columns) in [("nearest_word", DIM / SUBSPACES, WORDS), ("nearest_centroid", DIM, 1024)]
    {
        let mut store = Vec::new();
        Panels::pack(&numbers(columns * width, 5), width, &mut store);
        let panels = Panels::packed(&store, width);
        let bias = numbers(panels.columns(), 6);
        let mut nearest = vec![0; ROWS];
        time(criterion, name, ROWS * width * columns, vec![0.0; ROWS], |kernels, out| {
            kernels.nearest(&rows, DIM, panels, &bias, &mut nearest, out);
        });
    }
    let scores = numbers(1000 * COLUMNS, 7);
    let chosen: Vec<u32> = (0..ROWS as u32).map(|i| i * 997 % 1000).collect();
    time(criterion, "row_max", ROWS * COLUMNS, vec![0.0; COLUMNS], |kernels, best| {
        best.fill(f32::NEG_INFINITY);
        kernels.row_max(&scores, &chosen, best);
    });
    time(criterion, "restore", DIM, vec![0.0; DIM], |kernels, out| {
        out.copy_from_slice(&rows[..DIM]);
        kernels.restore(out, 0.5, &row);
    });
}

fn bytes(criterion: &mut Criterion) {
    let (query, units) = (signed(COLUMNS * DIM, 1), vec![1.0 / 16_384.0; COLUMNS]);
    // The bytes of column `c` are four in each quad.
    let sum = |c: usize| query.chunks_exact(4 * LANES).flat_map(move |quad| &quad[4 * c..4 * c + 4]);
    let sums: Vec<i32> = (0..COLUMNS).map(|c| sum(c).map(|&byte| i32::from(byte)).sum()).collect();
    let query = BytePanels { bytes: &query, sums: &sums, units: &units };
    let rows = unsigned(1000 * DIM, 2);
    let chosen: Vec<u32> = (0..ROWS as u32).map(|i| i * 997 % 1000).collect();
    time(criterion, "byte_products", ROWS * DIM * COLUMNS, vec![0.0; ROWS * COLUMNS], |kernels, out| {
        kernels.byte_products(&rows, &chosen, query, out);
    });
    let token = signed(DIM, 3);
    let token = ByteToken {
        bytes: &token,
        sum: token.iter().map(|&byte| i32::from(byte)).sum(),
        unit: 1.0 / 16_384.0,
    };
    time(criterion, "block_products", 2 * ROWS * DIM, vec![0.0; 2 * ROWS], |kernels, out| {
        kernels.block_products(&rows[..2 * ROWS * DIM], token, out);
    });
    let (codes, norms) = (unsigned(ROWS * SUBSPACES, 4), vec![f16::from_f32(0.5); ROWS]);
    let words = unsigned(WORDS * DIM, 5);
    let centroid_scores = numbers(1000 * COLUMNS, 6);
    let coded = CodedTokens { codes: &codes, norms: &norms, centroid_rows: &chosen };
    let quads = [1; SUBSPACES];
    let tables = ByteTables { words: &words, quads: &quads, query, centroid_scores: &centroid_scores };
    let output = vec![0.0; (ROWS + 1) * COLUMNS];
    time(criterion, "adc_scores", ROWS * DIM * COLUMNS, output, |kernels, out| {
        let (scores, best) = out.split_at_mut(ROWS * COLUMNS);
        kernels.adc_scores(coded, tables, scores, best);
    });
}
