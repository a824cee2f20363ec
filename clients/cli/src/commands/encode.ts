import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EncodedTexts, Encoder } from "@maxsimd/encoder";
import { requireFiles } from "@maxsimd/report/dataset";
import { formatCount, formatDuration, formatNumber } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { GrowingArray, GrowingFile } from "../destinations/growing-file.js";
import { requireWritableFiles, requireWritableFolder } from "../destinations/require-writable.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";
import { readTexts, type TextRecord } from "../inputs/text-file.js";
import { openEncoder } from "../open-encoder.js";
import { integer } from "../options/numbers.js";
import { showProgress } from "../output/progress.js";
import { properties } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags {
  encoder: string;
  output: string;
  queries?: boolean;
  keepText?: boolean;
  threads?: number;
  force?: boolean;
}

/** Names of the files, of documents and of queries. */
const NAMES = {
  document: { vectors: "vectors.npy", tokenIds: "token_ids.npy", lengths: "doclens.npy", lines: "attributes.jsonl" },
  query: {
    vectors: "query_vectors.npy",
    tokenIds: "query_token_ids.npy",
    lengths: "query_lens.npy",
    lines: "queries.jsonl",
  },
} as const;

const EXAMPLES = [
  "maxsimd encode documents.jsonl --encoder model -o encoded",
  "maxsimd build encoded -o papers.maxsim --attributes encoded/attributes.jsonl",
  "maxsimd encode lines.txt --encoder model -o encoded --keep-text",
  "maxsimd encode questions.txt --encoder model -o asked --queries",
  "maxsimd search --file papers.maxsim --queries asked",
];

const HELP = `
<texts> has a text on each line. A file that ends with .jsonl or .ndjson has an object on each line: its "text" is encoded, its "id" names
the document, and other keys become fields.

The folder of --encoder has tokenizer.json, model.onnx, and the settings that next-plaid (onnx_config.json) or PyLate
(config_sentence_transformers.json) writes.`;

/** `maxsimd encode`: texts to the files that `build` and `search` read, with an ONNX model. */
export function encodeCommand(session: Session): Command {
  return defineCommand("encode", "turn texts into the token vectors that build and search read", EXAMPLES)
    .argument("<texts>", "file of texts, one on each line, or JSON lines")
    .requiredOption("--encoder <folder>", "folder of a ColBERT-style ONNX model")
    .requiredOption("-o, --output <folder>", "folder to write, which is made if it does not exist")
    .option("--queries", "the texts are questions: write query_vectors.npy and what belongs to it")
    .option("--keep-text", "store each text as the field text of its document")
    .option("--threads <n>", "threads of the model (default: one for each core)", integer(1))
    .option("--force", "replace files that exist")
    .addHelpText("after", HELP)
    .action(reporting(session, (texts: string, flags: Flags) => encode(session, texts, flags)));
}

async function encode(session: Session, texts: string, flags: Flags): Promise<Report> {
  requireFiles(texts);
  const kind = flags.queries ? "query" : "document";
  const names = NAMES[kind];
  if (existsSync(flags.output)) {
    requireWritableFiles(flags.force, ...Object.values(names).map((name) => join(flags.output, name)));
  } else {
    requireWritableFolder(flags.output);
  }
  const interruption = session.interruption();
  const encoder = await openEncoder(flags.encoder, session, flags.threads);
  const progress = showProgress(session);
  const counted = { texts: 0, tokens: 0 };
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  let files: EncodedFiles | undefined;
  try {
    mkdirSync(flags.output, { recursive: true });
    files = new EncodedFiles(flags.output, names, encoder.dim);
    for await (const { records, fraction } of readTexts(texts)) {
      interruption.throwIfAborted();
      const encoded = await encodeChunk(encoder, records, kind);
      await files.add(
        encoded,
        records.map((record) => line(record, flags)),
      );
      counted.texts += records.length;
      counted.tokens += encoded.tokenIds.length;
      progress.update({
        ...{ stage: "encode", fraction, overall: fraction, done: counted.texts, total: 0 },
        ...{ ratePerSecond: counted.texts / seconds(), secondsLeft: (seconds() * (1 - fraction)) / fraction },
      });
    }
    if (counted.texts === 0) throw new CommandFailure(EXIT.BAD_DATA, `${texts}: expected a text, got an empty file`);
    files.finish();
  } catch (error) {
    files?.abandon();
    throw error;
  } finally {
    progress.stop();
    await encoder.close();
  }
  return report(flags.output, files.written, counted, encoder.dim, seconds());
}

