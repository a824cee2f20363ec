import { requireFiles } from "@maxsimd/report/dataset";
import { formatCount, formatDuration } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import {
  addCatalogIndexOptions,
  type CatalogIndexFlags,
  describeCurrent,
  openCatalogIndex,
} from "../destinations/catalog-index.js";
import { usageFailure } from "../failure.js";
import { readAttributes } from "../inputs/attribute-file.js";
import { addCorpusInputs, type CorpusArguments, type CorpusFlags, corpusInputs } from "../inputs/corpus-inputs.js";
import { noteRounding } from "../output/rounding.js";
import type { Session } from "../session.js";

interface Flags extends CorpusFlags, CatalogIndexFlags {
  ids?: string;
  attributes?: string;
  base?: string;
}

const EXAMPLES = [
  "maxsimd add vectors.npy token_ids.npy doclens.npy --catalog /srv/maxsimd --index papers --ids ids.txt",
  "maxsimd add corpus.npz --catalog /srv/maxsimd --index papers --attributes documents.jsonl",
  "maxsimd add corpus.npz --catalog /srv/maxsimd --index papers --ids ids.txt --base 2026-11-24.3",
];

/** `maxsimd add`: adds documents to an index in a catalog folder, as one new version. */
export function addCommand(session: Session): Command {
  const summary = "add documents to an index in a catalog, and replace those whose ids exist";
  const command = addCatalogIndexOptions(addCorpusInputs(defineCommand("add", summary, EXAMPLES), "<vectors>"))
    .option("--ids <file>", "ids of the documents, one on each line")
    .option(
      "--attributes <file>",
      "fields of the documents, JSON lines or a .parquet file; their id is the document's id",
    )
    .option("--base <label>", "refuse to add unless this version is current");
  return command.action(
    reporting(session, (vectors: string, tokenIds: string | undefined, doclens: string | undefined, flags: Flags) =>
      add(session, [vectors, tokenIds, doclens], flags),
    ),
  );
}

async function add(session: Session, files: CorpusArguments, flags: Flags): Promise<Report> {
  const { index, ids, attributes, base } = flags;
  const inputs = await corpusInputs(files, flags);
  if (ids === undefined && attributes === undefined) {
    throw usageFailure("name the ids of the documents: --ids <file>, or --attributes <file> with the field id");
  }
  requireFiles(inputs.vectors, inputs.tokenIds, inputs.doclens, ids, attributes);
  const collection = await openCatalogIndex(flags);
  const started = performance.now();
  const signal = session.interruption();
  const fields = await readAttributes(attributes);
  const change = await collection.upsert({ ...inputs, ids, attributes: fields }, { base, signal });
  const seconds = (performance.now() - started) / 1000;
  const { arrayShape } = await import("@maxsimd/native");
  const { dtype } = arrayShape(inputs.vectors);
  noteRounding(session, inputs.vectors, dtype === "f16" ? undefined : dtype);

  // The engine counts a document that replaces another as added and as deleted.
  const { version, added: documents, deleted: replaced } = change;
  const added = documents - replaced;
  const documentsPerSecond = Math.round(documents / seconds);
  const rate = `${formatDuration(seconds)}, ${formatCount(documentsPerSecond)} documents/s`;
  const text = `added ${formatCount(added)} documents and replaced ${formatCount(replaced)} in ${rate}`;
  return {
    json: { index, version, added, replaced, seconds: Number(seconds.toFixed(3)), documentsPerSecond },
    text: `${text}\n${describeCurrent(index, version)}`,
  };
}
