/** A data set folder as `npm run datasets` writes it, read for the demo and the load tests. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readNpy } from "@maxsimd/native";
import { type Judgements, readJudgements } from "@maxsimd/report/dataset";

export interface SampleQuery {
  text: string;
  /** binary16 bit patterns, row-major, `dim` elements a row. */
  tokens: Uint16Array;
}

export interface Sample {
  name: string;
  dim: number;
  /** The builder's input files. */
  vectors: string;
  tokenIds: string;
  doclens: string;
  queries: readonly SampleQuery[];
  /** All queries' rows, concatenated, and where each query begins: [queries + 1] rows. */
  queryTokens: Uint16Array;
  queryOffsets: BigUint64Array;
  titles: readonly string[];
  judgements: Judgements;
  /** Changes when any of the builder's inputs does. */
  inputDigest: string;
}

/** @throws Error that names the file at fault */
export function readSample(folder: string): Sample {
  const description = JSON.parse(readFileSync(join(folder, "dataset.json"), "utf8"));
  const inputs = ["vectors.npy", "token_ids.npy", "doclens.npy"];
  const texts = readLines(join(folder, "queries.jsonl")).map((line) => String(line["text"]));
  const { data, shape } = readNpy(join(folder, "query_vectors.npy"));
  if (!(data instanceof Uint16Array)) throw new Error(`${folder}/query_vectors.npy: expected f16`);
  const dim = shape[1] as number;
  const lengths = Array.from(readNpy(join(folder, "query_lens.npy")).data, Number);
  if (lengths.length !== texts.length) {
    throw new Error(
      `${folder}/query_lens.npy: expected ${texts.length} lengths, as queries.jsonl, got ${lengths.length}`,
    );
  }
  const offsets = [0];
  for (const length of lengths) offsets.push((offsets.at(-1) as number) + length);
  if (offsets.at(-1) !== shape[0]) {
    throw new Error(`${folder}/query_vectors.npy: expected ${offsets.at(-1)} rows, as query_lens.npy, got ${shape[0]}`);
  }
  return {
    name: String(description.name),
    dim,
    vectors: join(folder, "vectors.npy"),
    tokenIds: join(folder, "token_ids.npy"),
    doclens: join(folder, "doclens.npy"),
    queries: texts.map((text, i) => ({
      text,
      tokens: data.subarray((offsets[i] as number) * dim, (offsets[i + 1] as number) * dim),
    })),
    queryTokens: data,
    queryOffsets: BigUint64Array.from(offsets, BigInt),
    titles: readLines(join(folder, "documents.jsonl")).map((line) => String(line["title"])),
    judgements: readJudgements(join(folder, "qrels.tsv"), texts.length),
    inputDigest: inputs.map((file) => String(description.files[file].sha256)).join("-"),
  };
}

function readLines(path: string): Record<string, unknown>[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