function encodeChunk(
  encoder: Encoder,
  records: readonly TextRecord[],
  kind: keyof typeof NAMES,
): Promise<EncodedTexts> {
  return encoder.encode(
    records.map(({ text }) => text),
    kind,
  );
}

/** The line of a text next to its vectors; undefined if nothing is to be said of it. */
function line({ id, text, fields }: TextRecord, { queries, keepText }: Flags): string | undefined {
  const value = { ...(id === undefined ? {} : { id }), ...fields, ...(queries || keepText ? { text } : {}) };
  return Object.keys(value).length === 0 ? undefined : JSON.stringify(value);
}

/** The files of one run, which get their names together when all are complete. */
class EncodedFiles {
  readonly #vectors: GrowingArray;
  readonly #tokenIds: GrowingArray;
  readonly #lengths: GrowingArray;
  readonly #lines: GrowingFile;
  readonly #paths: Readonly<Record<keyof (typeof NAMES)["document"], string>>;
  #hasLines = false;

  constructor(folder: string, names: (typeof NAMES)[keyof typeof NAMES], dim: number) {
    const at = (name: string) => join(folder, name);
    this.#paths = {
      ...{ vectors: at(names.vectors), tokenIds: at(names.tokenIds) },
      ...{ lengths: at(names.lengths), lines: at(names.lines) },
    };
    this.#vectors = new GrowingArray(this.#paths.vectors, "f16", dim);
    this.#tokenIds = new GrowingArray(this.#paths.tokenIds, "u32");
    this.#lengths = new GrowingArray(this.#paths.lengths, "i32");
    this.#lines = new GrowingFile(this.#paths.lines);
  }

  /** Paths of the files that have content. */
  get written(): string[] {
    const { vectors, tokenIds, lengths, lines } = this.#paths;
    return [vectors, tokenIds, lengths, ...(this.#hasLines ? [lines] : [])];
  }

  async add({ vectors, tokenIds, lengths }: EncodedTexts, lines: readonly (string | undefined)[]): Promise<void> {
    const { toHalf } = await import("@maxsimd/native");
    this.#vectors.add(toHalf(vectors));
    this.#tokenIds.add(tokenIds);
    this.#lengths.add(lengths);
    this.#hasLines ||= lines.some((text) => text !== undefined);
    this.#lines.append(lines.map((text) => `${text ?? "{}"}\n`).join(""));
  }

  finish(): void {
    // The vectors last: a folder that has them is complete.
    if (this.#hasLines) this.#lines.finish();
    else this.#lines.abandon();
    for (const array of [this.#lengths, this.#tokenIds, this.#vectors]) array.finish();
  }

  abandon(): void {
    for (const file of [this.#vectors, this.#tokenIds, this.#lengths, this.#lines]) file.abandon();
  }
}

function report(
  folder: string,
  files: readonly string[],
  { texts, tokens }: { texts: number; tokens: number },
  dim: number,
  seconds: number,
): Report {
  const rate = (count: number) => (seconds > 0 ? count / seconds : 0);
  const json = {
    folder,
    files,
    texts,
    tokens,
    dim,
    seconds,
    textsPerSecond: rate(texts),
    tokensPerSecond: rate(tokens),
  };
  const text = properties([
    ["files", files.join(", ")],
    ["texts", formatCount(texts)],
    ["tokens", `${formatCount(tokens)} of dim ${dim}`],
    ["time", formatDuration(seconds)],
    ["throughput", `${formatNumber(rate(texts))} texts/s, ${formatNumber(rate(tokens))} tokens/s`],
  ]);
  return { json, text };
}
