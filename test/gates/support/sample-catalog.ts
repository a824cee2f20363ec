import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Index, toHalf } from "@maxsimd/native";
import { Dtype, SearchRequestSchema, SearchService } from "@maxsimd/proto";
import { createRandom } from "../../support/served-file/sample.js";
import { bytesOf, pathOf } from "./wire-client.js";

export const SEARCH = pathOf(SearchService.method.search);
/** The one index of a sample catalog. */
export const INDEX = "books";
export const DIM = 32;
const ROWS = 8;
const QUERIES = 48;
/** Token types of the made-up vocabulary. */
const TYPES = 60;

export interface SampleOptions {
  readonly documents?: number;
  /** Labels of the versions, whose answers differ; the first is current. */
  readonly versions?: readonly string[];
  /** Fields of the documents. */
  readonly attributes?: readonly object[];
}

export interface SampleCatalog {
  /** Path of the catalog. */
  readonly path: string;
  /** Queries of 8 tokens each, as f16. */
  readonly queries: readonly Uint8Array[];
  /** Path of a version's file. */
  file(version: string): string;
}

/** Builds a catalog with one index of made-up documents in a folder. */
export async function makeCatalog(folder: string, options: SampleOptions = {}): Promise<SampleCatalog> {
  const { documents = 600, versions = ["v1"], attributes } = options;
  const path = join(folder, "catalog");
  mkdirSync(join(path, INDEX), { recursive: true });
  const { vectors, tokenIds, doclens } = makeTokens(documents);
  for (const [pqSeed, version] of versions.entries()) {
    const output = join(path, INDEX, `${version}.maxsim`);
    const shape = { dim: DIM, output, pqSeed, exactBelow: 0, totalCentroids: 256, attributes };
    (await Index.buildFromArrays(vectors, tokenIds, doclens, shape)).close();
  }
  writeFileSync(join(path, INDEX, "current"), `${versions[0]}\n`);
  const queries = Array.from(
    { length: QUERIES },
    (_, i) => new Uint8Array(vectors.slice(i * ROWS * DIM, (i + 1) * ROWS * DIM).buffer),
  );
  return { path, queries, file: (version) => join(path, INDEX, `${version}.maxsim`) };
}

/** A query as a tensor of the wire. */
export function tensorOf(query: Uint8Array): { dtype: Dtype; dim: number; rows: number; data: Uint8Array } {
  return { dtype: Dtype.F16, dim: DIM, rows: query.byteLength / 2 / DIM, data: query };
}

/** A request with one query, serialized. */
export function searchRequest(query: Uint8Array, k = 10): Buffer {
  return bytesOf(SearchRequestSchema, { index: { index: INDEX }, query: tensorOf(query), params: { k } });
}

/** Documents of 0 to 40 tokens, each near the direction of its type, as f16. */
export function makeTokens(documents: number): { vectors: Uint16Array; tokenIds: Uint32Array; doclens: Int32Array } {
  const random = createRandom(1);
  const directions = Float32Array.from({ length: TYPES * DIM }, () => random() - 0.5);
  const doclens = Int32Array.from({ length: documents }, () => Math.floor(random() * 41));
  const tokens = doclens.reduce((sum, length) => sum + length, 0);
  const tokenIds = Uint32Array.from({ length: tokens }, () => Math.floor(random() * random() * TYPES));
  const floats = Float32Array.from({ length: tokens * DIM }, (_, i) => {
    const direction = (tokenIds[Math.floor(i / DIM)] ?? 0) * DIM + (i % DIM);
    return ((directions[direction] ?? 0) + 0.6 * (random() - 0.5)) / 4;
  });
  return { vectors: toHalf(floats), tokenIds, doclens };
}

/** Arguments of a server that refuses no search for its load: where the promise is about something else, a slow machine shall not matter. */
export const PATIENT: readonly string[] = ["--limit", "queueMs=30000"];
