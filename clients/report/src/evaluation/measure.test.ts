import { expect, it } from "vitest";
import { evaluate, qualityOf } from "./measure.js";
import type { Ranked } from "./rankings.js";

const ranked = (...ids: number[]): Ranked => ({ docIds: Uint32Array.from(ids), scores: new Float32Array(ids.length) });
const TEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

it("recall is the share of the exact ranking's ten best, as a mean and by query", () => {
  const ours = [ranked(...TEN), ranked(0, 1, 2, 3, 4, 90, 91, 92, 93, 94), ranked(1, 2)];
  const exact = [ranked(...TEN, 10), ranked(...TEN), ranked(1, 3)];
  const { recall10, recallHistogram, queries, judged } = evaluate(ours, exact, undefined);
  // 10 of 10, 5 of 10, 1 of 2.
  expect(recall10).toBeCloseTo((1 + 0.5 + 0.5) / 3, 12);
  expect(recallHistogram).toEqual([0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]);
  expect([queries, judged]).toEqual([3, null]);
});

it("nDCG@10 and Success@5 are means over the queries with a relevant document", () => {
  const judgements = [
    new Map([
      [7, 1],
      [8, 1],
      [9, 1],
    ]),
    new Map<number, number>(),
    new Map([[5, 2]]),
  ];
  const ours = [ranked(7, 1, 8), ranked(1, 2), ranked(0, 1, 2, 3, 4, 5)];
  const exact = [ranked(7, 8, 9), ranked(1, 2), ranked(5)];
  const { judged } = evaluate(ours, exact, judgements);
  // (1 + 1/2) / (1 + 0.630930 + 1/2) = 0.703918; a relevant one at rank 6 alone: 1 / log2(7) = 0.356207.
  expect(judged?.queries).toBe(2);
  expect(judged?.index.ndcg10).toBeCloseTo((0.703918 + 0.356207) / 2, 6);
  // Rank 6 is beyond five.
  expect(judged?.index.success5).toBe(0.5);
  expect(judged?.exact).toEqual({ ndcg10: 1, success5: 1 });
});

it("without a relevant document there is no quality", () => {
  expect(qualityOf([ranked(1)], [new Map()])).toBeNull();
  expect(evaluate([ranked(1)], [ranked(1)], [new Map()]).judged).toBeNull();
});
