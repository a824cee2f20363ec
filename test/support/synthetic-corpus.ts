import { join } from "node:path";
import { writeNpy } from "@maxsimd/native";

/** Input files of a build, and queries that suit them. */
export interface SyntheticCorpus {
  vectors: string;
  tokenIds: string;
  doclens: string;
  dim: number;
  /** binary16 bit patterns, row-major. */
  queries: Uint16Array[];
}

export interface SyntheticShape {
  documents: number;
  tokensPerDocument: number;
  dim: number;
  /** Distinct token types. */
  types: number;
  queries: number;
  tokensPerQuery: number;
  seed: number;
}

/** Writes a corpus of random vectors around one direction a token type, and returns queries of the same kind. */
export function writeSyntheticCorpus(folder: string, shape: SyntheticShape): SyntheticCorpus {
  const { documents, tokensPerDocument, dim, types, queries, tokensPerQuery } = shape;
  const random = createRandom(shape.seed);
  const directions = Array.from({ length: types }, () => Float32Array.from({ length: dim }, () => random() - 0.5));
  const fill = (target: Uint16Array, row: number, type: number) => {
    const direction = directions[type] as Float32Array;
    for (let i = 0; i < dim; i++) target[row * dim + i] = toHalf((direction[i] as number) + 0.5 * (random() - 0.5));
  };
  const tokens = documents * tokensPerDocument;
  const vectors = new Uint16Array(tokens * dim);
  const tokenIds = new Uint32Array(tokens);
  for (let row = 0; row < tokens; row++) {
    const type = Math.floor(random() * types);
    tokenIds[row] = type;
    fill(vectors, row, type);
  }
  const paths = {
    vectors: join(folder, "vectors.npy"),
    tokenIds: join(folder, "token_ids.npy"),
    doclens: join(folder, "doclens.npy"),
  };
  writeNpy(paths.vectors, vectors, [tokens, dim]);
  writeNpy(paths.tokenIds, tokenIds, [tokens]);
  writeNpy(paths.doclens, new Int32Array(documents).fill(tokensPerDocument), [documents]);
  return {
    ...paths,
    dim,
    queries: Array.from({ length: queries }, () => {
      const query = new Uint16Array(tokensPerQuery * dim);
      for (let row = 0; row < tokensPerQuery; row++) fill(query, row, Math.floor(random() * types));
      return query;
    }),
  };
}

/** Numbers of [0, 1), the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);

/** Bit pattern of the binary16 at or next below `number` in magnitude; of 0 where that is under 2^-14. */
function toHalf(number: number): number {
  value[0] = number;
  const single = bits[0] as number;
  const exponent = ((single >>> 23) & 0xff) - 112;
  if (exponent <= 0) return 0;
  return ((single >>> 16) & 0x8000) | (exponent << 10) | ((single >>> 13) & 0x3ff);
}
