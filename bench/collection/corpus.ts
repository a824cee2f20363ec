import { join } from "node:path";
import { type Documents, type NpyData, readNpy } from "@maxsimd/native";

/** Queries of a corpus that are used: all of Cranfield's. */
const MOST_QUERIES = 225;

/** A corpus with queries, in memory. Each document has an id, its position, and an attribute `r` from 0 to 9,999 at random. */
export interface Corpus {
  readonly dim: number;
  readonly vectors: Uint16Array;
  readonly tokenIds: Uint32Array;
  readonly doclens: Int32Array;
  /** First token of each document, and the number of tokens. */
  readonly offsets: readonly number[];
  readonly attributes: readonly { id: string; r: number }[];
  /** f16 rows of each query. */
  readonly queries: readonly Uint8Array[];
  readonly queryRows: readonly number[];
}

/** Reads a folder of `bench/datasets`. */
export async function readCorpus(folder: string): Promise<Corpus> {
  const read = async (name: string): Promise<{ data: NpyData; dim: number }> => {
    const { data, shape } = await readNpy(join(folder, name));
    return { data, dim: shape[1] ?? 1 };
  };
  const { data: vectors, dim } = await read("vectors.npy");
  const tokenIds = Uint32Array.from((await read("token_ids.npy")).data as Int32Array);
  const doclens = Int32Array.from((await read("doclens.npy")).data as Int32Array);
  const rows = new Uint8Array(((await read("query_vectors.npy")).data as Uint16Array).slice().buffer);
  const queryRows = Array.from((await read("query_lens.npy")).data as Int32Array).slice(0, MOST_QUERIES);
  let at = 0;
  const queries = queryRows.map((length) => {
    const from = at;
    at += length * dim * 2;
    return rows.subarray(from, at);
  });
  const offsets = [0];
  for (const length of doclens) offsets.push((offsets.at(-1) ?? 0) + length);
  const next = generator(7);
  const attributes = Array.from(doclens, (_, i) => ({ id: `${i}`, r: Math.floor(next() * 10_000) }));
  return { dim, vectors: vectors as Uint16Array, tokenIds, doclens, offsets, attributes, queries, queryRows };
}

/** Numbers in [0, 1) from a seed. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Some documents of a corpus, by position, as a collection takes them. */
export function pick(corpus: Corpus, positions: readonly number[]): Documents {
  const { dim, vectors, tokenIds, offsets, doclens, attributes } = corpus;
  const lengths = positions.map((position) => doclens[position] ?? 0);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const picked = { vectors: new Uint16Array(tokens * dim), tokenIds: new Uint32Array(tokens) };
  let at = 0;
  for (const position of positions) {
    const [first = 0, last = 0] = [offsets[position], offsets[position + 1]];
    picked.vectors.set(vectors.subarray(first * dim, last * dim), at * dim);
    picked.tokenIds.set(tokenIds.subarray(first, last), at);
    at += last - first;
  }
  const fields = positions.map((position) => attributes[position] ?? {});
  return { ...picked, dim, doclens: Int32Array.from(lengths), attributes: fields };
}
