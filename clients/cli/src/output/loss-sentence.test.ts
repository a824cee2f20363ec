import { expect, it } from "vitest";
import { type Loss, optionsOf, sentenceOf } from "./loss-sentence.js";

it.each<[Loss, string]>([
  [
    { lost: "NOT_GATHERED", change: { kCentroids: 40 } },
    "it has no token at the centroids that are read; --k-centroids 40 brings it",
  ],
  [
    { lost: "BELOW_ALPHA", score: 1.5, needed: 2, change: { alpha: 0.5, k: 37 } },
    "its coarse score is 1.5000, and alpha keeps 2.0000; --alpha 0.5 --k 37 brings it",
  ],
  [
    { lost: "BEYOND_CAP", rank: 21, needed: 20, change: { kDocsToScore: 21 } },
    "rank 21 by coarse score, and 20 are scored; --k-docs-to-score 21",
  ],
  [{ lost: "STOPPED_EARLY", change: { beta: null } }, "beta ends the search before it; --beta none brings it"],
  [{ lost: "OUT_RANKED", rank: 20_000, score: 1, needed: 2 }, "has 2.0000; no search options bring it"],
  [{ lost: "DELETED" }, "d1 was deleted"],
  [{ lost: "NO_TOKENS" }, "d1 has no tokens, so that no search returns it"],
])("says of %j where it was lost and what brings it", (loss, text) => {
  expect(sentenceOf("d1", loss)).toContain(text);
});

it("writes a value of binary32 as short as it was meant, and a rule that is off as none", () => {
  expect(optionsOf({ alpha: Math.fround(0.1234), efSearch: 60 })).toBe("--alpha 0.1234 --ef-search 60");
  expect(optionsOf({ alpha: null, beta: null })).toBe("--alpha none --beta none");
});
