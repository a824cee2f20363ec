import { describe, expect, it } from "vitest";
import { allocationOf, capOf } from "./allocation/measure.js";
import { accumulateBudget } from "./budget/measure.js";
import { findCrowded } from "./crowding/measure.js";
import { errorByFrequency } from "./error/measure.js";
import { distributeSpread } from "./spread/measure.js";
import { tierOf } from "./tier.js";
import { summariseTiers } from "./tiers/measure.js";
import type { TokenTypeRow } from "./token-type-row.js";

const THRESHOLDS = { micro: 32, small: 64 };

function row(tokenId: number, count: number, centroids: number, spread = 0, error = 0): TokenTypeRow {
  return { tokenId, text: `t${tokenId}`, tier: tierOf(count, THRESHOLDS), count, centroids, spread, error };
}

/** A micro type that occurs once, another, a small type, and three active ones: at the floor, between, at the cap. */
const ROWS = [
  row(0, 1, 1),
  row(3, 9, 1, 0.2, 0.2),
  row(5, 40, 2, 0.5, 0.4),
  row(7, 100, 4, 0.4, 0.3),
  row(8, 1000, 20, 0.8, 0.5),
  row(9, 390, 10, 0.6, 0.1),
];

it("tiers begin at their thresholds", () => {
  expect([31, 32, 63, 64].map((count) => tierOf(count, THRESHOLDS))).toEqual(["micro", "small", "small", "active"]);
});

describe("summariseTiers", () => {
  it("sums types, tokens and centroids, and weighs spread and error by tokens", () => {
    const [micro, small, active, all] = summariseTiers(ROWS);
    expect(micro).toMatchObject({ tier: "micro", types: 2, tokens: 10, centroids: 2, tokensPerCentroid: 5 });
    // (1 * 0 + 9 * 0.2) / 10.
    expect(micro?.spread).toBeCloseTo(0.18, 12);
    expect(small).toMatchObject({ types: 1, tokens: 40, centroids: 2, spread: 0.5, error: 0.4 });
    // (100 * 0.3 + 1000 * 0.5 + 390 * 0.1) / 1490 = 569 / 1490.
    expect(active?.error).toBeCloseTo(0.381879, 6);
    expect(all).toMatchObject({ tier: "all", types: 6, tokens: 1540, centroids: 38, typeShare: 1, tokenShare: 1 });
    expect(micro?.typeShare).toBeCloseTo(1 / 3, 12);
    expect(active?.centroidShare).toBeCloseTo(34 / 38, 12);
  });

  it("gives 0 for a tier without types", () => {
    const [, small] = summariseTiers([row(0, 1, 1)]);
    expect(small).toMatchObject({ types: 0, tokens: 0, tokensPerCentroid: 0, spread: 0, error: 0, centroidShare: 0 });
  });
});

describe("allocationOf", () => {
  it("counts active types at the floor, at the cap and between", () => {
    expect([100, 155, 156, 194, 195, 390].map(capOf)).toEqual([4, 4, 4, 4, 5, 10]);
    expect(allocationOf(ROWS)).toMatchObject({ atFloor: 1, between: 1, atCap: 1 });
  });

  it("merges types with the same numbers, in order of count", () => {
    const { points } = allocationOf([row(1, 9, 1), row(0, 9, 1), row(2, 1, 1)]);
    expect(points).toEqual([
      { tier: "micro", count: 1, centroids: 1, types: 1 },
      { tier: "micro", count: 9, centroids: 1, types: 2 },
    ]);
  });
});

