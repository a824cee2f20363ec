import { expect, it } from "vitest";
import { drawPlot } from "./plot.js";
import { COLOR } from "./plot-theme.js";

const spec = {
  width: 300,
  height: 100,
  data: {
    values: [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ],
  },
  mark: { type: "line" as const, color: COLOR.accent },
  encoding: { x: { field: "x", type: "quantitative" as const }, y: { field: "y", type: "quantitative" as const } },
};

it("a plot is inline SVG, coloured by the page's variables", async () => {
  const { text } = await drawPlot(spec, 'two "points"', "a < b");
  expect(text).toMatch(/^<figure><svg role="img" aria-label="two &quot;points&quot;" viewBox="0 0 \d+ \d+">/);
  expect(text).toContain('stroke="var(--accent)"');
  expect(text).toContain("<figcaption>a &lt; b</figcaption></figure>");
  // A colour of its own would not follow light and dark.
  expect(text).not.toMatch(/(fill|stroke)="(#|rgb|black|white)/);
  // Names of namespaces look like addresses.
  expect(text).not.toMatch(/xmlns|https?:/);
});
