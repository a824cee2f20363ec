// An encoder's vectors are those of its model for exactly the tokens that its settings ask for: compared with the formula of a tiny model.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { formula, idsOf, removeCopies, TINY, tinyWith } from "../testing/tiny-folder.js";
import { Encoder } from "./encoder.js";
import type { TextKind } from "./sequences.js";

const open = new Set<Encoder>();
afterEach(async () => {
  for (const encoder of open) await encoder.close();
  open.clear();
});
afterAll(removeCopies);

async function openEncoder(folder: string): Promise<Encoder> {
  const encoder = await Encoder.open(folder, 1);
  open.add(encoder);
  return encoder;
}

/** Encodes one text. */
async function encode(folder: string, text: string, kind: TextKind) {
  const { tokenIds, vectors, lengths } = await (await openEncoder(folder)).encode([text], kind);
  expect([...lengths]).toEqual([tokenIds.length]);
  return { ids: [...tokenIds], vectors };
}

function expectVectors(found: Float32Array, expected: readonly (readonly number[])[]): void {
  const flat = expected.flat();
  expect(found).toHaveLength(flat.length);
  for (const [i, value] of flat.entries()) expect(found[i]).toBeCloseTo(value, 5);
}

describe("a query", () => {
  it("has its marker, and mask tokens up to query_length that nothing attends to", async () => {
    const { ids, vectors } = await encode(TINY, "What is the fox?", "query");
    const expected = idsOf("[CLS] [unused0] what is the fox ? [SEP] [MASK] [MASK]");
    expect(ids).toEqual(expected);
    expectVectors(vectors, formula(expected, 8));
  });

  it("attends to its mask tokens if attend_to_expansion_tokens is true", async () => {
    const { ids, vectors } = await encode(tinyWith({ attend_to_expansion_tokens: true }), "what is red", "query");
    expectVectors(vectors, formula(ids, 10));
  });

  it("has no mask tokens if do_query_expansion is false", async () => {
    const { ids, vectors } = await encode(tinyWith({ do_query_expansion: false }), "what is red.", "query");
    expect(ids).toEqual(idsOf("[CLS] [unused0] what is red . [SEP]"));
    expectVectors(vectors, formula(ids, 7));
  });

  it("is cut to query_length, and keeps its last special token", async () => {
    const { ids } = await encode(tinyWith({ query_length: 5 }), "what is the red fox", "query");
    expect(ids).toEqual(idsOf("[CLS] [unused0] what is [SEP]"));
  });
});

describe("a document", () => {
  it("leaves out the vectors of the skip list, to which others attend all the same", async () => {
    const { ids, vectors } = await encode(TINY, "Red, blue.", "document");
    expect(ids).toEqual(idsOf("[CLS] [unused1] red blue [SEP]"));
    const all = formula(idsOf("[CLS] [unused1] red , blue . [SEP]"), 7);
    expectVectors(vectors, [all[0], all[1], all[2], all[4], all[6]] as number[][]);
  });

  it("leaves out special tokens that the skip list names", async () => {
    const { ids } = await encode(tinyWith({ skiplist_words: ["[CLS]", "[SEP]", "nonsense"] }), "red.", "document");
    expect(ids).toEqual(idsOf("[unused1] red ."));
  });

  it("is cut to document_length", async () => {
    const { ids, vectors } = await encode(TINY, "foxs jumping over the blue fox", "document");
    expect(ids).toEqual(idsOf("[CLS] [unused1] fox ##s jump ##ing over [SEP]"));
    expectVectors(vectors, formula(ids, 8));
  });

  it("has only its special tokens and marker if its text is empty", async () => {
    const { ids, vectors } = await encode(TINY, "", "document");
    expect(ids).toEqual(idsOf("[CLS] [unused1] [SEP]"));
    expectVectors(vectors, formula(ids, 3));
    const none = await encode(tinyWith({ skiplist_words: ["[CLS]", "[SEP]", "[unused1]"] }), "", "document");
    expect(none.ids).toEqual([]);
    expect(none.vectors).toHaveLength(0);
  });
});

