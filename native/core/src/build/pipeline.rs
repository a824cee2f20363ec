//! The order of a build.
//!
//! ```text
//! if the corpus has fewer than exact_below tokens: write its vectors; done
//! mean ← the mean of all tokens, with centring; else 0
//! centroids, assignments ← token-aware clustering of the tokens (cluster/tac.rs), or the given clusters
//! centroids ← centroids − mean, rounded to f16; merge equal ones (compact.rs)
//! rotation ← learned from a sample of the residuals (quantize/learn_rotation.rs), or the given one; centroids ← rotated
//! words ← residual codebooks trained on a sample (quantize/train.rs), or the given ones
//! with scan_below centroids or more, build the graph over them (graph/build.rs); else put them into groups (groups.rs)
//! make the inverted lists (lists.rs)
//! write all that; code the tokens (quantize/encode.rs) and write the codes as they are made
//! ```

use super::compact::compact;
use super::estimate::{Estimate, Shape, estimate};
use super::given::GivenClusters;
use super::groups::{Groups, group};
use super::lists::invert;
use super::mean::mean;
use super::params::BuildParams;
use super::provenance::provenance;
use super::write;
use crate::cluster::pseudo_types::{kinds, pseudo_types};
use crate::cluster::tac::TypeShare;
use crate::cluster::{AutoParams, TokenTypes, cluster};
use crate::corpus::{Corpus, TokenVectors};
use crate::format::ContainerWriter;
use crate::graph::{self, GraphView};
use crate::index::{Meta, sections as id};
use crate::kernel;
use crate::monitor::{Monitor, Stage};
use crate::quantize::codebooks::PackedCodebooks;
use crate::quantize::residual::to_f16;
use crate::quantize::{
    Codebooks, Encoder, Residuals, Rotation, Subspaces, learn_rotation, sample::sample, train,
};
use crate::{Error, Result};
use bytemuck::Zeroable;
use half::f16;
use std::borrow::Cow;
use std::path::Path;

/// Estimates a build of `corpus` in the current rayon pool. It reads only the token ids, to count the types.
pub fn estimate_corpus(corpus: &Corpus<'_>, params: &BuildParams) -> Estimate {
    let counts = counts(corpus);
    estimate(&shape(corpus, &counts), params, rayon::current_num_threads())
}

/// Number of tokens of each type; equal numbers if there are no token ids.
fn counts(corpus: &Corpus<'_>) -> Vec<usize> {
    let tokens = corpus.vectors.len();
    match &corpus.token_ids {
        Some(ids) => TokenTypes::group(ids).counts(),
        None => {
            let kinds = kinds(tokens);
            (0..kinds).map(|kind| (tokens + kind) / kinds).collect()
        }
    }
}

fn shape<'a>(corpus: &Corpus<'_>, counts: &'a [usize]) -> Shape<'a> {
    Shape { tokens: corpus.vectors.len(), dim: corpus.vectors.dim, documents: corpus.documents(), counts }
}

/// Runs `work` on as many threads of the current pool as fit into the memory budget.
///
/// # Errors
/// [`Error::Memory`], with the smallest sufficient budget, if one thread does not fit.
fn within_budget(
    corpus: &Corpus<'_>,
    params: &BuildParams,
    work: impl FnOnce() -> Result<()> + Send,
) -> Result<()> {
    let Some(budget) = params.max_memory else { return work() };
    let counts = counts(corpus);
    let shape = shape(corpus, &counts);
    let available = rayon::current_num_threads();
    let needed = |threads| estimate(&shape, params, threads).memory;
    match (1..=available).rev().find(|&threads| needed(threads) <= budget) {
        None => Err(Error::Memory { needed: needed(1), budget }),
        Some(threads) if threads == available => work(),
        Some(threads) => match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => pool.install(work),
            Err(_) => work(),
        },
    }
}

/// Builds an index of `corpus` and writes it to `output`. Runs in the current rayon pool. The bytes of the file depend only on the
/// input and the parameters. The file appears at `output` when it is complete.
///
/// # Errors
/// [`Error::Parameter`], [`Error::Memory`], [`Error::Io`], [`Error::Cancelled`].
pub fn build(corpus: &Corpus<'_>, params: &BuildParams, output: &Path, monitor: &dyn Monitor) -> Result<()> {
    params.check(corpus.vectors.dim)?;
    within_budget(corpus, params, || {
        if corpus.vectors.len() < params.exact_below.max(1) {
            return build_exact(corpus, params, output, monitor);
        }
        cluster_and_quantize(corpus, params, output, monitor)
    })
}

