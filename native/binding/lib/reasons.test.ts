/** An explanation adds up to the score, and the parameters that `whyNot` names do bring the document. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpus, unitVectors } from "../testing/corpus.js";
import { Index } from "./index.js";

const data = corpus({ documents: 300, dim: 16, types: 12 });
const query = unitVectors(6, 16, 9);
let index: Index;
let scanned: Index;

beforeAll(async () => {
  const options = { dim: 16, attributes: Array.from({ length: 300 }, (_, i) => ({ id: `d${i}`, n: i })) };
  index = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, { ...options, exactBelow: 0 });
  scanned = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, options);
});
afterAll(() => {
  index.close();
  scanned.close();
});

describe("explain", () => {
  test("names a token for each query token; their similarities add up to the score", async () => {
    for (const each of [index, scanned]) {
      const { docIds, scores } = await each.search(query, { k: 8 });
      const explanations = await each.explain(query, docIds);
      expect(explanations.map(({ docId }) => docId)).toEqual([...docIds]);
      for (const [i, { docId, tokens, similarities }] of explanations.entries()) {
        expect(similarities.reduce((sum, share) => sum + share, 0)).toBeCloseTo(scores[i] ?? 0, 4);
        const rows = each.getDocumentEmbeddings(docId);
        for (const [row, token] of tokens.entries()) {
          const dot = (t: number): number =>
            query.subarray(row * 16, row * 16 + 16).reduce((sum, q, d) => sum + q * (rows[t * 16 + d] ?? 0), 0);
          const all = Array.from({ length: rows.length / 16 }, (_, t) => dot(t));
          expect(dot(token)).toBeCloseTo(Math.max(...all), 3);
          expect(similarities[row]).toBeCloseTo(dot(token), 3);
        }
      }
    }
  });

  test("a document without tokens has no matches, and one that does not exist is refused", async () => {
    const empty = data.doclens.indexOf(0);
    const [explanation] = await index.explain(query, Uint32Array.of(empty));
    expect([...(explanation?.tokens ?? [])]).toEqual(Array(6).fill(4294967295));
    expect(explanation?.similarities[0]).toBe(Number.NEGATIVE_INFINITY);
    await expect(index.explain(query, Uint32Array.of(300))).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
  });
});

describe("whyNot", () => {
  const tight = { k: 3, kCentroids: 2, kDocsToScore: 20, alpha: 0.2 } as const;

  test.each([tight, { ...tight, beta: 1 }, { ...tight, alpha: null }])(
    "names a change that works: %j",
    async (params) => {
      const seen = new Set<string>();
      for (let i = 0; i < 300; i += 7) {
        const why = await index.whyNot(query, `d${i}`, params);
        seen.add(why.lost);
        if (why.change !== undefined) {
          const { docIds } = await index.search(query, { ...params, ...why.change });
          expect(docIds).toContain(i);
        } else {
          expect(["found", "no tokens"]).toContain(why.lost);
        }
      }
      expect(seen.size).toBeGreaterThan(2);
    },
  );

  test("says of what no parameter brings what it is", async () => {
    const lost = async (id: string, filter?: Parameters<Index["search"]>[1]): Promise<string> =>
      (await index.whyNot(query, id, filter)).lost;
    expect(await lost("d300")).toBe("unknown");
    expect(await lost(`d${data.doclens.indexOf(0)}`)).toBe("no tokens");
    const other = data.doclens.findIndex((length) => length > 0);
    expect(await lost(`d${other}`, { filter: { noneOf: [{ ids: [`d${other}`] }] } })).toBe("filtered");
    const { docIds } = await index.search(query);
    expect(await index.whyNot(query, `d${docIds[2]}`)).toEqual({ lost: "found", rank: 3 });
    await expect(index.whyNot(query, "d1", { k: 0 })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
  });
});
