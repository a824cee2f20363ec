import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { exactMaxSim, readNpy, writeNpy } from "@maxsimd/native";
import type { Dataset } from "./dataset.js";
import type { Rankings } from "./rankings.js";
import { fromHalf } from "./vector-file.js";

/** Length of the exact rankings. Recall uses the first ten. */
const EXACT_PLACES = 100;

/** The queries that both engines answer, in memory and as files, and their exact rankings. */
export interface Queries {
  readonly rows: Float32Array;
  readonly offsets: BigInt64Array;
  readonly queriesFile: string;
  readonly offsetsFile: string;
  readonly exact: Rankings;
}

/** Chooses at most `most` queries, evenly spread over the data set. Exact MaxSim is computed once and kept in `work`. */
export async function prepareQueries(dataset: Dataset, most: number, work: string): Promise<Queries> {
  mkdirSync(work, { recursive: true });
  const key = createHash("sha256").update(`${most}\n${dataset.fingerprint}`).digest("hex").slice(0, 16);
  const files = {
    queriesFile: join(work, `queries-${key}.npy`),
    offsetsFile: join(work, `query-offsets-${key}.npy`),
  };
  const { rows, offsets } = chooseQueries(dataset, most);
  writeNpy(files.queriesFile, rows, [rows.length / dataset.dim, dataset.dim]);
  writeNpy(files.offsetsFile, offsets, [offsets.length]);
  return { rows, offsets, ...files, exact: await exactRankings(dataset, rows, offsets, join(work, `exact-${key}`)) };
}

function chooseQueries({ queryVectors, queryLens, dim }: Dataset, most: number) {
  const { data, dtype } = readNpy(queryVectors);
  if (dtype !== "f16" && dtype !== "f32") throw new Error(`${queryVectors}: expected f16 or f32, got ${dtype}`);
  const lengths = Array.from(readNpy(queryLens).data, Number);
  const step = Math.max(1, Math.ceil(lengths.length / most));
  const [offsets, parts] = [[0n], [] as Float32Array[]];
  let first = 0;
  for (const [query, length] of lengths.entries()) {
    const part = data.subarray(first * dim, (first + length) * dim) as Uint16Array | Float32Array;
    first += length;
    if (query % step !== 0) continue;
    parts.push(part instanceof Float32Array ? part : Float32Array.from(part, fromHalf));
    offsets.push(offsets.at(-1)! + BigInt(length));
  }
  const rows = new Float32Array(Number(offsets.at(-1)) * dim);
  for (const [query, part] of parts.entries()) rows.set(part, Number(offsets[query]) * dim);
  return { rows, offsets: BigInt64Array.from(offsets) };
}

async function exactRankings(
  { vectors, doclens }: Dataset,
  rows: Float32Array,
  offsets: BigInt64Array,
  out: string,
): Promise<Rankings> {
  const [idsFile, scoresFile] = [`${out}-ids.npy`, `${out}-scores.npy`];
  if (!existsSync(scoresFile)) {
    const { docIds, scores } = await exactMaxSim(vectors, doclens, rows, BigUint64Array.from(offsets), EXACT_PLACES);
    writeNpy(idsFile, docIds, [offsets.length - 1, EXACT_PLACES]);
    writeNpy(scoresFile, scores, [offsets.length - 1, EXACT_PLACES]);
  }
  const ids = readNpy(idsFile).data as Uint32Array;
  return { k: EXACT_PLACES, ids, scores: readNpy(scoresFile).data as Float32Array };
}