fn cluster_and_quantize(
    corpus: &Corpus<'_>,
    params: &BuildParams,
    output: &Path,
    monitor: &dyn Monitor,
) -> Result<()> {
    let vectors = corpus.vectors;
    let shift = if params.center { mean(vectors, monitor)? } else { vec![0.0; vectors.dim] };
    let mut clustering = {
        let types = match &corpus.token_ids {
            Some(ids) => TokenTypes::group(ids),
            None => TokenTypes::group(&pseudo_types(vectors, params.pq.seed, monitor)?),
        };
        // k-means gives the same clusters with and without centring, so the mean is subtracted from the centroids instead.
        cluster(vectors, &types, &params.tac, monitor)?
    };
    let centroids = shifted(&std::mem::take(&mut clustering.centroids), &shift);
    let clusters = Clusters {
        centroids,
        shift,
        assignments: Cow::Owned(clustering.assignments),
        types: if clustering.global { Vec::new() } else { clustering.types },
        auto: Some(clustering.auto),
        how: match (clustering.global, &corpus.token_ids) {
            (true, _) => "global k-means",
            (false, Some(_)) => "token-aware clustering",
            (false, None) => "token-aware clustering over learned kinds",
        },
    };
    quantize(corpus, params, clusters, output, monitor)
}

/// As [`build`], from given clusters and without centring.
///
/// # Errors
/// As [`build`], and [`Error::Input`] for clusters that do not fit the corpus.
pub fn build_from_tac(
    corpus: &Corpus<'_>,
    given: &GivenClusters<'_>,
    params: &BuildParams,
    output: &Path,
    monitor: &dyn Monitor,
) -> Result<()> {
    params.check(corpus.vectors.dim)?;
    given.check(corpus)?;
    let params = BuildParams { center: false, ..params.clone() };
    within_budget(corpus, &params, || {
        if corpus.vectors.len() < params.exact_below.max(1) {
            return build_exact(corpus, &params, output, monitor);
        }
        let shift = vec![0.0; corpus.vectors.dim];
        let clusters = Clusters {
            centroids: shifted(given.centroids, &shift),
            shift,
            assignments: Cow::Borrowed(given.assignments),
            types: Vec::new(),
            auto: None,
            how: "given clusters",
        };
        quantize(corpus, &params, clusters, output, monitor)
    })
}

/// Centroids as they are stored, and the results of clustering.
struct Clusters<'a> {
    centroids: Vec<f16>,
    shift: Vec<f32>,
    assignments: Cow<'a, [u32]>,
    types: Vec<TypeShare>,
    auto: Option<AutoParams>,
    how: &'static str,
}

impl Clusters<'_> {
    fn residuals<'a>(
        &'a self,
        vectors: TokenVectors<'a>,
        params: &BuildParams,
        rotation: Option<&'a Rotation>,
    ) -> Residuals<'a> {
        Residuals {
            vectors,
            mean: &self.shift,
            centroids: &self.centroids,
            assignments: &self.assignments,
            normalize: params.pq.normalize,
            rotation,
        }
    }

    /// Rotates the centroids. Those that are equal after rounding are merged.
    fn rotate(&mut self, rotation: &Rotation, dim: usize) {
        let mut rows: Vec<f32> = self.centroids.iter().map(|value| value.to_f32()).collect();
        rotation.apply(kernel::active(), &mut rows, &mut Vec::new());
        self.centroids = rows.into_iter().map(stored).collect();
        self.compact(dim);
    }

    /// Merges equal centroids and removes those without a token. A merged centroid belongs to the type of the first of its copies.
    fn compact(&mut self, dim: usize) {
        let Some(compacted) = compact(&mut self.centroids, dim, &self.assignments) else { return };
        self.assignments = Cow::Owned(compacted.assignments);
        for share in &mut self.types {
            let (first, last) = (share.first_centroid, share.first_centroid + share.centroids);
            share.first_centroid = compacted.before[first] as usize;
            share.centroids = compacted.before[last] as usize - share.first_centroid;
        }
    }
}

