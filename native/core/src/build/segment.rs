//! Writing segments: of new documents, which an existing codec codes, and of the documents of other segments.
//!
//! ```text
//! new documents:      centroids ← the nearest of the codec (nearest.rs); codes and norms ← quantize/encode.rs; write
//! of other segments:  copy the centroids, codes and norms of the documents that are not deleted; write
//! ```
//!
//! Both write the same bytes for the same documents: coding a token looks at nothing but the token and the codec.

use super::lists::{Lists, invert};
use super::nearest::nearest;
use super::write;
use crate::corpus::Corpus;
use crate::documents::{Record, Schema};
use crate::format::ContainerWriter;
use crate::index::{Codec, Index, Kind, Meta, Placed, sections as id};
use crate::monitor::{Monitor, Stage};
use crate::quantize::codebooks::PackedCodebooks;
use crate::quantize::{Encoder, Residuals};
use crate::{Error, Result};
use std::path::Path;

/// Codes `corpus`, whose records have ids, with a codec and writes it, with the attributes of `schema`, as a segment to `output`. Returns the digest of the file, in 64
/// hexadecimal digits. Runs in the current rayon pool.
///
/// # Errors
/// [`Error::Input`] if the vectors have another dim than the codec; [`Error::Io`], [`Error::Cancelled`].
pub fn build_segment(
    corpus: &Corpus<'_>,
    schema: &Schema,
    codec: &Codec,
    identity: &str,
    output: &Path,
    monitor: &dyn Monitor,
) -> Result<String> {
    let (dim, expected) = (corpus.vectors.dim, codec.dim());
    if dim != expected {
        return Err(Error::input("vectors", "dim", expected.to_string(), dim.to_string()));
    }
    let records = corpus.records.as_ref().map_or(&[][..], |records| &records.list);
    let mut meta = Meta {
        documents: corpus.documents() as u64,
        tokens: corpus.vectors.len() as u64,
        list_entries: 0,
        types: 0,
        ..*codec.meta()
    };
    let mut writer = ContainerWriter::create(output, id::COUNT)?;
    if codec.kind() == Kind::Exact {
        begin(&mut writer, &meta, identity, &corpus.doc_offsets, records, schema)?;
        write::values(&mut writer, id::VECTORS, corpus.vectors.values)?;
        codec.file().check_intact()?;
        return finish(writer);
    }
    let assignments = nearest(codec, corpus, monitor)?;
    let lists = invert(&corpus.doc_offsets, &assignments, codec.centroid_count(), monitor)?;
    meta.list_entries = lists.documents.len() as u64;
    begin(&mut writer, &meta, identity, &corpus.doc_offsets, records, schema)?;
    write_lists(&mut writer, &lists, false)?;
    write::values(&mut writer, id::TOKEN_CENTROIDS, &assignments)?;
    let packed = PackedCodebooks::new(codec.codebooks());
    let encoder = Encoder {
        residuals: Residuals {
            vectors: corpus.vectors,
            mean: codec.mean(),
            centroids: codec.centroids(),
            assignments: &assignments,
            normalize: codec.meta().normalized == 1,
            rotation: codec.rotation(),
        },
        codebooks: codec.codebooks(),
        packed: &packed,
        scale_norms: codec.scales_norms(),
    };
    writer.begin_section(id::CODES)?;
    let norms = encoder.encode(monitor, |codes| writer.write(codes))?;
    writer.end_section()?;
    write::values(&mut writer, id::NORMS, &norms)?;
    codec.file().check_intact()?;
    finish(writer)
}

/// What a merge writes besides the documents.
pub enum Around<'a> {
    /// A segment of the codec with this identity.
    Segment(&'a str),
    /// An index file of its own: the codec too.
    Codec,
}

