import { evaluate } from "@maxsimd/report";
import { expect, it } from "vitest";
import { makeReport, showTable } from "./report.js";

// The promise: nDCG@10 and Success@5 are means over the questions with a relevant document, and the report says how many
// these are. Without any it is still JSON.

const index = { catalog: "", index: "sample", version: "v1", bytes: 1024, buildSeconds: 1 };
const run = { rankings: [], found: [], latenciesMs: [1, 2], queriesPerSecond: 10, indexVersion: "v1" };
const ranked = [{ docIds: Uint32Array.of(7, 1) }, { docIds: Uint32Array.of(1, 2) }];

it("leaves a question without a relevant document out of the means", () => {
  const report = makeReport(evaluate(ranked, ranked, [new Map([[7, 1]]), new Map()]), index, run);
  expect(report).toMatchObject({ queries: 2, judged_queries: 1, ndcg10: 1, success5: 1, recall10: 1 });
  expect(report.exact).toEqual({ ndcg10: 1, success5: 1 });
  expect(showTable(report)).toMatch(/^queries, those with judgements +2, 1$/m);
});

it("gives null without any judgement", () => {
  const report = makeReport(evaluate(ranked, ranked, [new Map(), new Map()]), index, run);
  expect(JSON.parse(JSON.stringify(report))).toMatchObject({ judged_queries: 0, ndcg10: null, success5: null });
  expect(showTable(report)).toMatch(/^nDCG@10 +no judgements +no judgements$/m);
});