/// A value of a centroid as it is stored. A negative zero becomes zero, so that equal rows have equal bytes.
fn stored(value: f32) -> f16 {
    let value = to_f16(value);
    if value == f16::ZERO { f16::ZERO } else { value }
}

/// The centroids minus the mean, as they are stored.
fn shifted(centroids: &[f32], shift: &[f32]) -> Vec<f16> {
    centroids
        .chunks_exact(shift.len())
        .flat_map(|row| row.iter().zip(shift).map(|(value, shift)| stored(value - shift)))
        .collect()
}

fn quantize(
    corpus: &Corpus<'_>,
    params: &BuildParams,
    mut clusters: Clusters<'_>,
    output: &Path,
    monitor: &dyn Monitor,
) -> Result<()> {
    clusters.compact(corpus.vectors.dim);
    let (vectors, dim) = (corpus.vectors, corpus.vectors.dim);
    let subspaces = Subspaces::split(dim, params.pq.subspaces);
    let sample = match &params.codebooks {
        Some(_) => Vec::new(),
        None => sample_tokens(corpus, params, clusters.residuals(vectors, params, None), monitor)?,
    };
    let matrix = match &params.codebooks {
        Some(given) => given.rotation().map(<[f32]>::to_vec),
        None => {
            let residuals = clusters.residuals(vectors, params, None);
            learn_rotation::learn(residuals, &sample, &subspaces, params.pq.seed, monitor)?
        }
    };
    let rotation = matrix.as_ref().map(|matrix| Rotation::new(matrix, dim));
    if let Some(rotation) = &rotation {
        clusters.rotate(rotation, dim);
    }
    let residuals = clusters.residuals(vectors, params, rotation.as_ref());
    let words = match &params.codebooks {
        Some(given) => subspaces.words_of(given.words()),
        None => train(residuals, &sample, &subspaces, &params.pq, monitor)?,
    };
    drop(sample);
    let centroids = clusters.centroids.len() / dim;
    let graph = (centroids >= params.scan_below)
        .then(|| graph::build(&clusters.centroids, dim, params.graph, monitor))
        .transpose()?;
    let view = graph.as_ref().map(|graph| graph.view(&clusters.centroids, dim));
    let of_graph = |part: fn(&GraphView<'_>) -> usize| view.as_ref().map_or(0, part) as u32;
    let groups = if graph.is_none() && centroids >= params.grouped_from {
        group(kernel::active(), &clusters.centroids, dim, monitor)?
    } else {
        Groups::default()
    };
    let lists = invert(&corpus.doc_offsets, &clusters.assignments, centroids, monitor)?;
    let meta = Meta {
        kind: 0,
        dim: dim as u32,
        subspaces: subspaces.len() as u32,
        centred: u32::from(params.center),
        normalized: u32::from(params.pq.normalize),
        degree: of_graph(|view| view.degree),
        base_degree: of_graph(|view| view.base_degree),
        entry: of_graph(|view| view.entry as usize),
        levels: of_graph(|view| view.levels.len()),
        groups: groups.count() as u32,
        documents: corpus.documents() as u64,
        tokens: vectors.len() as u64,
        centroids: centroids as u64,
        list_entries: lists.documents.len() as u64,
        types: clusters.types.len() as u64,
    };
    let mut writer = ContainerWriter::create(output, id::COUNT)?;
    let provenance =
        provenance(corpus, params, clusters.auto.as_ref(), clusters.how, graph.is_some(), monitor)?;
    write::values(&mut writer, id::META, &[meta])?;
    write::values(&mut writer, id::PROVENANCE, provenance.as_bytes())?;
    write::values(&mut writer, id::DOC_OFFSETS, &corpus.doc_offsets)?;
    if let Some(records) = &corpus.records {
        write::records(&mut writer, &records.list, &records.schema)?;
    }
    write::values(&mut writer, id::MEAN, &clusters.shift)?;
    write::values(&mut writer, id::CENTROIDS, &clusters.centroids)?;
    if let Some(view) = &view {
        write::graph(&mut writer, view)?;
    }
    if let Some(matrix) = &matrix {
        write::values(&mut writer, id::ROTATION, matrix)?;
    }
    if groups.count() > 0 {
        write::values(&mut writer, id::GROUP_VECTORS, &groups.vectors)?;
        write::values(&mut writer, id::GROUP_OFFSETS, &groups.offsets)?;
        write::values(&mut writer, id::GROUP_MEMBERS, &groups.members)?;
    }
    drop((view, groups));
    write::values(&mut writer, id::LIST_OFFSETS, &lists.offsets)?;
    write::values(&mut writer, id::LIST_DOCS, &lists.documents)?;
    drop((lists, graph));
    write::values(&mut writer, id::CODEBOOKS, &words)?;
    write::values(&mut writer, id::TOKEN_CENTROIDS, &clusters.assignments)?;
    write_types(&mut writer, &clusters.types, centroids)?;
    let codebooks = Codebooks { words: &words, subspaces: &subspaces };
    let packed = PackedCodebooks::new(codebooks);
    let encoder = Encoder { residuals, codebooks, packed: &packed, scale_norms: params.pq.scale_norms };
    writer.begin_section(id::CODES)?;
    let norms = encoder.encode(monitor, |codes| writer.write(codes))?;
    writer.end_section()?;
    write::values(&mut writer, id::NORMS, &norms)?;
    finish(writer, monitor)
}

/// The tokens that train the rotation and the codebooks.
fn sample_tokens(
    corpus: &Corpus<'_>,
    params: &BuildParams,
    residuals: Residuals<'_>,
    monitor: &dyn Monitor,
) -> Result<Vec<u32>> {
    let tokens = corpus.vectors.len();
    let types = match &corpus.token_ids {
        Some(ids) if params.pq.sample_size < tokens => TokenTypes::group(ids),
        _ => TokenTypes::single(tokens),
    };
    sample(residuals, &types, params.pq.sample_size, params.pq.seed, monitor)
}

fn write_types(writer: &mut ContainerWriter, types: &[TypeShare], centroids: usize) -> Result<()> {
    if types.is_empty() {
        return Ok(());
    }
    let mut firsts: Vec<u32> = types.iter().map(|share| share.first_centroid as u32).collect();
    firsts.push(centroids as u32);
    let ids: Vec<u32> = types.iter().map(|share| share.token_id).collect();
    let counts: Vec<u64> = types.iter().map(|share| share.count as u64).collect();
    let spreads: Vec<f64> = types.iter().map(|share| share.spread).collect();
    write::values(writer, id::TYPE_IDS, &ids)?;
    write::values(writer, id::TYPE_CENTROIDS, &firsts)?;
    write::values(writer, id::TYPE_COUNTS, &counts)?;
    write::values(writer, id::TYPE_SPREADS, &spreads)
}

/// Writes an exact index, which stores the original vectors.
fn build_exact(
    corpus: &Corpus<'_>,
    params: &BuildParams,
    output: &Path,
    monitor: &dyn Monitor,
) -> Result<()> {
    let meta = Meta {
        kind: 1,
        dim: corpus.vectors.dim as u32,
        documents: corpus.documents() as u64,
        tokens: corpus.vectors.len() as u64,
        ..Meta::zeroed()
    };
    let mut writer = ContainerWriter::create(output, id::COUNT)?;
    let provenance = provenance(corpus, params, None, "whole vectors", false, monitor)?;
    write::values(&mut writer, id::META, &[meta])?;
    write::values(&mut writer, id::PROVENANCE, provenance.as_bytes())?;
    write::values(&mut writer, id::DOC_OFFSETS, &corpus.doc_offsets)?;
    if let Some(records) = &corpus.records {
        write::records(&mut writer, &records.list, &records.schema)?;
    }
    write::values(&mut writer, id::MEAN, &vec![0.0_f32; corpus.vectors.dim])?;
    write::values(&mut writer, id::VECTORS, corpus.vectors.values)?;
    finish(writer, monitor)
}

fn finish(writer: ContainerWriter, monitor: &dyn Monitor) -> Result<()> {
    monitor.check()?;
    monitor.progress(Stage::Write, 0, 1);
    writer.finish()?;
    monitor.progress(Stage::Write, 1, 1);
    Ok(())
}
