import { expect, it } from "vitest";
import { bestOf } from "./measure.js";
import { settingsOf } from "./settings.js";

const point = (milliseconds: number, recall10: number) => ({ milliseconds, recall10 });

it("the best points are those that no point equals that is as fast or faster", () => {
  const [slowest, best, worse, fast, tie, equal] = [
    point(9, 0.99),
    point(3, 0.98),
    point(4, 0.9),
    point(1, 0.5),
    point(1, 0.4),
    point(5, 0.98),
  ];
  expect([...bestOf([slowest, best, worse, fast, tie, equal])]).toEqual([fast, best, slowest]);
});

const GRID = { kCentroids: [40, 5, 10], kDocsToScore: [10, 100, 1000] };

it("settings are all pairs, ascending, with the used one", () => {
  const { settings, used } = settingsOf(GRID, { kCentroids: 7 }, { documents: 5000, centroids: 900 });
  expect(settings).toHaveLength(4 * 4);
  expect(settings[0]).toEqual({ kCentroids: 5, kDocsToScore: 10 });
  expect([...new Set(settings.map(({ kCentroids }) => kCentroids))]).toEqual([5, 7, 10, 40]);
  expect([...new Set(settings.map(({ kDocsToScore }) => kDocsToScore))]).toEqual([10, 100, 500, 1000]);
  expect(used).toEqual({ kCentroids: 7, kDocsToScore: 500 });
  expect(settings).toContain(used);
});

it("values beyond the size of the index are left out, except the used ones", () => {
  const { settings } = settingsOf(GRID, {}, { documents: 100, centroids: 10 });
  expect(settings).toEqual([
    { kCentroids: 5, kDocsToScore: 10 },
    { kCentroids: 5, kDocsToScore: 500 },
    { kCentroids: 20, kDocsToScore: 10 },
    { kCentroids: 20, kDocsToScore: 500 },
  ]);
});
