import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { evaluate } from "@maxsimd/report";
import { describe, expect, it } from "vitest";

// The promise: the generator's means leave queries without a relevant document out and say how many remain, so that
// dataset.json is JSON; the TypeScript metrics give the same numbers.

const hasPython = spawnSync("python3", ["--version"]).status === 0;

function evaluateInPython(ranked: readonly number[][], judgements: readonly number[][]): unknown {
  const code =
    "import json, sys; from evaluation import evaluate; print(json.dumps(evaluate(*json.load(sys.stdin)), allow_nan=False))";
  const { stdout, stderr } = spawnSync("python3", ["-B", "-c", code], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    input: JSON.stringify([ranked, judgements]),
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const RANKED = [
  [7, 1, 8],
  [1, 2, 3],
  [0, 1, 2, 3, 4, 5],
];
/** Query 1 has only a judgement that its document is not relevant. */
const JUDGEMENTS = [
  [0, 7, 1],
  [0, 8, 1],
  [0, 9, 1],
  [1, 2, 0],
  [2, 5, 2],
];

describe.runIf(hasPython)("evaluate in evaluation.py", () => {
  it("takes the means over the queries with a relevant document, and says how many there are", () => {
    // (1 + 1/2) / (1 + 0.630930 + 1/2) = 0.703918; the relevant document at rank 6 alone: 1 / log2(7) = 0.356207.
    expect(evaluateInPython(RANKED, JUDGEMENTS)).toEqual({ judgedQueries: 2, ndcg10: 0.5301, success5: 0.5 });
  });

  it("gives null without a relevant document", () => {
    expect(evaluateInPython(RANKED, [[1, 2, 0]])).toEqual({ judgedQueries: 0, ndcg10: null, success5: null });
  });

  it("agrees with the TypeScript metrics", () => {
    const grades = RANKED.map((_, query) => {
      const relevant = JUDGEMENTS.filter(([q, , grade]) => q === query && Number(grade) > 0);
      return new Map(relevant.map(([, document, grade]) => [Number(document), Number(grade)]));
    });
    const ranked = RANKED.map((docIds) => ({ docIds: Uint32Array.from(docIds) }));
    const { judged } = evaluate(ranked, ranked, grades);
    const { judgedQueries, ndcg10, success5 } = evaluateInPython(RANKED, JUDGEMENTS) as Record<string, number>;
    expect(judged?.queries).toBe(judgedQueries);
    expect(judged?.index.ndcg10).toBeCloseTo(ndcg10 as number, 4);
    expect(judged?.index.success5).toBe(success5);
  });
});