describe("accumulateBudget", () => {
  it("sums shares, the types with the most centroids first", () => {
    const { points, milestones } = accumulateBudget(ROWS);
    expect(points[0]).toEqual({ types: 1, centroidShare: 20 / 38, tokenShare: 1000 / 1540 });
    expect(points[1]?.tokenShare).toBeCloseTo(1390 / 1540, 12);
    expect(points.at(-1)).toMatchObject({ types: 6, centroidShare: 1, tokenShare: 1 });
    // 20 of 38 are 53 %; 30 are 79 %, 34 are 89 %, 36 are 95 %.
    expect(milestones.map(({ types }) => types)).toEqual([1, 1, 3, 4]);
  });

  it("orders by centroids, not by tokens", () => {
    const { points } = accumulateBudget([row(0, 1000, 4), row(1, 500, 10)]);
    expect(points[0]).toEqual({ types: 1, centroidShare: 10 / 14, tokenShare: 500 / 1500 });
  });

  it("keeps the first and the last of many points", () => {
    const { points } = accumulateBudget(Array.from({ length: 5000 }, (_, i) => row(i, 5000 - i, 1)));
    expect(points.length).toBeLessThanOrEqual(160);
    expect(points[0]).toMatchObject({ types: 1, centroidShare: 1 / 5000 });
    expect(points.at(-1)).toMatchObject({ types: 5000, centroidShare: 1 });
    const types = points.map((point) => point.types);
    expect(types).toEqual([...new Set(types)].sort((a, b) => a - b));
  });
});

describe("distributeSpread", () => {
  it("bins types by spread and tier, and leaves out those that occur once", () => {
    const { once, bins, medians } = distributeSpread(ROWS);
    expect(once).toBe(1);
    expect(bins.reduce((sum, { types }) => sum + types, 0)).toBe(5);
    const filled = bins.filter(({ types }) => types > 0);
    expect(filled.map(({ tier }) => tier)).toEqual(["micro", "small", "active", "active", "active"]);
    for (const [i, spread] of [0.2, 0.5, 0.4, 0.6, 0.8].entries()) {
      expect(filled[i]?.from).toBeLessThanOrEqual(spread + 1e-9);
      expect(filled[i]?.to).toBeGreaterThanOrEqual(spread - 1e-9);
    }
    expect(medians).toEqual([
      { tier: "micro", spread: 0.2 },
      { tier: "small", spread: 0.5 },
      { tier: "active", spread: 0.6 },
    ]);
  });

  it("accepts types without any spread", () => {
    const { bins, medians } = distributeSpread([row(0, 5, 1)]);
    expect(bins.find(({ types }) => types === 1)).toMatchObject({ tier: "micro", from: 0 });
    expect(medians[2]).toEqual({ tier: "active", spread: null });
  });
});

it("errorByFrequency has a bin for each power of two that occurs", () => {
  const bins = errorByFrequency([...ROWS, row(10, 8, 1, 0.4, 0.1)]);
  expect(bins.map(({ from, to, types }) => [from, to, types])).toEqual([
    [1, 1, 1],
    [8, 15, 2],
    [32, 63, 1],
    [64, 127, 1],
    [256, 511, 1],
    [512, 1023, 1],
  ]);
  // 9 tokens at 0.2 and 8 at 0.4; 9 at 0.2 and 8 at 0.1.
  expect(bins[1]).toMatchObject({ tokens: 17, centroids: 2 });
  expect(bins[1]?.spread).toBeCloseTo(5 / 17, 12);
  expect(bins[1]?.error).toBeCloseTo(2.6 / 17, 12);
});

it("findCrowded orders by tokens per centroid, and takes the least crowded from the active types only", () => {
  const { most, least, largest, widest } = findCrowded(ROWS);
  const ids = (of: readonly TokenTypeRow[]) => of.map(({ tokenId }) => tokenId);
  expect(most[0]).toMatchObject({ tokenId: 8, tokensPerCentroid: 50 });
  expect(ids(most)).toEqual([8, 9, 7, 5, 3, 0]);
  expect(ids(least)).toEqual([7, 9, 8]);
  expect(ids(largest)).toEqual([8, 9, 7, 5, 3, 0]);
  expect(ids(widest)).toEqual([8, 9, 7]);
});
