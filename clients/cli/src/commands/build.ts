import type { BuildOptions, IndexInfo } from "@maxsimd/native";
import { type CorpusArrays, requireFiles } from "@maxsimd/report/dataset";
import { formatDuration } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { CatalogPlace } from "../destinations/catalog-place.js";
import { requireWritableFiles } from "../destinations/require-writable.js";
import { usageFailure } from "../failure.js";
import { addCorpusInputs, type CorpusArguments, type CorpusFlags, corpusInputs } from "../inputs/corpus-inputs.js";
import { addDocumentInputs, type DocumentFlags, documentInputs } from "../inputs/document-inputs.js";
import { addBuildOptions, type BuildFlags, buildOptions } from "../options/build-options.js";
import { describeIndex } from "../output/index-info.js";
import { withProgress } from "../output/progress.js";
import { noteRounding } from "../output/rounding.js";
import type { Session } from "../session.js";

interface Flags extends BuildFlags, CorpusFlags, DocumentFlags {
  output?: string;
  catalog?: string;
  index?: string;
  version?: string;
  current?: boolean;
  force?: boolean;
  centroids?: string;
  assignments?: string;
}

const EXAMPLES = [
  "maxsimd build vectors.npy token_ids.npy doclens.npy -o papers.maxsim",
  "maxsimd build pooled.npy --doclens doclens.npy -o papers.maxsim",
  "maxsimd build corpus.npz -o papers.maxsim",
  "maxsimd build corpus.safetensors --catalog /srv/maxsimd --index papers --version 2026-11-24",
  "maxsimd build corpus.npz -o papers.maxsim --attributes documents.jsonl",
  'maxsimd build corpus.npz -o papers.maxsim --ids ids.txt --attributes rows.jsonl --schema \'{"year":"integer"}\'',
  "maxsimd build model.safetensors:emb token_ids.npy doclens.npy -o papers.maxsim",
  "maxsimd build bench/sample -o small.maxsim --total-centroids 4096 --pq-subspaces 16",
  "maxsimd build vectors.npy token_ids.npy doclens.npy -o papers.maxsim --centroids c.npy --assignments a.npy",
  "maxsimd build vectors.npy token_ids.npy doclens.npy -o new.maxsim --codebooks words.npy",
];

/** `maxsimd build`: makes an index file from arrays. A build that is stopped or fails leaves no file. */
export function buildCommand(session: Session): Command {
  const command = addCorpusInputs(
    defineCommand("build", "build an index file from token vectors", EXAMPLES),
    "<vectors>",
  )
    .option("-o, --output <file>", "index file to write")
    .option("--catalog <folder>", "catalog to add the version to, with --index and --version, instead of --output")
    .option("--index <name>", "name of the index in the catalog")
    .option("--version <label>", "label of the version in the catalog")
    .option("--current", "make it the version that a server starts with (default: only for the first version)")
    .option("--force", "replace a file that exists")
    .option("--centroids <file>", "coarse centroids to use: [centroids, dim], f32, f16 or bf16; with --assignments")
    .option("--assignments <file>", "the centroid of each token: [tokens], integers; with --centroids");
  return addBuildOptions(addDocumentInputs(command)).action(
    reporting(session, (vectors: string, tokenIds: string | undefined, doclens: string | undefined, flags: Flags) =>
      build(session, [vectors, tokenIds, doclens], flags),
    ),
  );
}

async function build(session: Session, files: CorpusArguments, flags: Flags): Promise<Report> {
  const inputs = await corpusInputs(files, flags);
  const { place, file } = destination(flags);
  const given = givenClusters(flags);
  requireFiles(inputs.vectors, inputs.tokenIds, inputs.doclens, ...(given ?? []), flags.codebooks);
  const documents = await documentInputs(flags);
  await place?.prepare();
  const started = performance.now();
  let info: IndexInfo;
  try {
    requireWritableFiles(flags.force, file);
    info = await make(session, inputs, given, { ...buildOptions(flags), ...documents, output: file });
  } catch (error) {
    await place?.abandon();
    throw error;
  }
  const seconds = (performance.now() - started) / 1000;
  const json = { ...info, buildSeconds: Number(seconds.toFixed(3)) };
  const text = `${describeIndex(info)}\n\nbuilt in ${formatDuration(seconds)}`;
  if (place === undefined) return { json, text };

  const before = await place.current();
  const current = flags.current === true || before === undefined;
  if (current) await place.makeCurrent();
  const { index, version } = place;
  const state = current
    ? "current: servers of this catalog serve it; one that runs, within a second or two if it served the index before"
    : `not current (${before} is): maxsimd swap ${index} ${version}`;
  return { json: { ...json, index, version, current }, text: `${text}\nversion ${version} of ${index}, ${state}` };
}

async function make(
  session: Session,
  { vectors, tokenIds, doclens }: CorpusArrays,
  given: [string, string] | undefined,
  options: BuildOptions,
): Promise<IndexInfo> {
  const { Index } = await import("@maxsimd/native");
  const index = await withProgress(session, (work) =>
    given === undefined
      ? Index.build(vectors, tokenIds, doclens, { ...options, ...work })
      : Index.buildFromTac(vectors, tokenIds, doclens, ...given, { ...options, ...work }),
  );
  const { info } = index;
  index.close();
  noteRounding(session, vectors, (info.buildParams["inputs"] as Record<string, unknown>)["vectorsRoundedFrom"]);
  return info;
}

function destination({ output, catalog, index, version }: Flags): { place?: CatalogPlace; file: string } {
  if (output !== undefined && catalog === undefined) return { file: output };
  if (output !== undefined) throw usageFailure("give either --output or --catalog, not both");
  if (catalog === undefined) {
    throw usageFailure("say where the index goes: --output <file>, or --catalog, --index and --version");
  }
  if (index === undefined || version === undefined) {
    throw usageFailure("--catalog needs --index <name> and --version <label>");
  }
  const place = new CatalogPlace(catalog, index, version);
  return { place, file: place.file };
}

function givenClusters({ centroids, assignments }: Flags): [string, string] | undefined {
  if (centroids === undefined && assignments === undefined) return undefined;
  if (centroids === undefined || assignments === undefined) {
    throw usageFailure("--centroids and --assignments belong together: give both or neither");
  }
  return [centroids, assignments];
}
