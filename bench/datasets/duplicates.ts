/**
 * Corpora that repeat themselves, as real ones do: blank page patches, padding, boilerplate, the same page twice. All vectors are
 * rows of length 1, as binary16 bit patterns; equal seeds give equal corpora.
 */

import { toHalf } from "@maxsimd/native";
import { randomInt, randomLcg, randomNormal } from "d3-random";

/** The arrays of a build: vectors [tokens, dim], an id a token, and the tokens of each document. */
export interface RepetitiveCorpus {
  readonly dim: number;
  readonly vectors: Uint16Array;
  readonly tokenIds: Uint32Array;
  readonly doclens: Int32Array;
}

/** Random rows of length 1: each value is drawn from a normal distribution. */
class Rows {
  readonly #dim: number;
  readonly #normal: () => number;
  /** An integer of 0 up to, and without, `n`. */
  readonly below: (n: number) => number;
  /** A number of 0 up to, and without, 1. */
  readonly unit: () => number;

  constructor(dim: number, seed: number) {
    const source = randomLcg(seed);
    this.#dim = dim;
    this.unit = source;
    this.#normal = randomNormal.source(source)(0, 1);
    this.below = (n) => randomInt.source(source)(n)();
  }

  random(): Float32Array {
    return normalized(Float32Array.from({ length: this.#dim }, this.#normal));
  }

  /** `row` with normal noise of this standard deviation on every value, at length 1 again. */
  near(row: Float32Array, noise: number): Float32Array {
    return normalized(row.map((value) => value + noise * this.#normal()));
  }
}

function normalized(row: Float32Array): Float32Array {
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
}

function corpus(rows: Float32Array[], tokensPerDocument: number, tokenId: (row: number) => number): RepetitiveCorpus {
  const dim = (rows[0] as Float32Array).length;
  const vectors = new Uint16Array(rows.length * dim);
  for (const [i, row] of rows.entries()) vectors.set(toHalf(row), i * dim);
  return {
    dim,
    vectors,
    tokenIds: Uint32Array.from(rows, (_, row) => tokenId(row)),
    doclens: new Int32Array(rows.length / tokensPerDocument).fill(tokensPerDocument),
  };
}

/** The size of a corpus, and the seed of its vectors. */
interface Shape {
  readonly tokens: number;
  readonly tokensPerDocument: number;
  readonly dim: number;
  readonly seed: number;
}

/** `tokens` copies of one vector, all under one token id. */
export function copies(shape: Shape): RepetitiveCorpus {
  const row = new Rows(shape.dim, shape.seed).random();
  return corpus(Array(shape.tokens).fill(row), shape.tokensPerDocument, () => 0);
}

/** Copies of one vector under `types` token ids in turn, and one other vector at a random place, whose row is `other`. */
export function oneAmongCopies(shape: Shape & { types: number }): RepetitiveCorpus & { readonly other: number } {
  const random = new Rows(shape.dim, shape.seed);
  const rows: Float32Array[] = Array(shape.tokens).fill(random.random());
  const other = random.below(shape.tokens);
  rows[other] = random.random();
  return { ...corpus(rows, shape.tokensPerDocument, (row) => row % shape.types), other };
}

/**
 * Random vectors under one token id, of which about a `share` is replaced by one vector, the blank, each time with normal `noise`
 * of this standard deviation on every value.
 */
export function blanks(
  shape: Omit<Shape, "tokens"> & { documents: number; share: number; noise: number },
): RepetitiveCorpus {
  const random = new Rows(shape.dim, shape.seed);
  const blank = random.random();
  const rows = Array.from({ length: shape.documents * shape.tokensPerDocument }, () =>
    random.unit() < shape.share ? random.near(blank, shape.noise) : random.random(),
  );
  return corpus(rows, shape.tokensPerDocument, () => 0);
}

/** `original` with `pads` copies of one vector at the end of each document, under a token id of their own. */
export function padded(
  original: RepetitiveCorpus,
  pads: number,
  seed: number,
): RepetitiveCorpus & { pad: Uint16Array } {
  const { dim, vectors, tokenIds, doclens } = original;
  const pad = toHalf(new Rows(dim, seed).random());
  const padId = tokenIds.reduce((most, id) => Math.max(most, id), 0) + 1;
  const tokens = tokenIds.length + pads * doclens.length;
  const result = {
    dim,
    pad,
    vectors: new Uint16Array(tokens * dim),
    tokenIds: new Uint32Array(tokens).fill(padId),
    doclens: doclens.map((length) => length + pads),
  };
  let [from, to] = [0, 0];
  for (const length of doclens) {
    result.vectors.set(vectors.subarray(from * dim, (from + length) * dim), to * dim);
    result.tokenIds.set(tokenIds.subarray(from, from + length), to);
    for (let i = length; i < length + pads; i++) result.vectors.set(pad, (to + i) * dim);
    from += length;
    to += length + pads;
  }
  return result;
}

/** A query of `count` tokens of one document, drawn without repeats: rows as binary16 bit patterns. */
export function ownTokens(
  { dim, vectors, doclens }: RepetitiveCorpus,
  document: number,
  count: number,
  seed: number,
): Uint16Array {
  const random = new Rows(dim, seed);
  const first = doclens.subarray(0, document).reduce((sum, length) => sum + length, 0);
  const rows = Array.from({ length: doclens[document] as number }, (_, i) => first + i);
  const query = new Uint16Array(count * dim);
  for (let i = 0; i < count; i++) {
    const [row = first] = rows.splice(random.below(rows.length), 1);
    query.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  return query;
}