/// Writes the documents of some segments of `index`, without the deleted ones and in their order, as one segment to `output`. Returns the
/// digest of the file. `segments` are numbers of segments, ascending, of which at least one document is
/// not deleted.
///
/// # Errors
/// [`Error::Io`], [`Error::Cancelled`].
pub fn merge(
    index: &Index,
    segments: &[usize],
    around: Around<'_>,
    output: &Path,
    monitor: &dyn Monitor,
) -> Result<String> {
    let placed = || segments.iter().map(|&segment| &index.segments()[segment]);
    // Segment and number of each document.
    let documents =
        || placed().flat_map(|p| (0..p.segment.documents()).filter(|&d| p.has(d)).map(move |d| (p, d)));
    let mut doc_offsets = vec![0_u64];
    for (p, document) in documents() {
        doc_offsets.push(doc_offsets[doc_offsets.len() - 1] + p.segment.tokens_of(document).len() as u64);
    }
    let named = placed().any(|p| p.segment.ids().is_some()) || matches!(around, Around::Segment(_));
    let fields = placed().any(|p| p.segment.table().is_some());
    let record = |(p, document): (&Placed, usize)| Record {
        id: named.then(|| index.id_of(p.first + document).into_owned()),
        fields: if fields {
            serde_json::from_str(index.fields_of(p.first + document)).unwrap_or_default()
        } else {
            Default::default()
        },
    };
    let schema = if fields { index.schema() } else { Schema::default() };
    let records: Vec<Record> = if named || fields { documents().map(record).collect() } else { Vec::new() };
    let codec = index.codec();
    let tokens = doc_offsets[doc_offsets.len() - 1];
    let mut meta = Meta { documents: doc_offsets.len() as u64 - 1, tokens, list_entries: 0, ..*codec.meta() };
    let mut writer = ContainerWriter::create(output, id::COUNT)?;
    let mut lists = None;
    let mut assignments: Vec<u32> = Vec::new();
    if codec.kind() == Kind::Quantized {
        assignments.reserve_exact(tokens as usize);
        for (p, document) in documents() {
            assignments.extend_from_slice(&p.segment.token_centroids()[p.segment.tokens_of(document)]);
        }
        let inverted = invert(&doc_offsets, &assignments, codec.centroid_count(), monitor)?;
        meta.list_entries = inverted.documents.len() as u64;
        lists = Some(inverted);
    }
    let whole = matches!(around, Around::Codec);
    match around {
        Around::Segment(identity) => {
            meta.types = 0;
            begin(&mut writer, &meta, identity, &doc_offsets, &records, &schema)?;
        }
        Around::Codec => {
            write::values(&mut writer, id::META, &[meta])?;
            write_codec(&mut writer, codec, tokens)?;
            write::values(&mut writer, id::DOC_OFFSETS, &doc_offsets)?;
            write::records(&mut writer, &records, &schema)?;
        }
    }
    drop(records);
    let total = doc_offsets.len() as u64;
    let copy = |writer: &mut ContainerWriter,
                section: u32,
                part: &dyn Fn(&Placed, usize, &mut ContainerWriter) -> Result<()>| {
        writer.begin_section(section)?;
        for (done, (p, document)) in (0..).zip(documents()) {
            if done % 4096 == 0 {
                monitor.check()?;
                monitor.progress(Stage::Write, done, total);
            }
            part(p, document, writer)?;
        }
        writer.end_section()
    };
    let Some(lists) = lists else {
        copy(&mut writer, id::VECTORS, &|p, document, writer| {
            let tokens = p.segment.tokens_of(document);
            writer.write(bytemuck::cast_slice(p.segment.vectors().rows(tokens.start, tokens.end)))
        })?;
        index.check_intact()?;
        return finish(writer);
    };
    write_lists(&mut writer, &lists, whole)?;
    write::values(&mut writer, id::TOKEN_CENTROIDS, &assignments)?;
    let subspaces = codec.subspaces().len();
    copy(&mut writer, id::CODES, &|p, document, writer| {
        let tokens = p.segment.tokens_of(document);
        writer.write(&p.segment.codes()[tokens.start * subspaces..tokens.end * subspaces])
    })?;
    copy(&mut writer, id::NORMS, &|p, document, writer| {
        writer.write(bytemuck::cast_slice(&p.segment.norms()[p.segment.tokens_of(document)]))
    })?;
    index.check_intact()?;
    finish(writer)
}

/// Writes a codec alone to `output`, and returns the digest of the file.
///
/// # Errors
/// [`Error::Io`].
pub fn extract_codec(codec: &Codec, output: &Path) -> Result<String> {
    let mut writer = ContainerWriter::create(output, id::COUNT)?;
    let meta = Meta { documents: 0, tokens: codec.trained_with(), list_entries: 0, ..*codec.meta() };
    write::values(&mut writer, id::META, &[meta])?;
    write_codec(&mut writer, codec, meta.tokens)?;
    codec.file().check_intact()?;
    finish(writer)
}

/// Writes the sections of a codec to a file of `tokens` tokens.
fn write_codec(writer: &mut ContainerWriter, codec: &Codec, tokens: u64) -> Result<()> {
    let computed = [id::TRAINED_WITH, id::TRAINED_ERRORS];
    for section in id::OF_CODEC.into_iter().filter(|section| !computed.contains(section)) {
        if let Some(bytes) = codec.file().section(section) {
            writer.section(section, bytes)?;
        }
    }
    if codec.trained_with() != tokens {
        write::values(writer, id::TRAINED_WITH, &[codec.trained_with()])?;
    }
    if let Some(errors) = codec.trained_errors() {
        write::values(writer, id::TRAINED_ERRORS, &errors)?;
    }
    Ok(())
}

/// Writes the first sections of a segment.
fn begin(
    writer: &mut ContainerWriter,
    meta: &Meta,
    identity: &str,
    doc_offsets: &[u64],
    records: &[Record],
    schema: &Schema,
) -> Result<()> {
    let identity = blake3::Hash::from_hex(identity)
        .map_err(|e| Error::input("codec", "identity", "64 hexadecimal digits", e.to_string()))?;
    write::values(writer, id::META, &[*meta])?;
    writer.section(id::CODEC, identity.as_bytes())?;
    writer.section(id::PROVENANCE, b"{}")?;
    write::values(writer, id::DOC_OFFSETS, doc_offsets)?;
    write::records(writer, records, schema)
}

/// Writes the inverted lists: those of all centroids, or only those that are not empty: where that takes fewer bytes, and in a `whole`
/// index file, whose lists are never empty.
fn write_lists(writer: &mut ContainerWriter, lists: &Lists, whole: bool) -> Result<()> {
    let centroids: Vec<u32> = (0..lists.offsets.len() as u32 - 1)
        .filter(|&c| lists.offsets[c as usize] < lists.offsets[c as usize + 1])
        .collect();
    let all = centroids.len() == lists.offsets.len() - 1;
    let few = centroids.len() * 12 < lists.offsets.len() * 8;
    if (whole && !all) || (!whole && few) {
        let mut offsets: Vec<u64> = centroids.iter().map(|&c| lists.offsets[c as usize]).collect();
        offsets.push(lists.documents.len() as u64);
        write::values(writer, id::LIST_CENTROIDS, &centroids)?;
        write::values(writer, id::LIST_OFFSETS, &offsets)?;
    } else {
        write::values(writer, id::LIST_OFFSETS, &lists.offsets)?;
    }
    write::values(writer, id::LIST_DOCS, &lists.documents)
}

fn finish(writer: ContainerWriter) -> Result<String> {
    Ok(blake3::Hash::from_bytes(writer.finish()?).to_hex().to_string())
}