describe("texts of different lengths", () => {
  it("have the vectors that each has alone, in the order of the texts", async () => {
    const texts = ["the fox jumping over", "", "red", ".", "blue fox", "what, is, the"];
    const many = Array.from({ length: 400 }, (_, i) => texts[i % texts.length] as string);
    const encoder = await openEncoder(TINY);
    const together = await encoder.encode(many, "document");
    const alone = await Promise.all(texts.map((text) => encoder.encode([text], "document")));
    let at = 0;
    for (const [i, length] of together.lengths.entries()) {
      const single = alone[i % texts.length] as (typeof alone)[number];
      expect(length).toBe(single.tokenIds.length);
      expect(together.tokenIds.subarray(at, at + length)).toEqual(single.tokenIds);
      for (const [j, value] of single.vectors.entries()) expect(together.vectors[at * 8 + j]).toBeCloseTo(value, 5);
      at += length;
    }
    expect(at).toBe(together.tokenIds.length);
  });

  it("may be no texts at all", async () => {
    const { vectors, tokenIds, lengths } = await (await openEncoder(TINY)).encode([], "query");
    expect([vectors.length, tokenIds.length, lengths.length]).toEqual([0, 0, 0]);
  });
});

it("puts a marker that is not in the vocabulary in front of the text", async () => {
  const { ids } = await encode(tinyWith({ document_prefix: "blue " }), "fox", "document");
  expect(ids).toEqual(idsOf("[CLS] blue fox [SEP]"));
  const without = await encode(tinyWith({ document_prefix: "" }), "fox", "document");
  expect(without.ids).toEqual(idsOf("[CLS] fox [SEP]"));
});

it("leaves vectors as the model gives them if normalize_embeddings is false", async () => {
  const { ids, vectors } = await encode(tinyWith({ normalize_embeddings: false }), "red", "document");
  expectVectors(vectors, formula(ids, ids.length, false));
});

it("can be closed while it encodes, and then gives what it encodes and refuses what waits", async () => {
  const encoder = await openEncoder(TINY);
  const texts = new Array<string>(2000).fill("the red fox");
  const [running, waiting] = [encoder.encode(texts, "document"), encoder.encode(texts, "document")];
  const refused = expect(waiting).rejects.toThrow();
  await encoder.close();
  expect((await running).lengths).toHaveLength(2000);
  await refused;
});

describe("a folder that cannot be used", () => {
  it.each([
    [
      "a file that is missing",
      {},
      "model.onnx",
      undefined,
      "NOT_FOUND",
      /expected model\.onnx or .*got a folder without/,
    ],
    ["no tokenizer", {}, "tokenizer.json", undefined, "NOT_FOUND", /there is no file .*tokenizer\.json/],
    ["a model that is not one", {}, "model.onnx", "onnx", "INVALID_INPUT", /model\.onnx: expected an ONNX model, got/],
    [
      "a tokenizer that is not one",
      {},
      "tokenizer.json",
      "{}",
      "INVALID_INPUT",
      /tokenizer\.json: expected a tokenizer/,
    ],
    [
      "another dim",
      { embedding_dim: 16 },
      undefined,
      undefined,
      "INVALID_INPUT",
      /expected vectors of dim 16.*got dim 8/,
    ],
  ])("with %s is named in a typed error", async (_, settings, file, content, code, message) => {
    const folder = tinyWith(settings);
    if (file !== undefined) {
      if (content === undefined) rmSync(join(folder, file));
      else writeFileSync(join(folder, file), content);
    }
    await expect(Encoder.open(folder, 1)).rejects.toMatchObject({
      name: "EncoderError",
      code,
      message: expect.stringMatching(message),
    });
  });
});
