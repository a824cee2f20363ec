import { expect, it } from "vitest";
import { showExplanation } from "./explanation.js";

// The promise: the words that match a word of the question are set off, whole, and the strongest matches are listed, best first.

const pieces = ["heat", "transfer", "in", "aero", "##dynam", "##ic", "flow"];
const explanation = { tokens: Uint32Array.of(4, 0, 6), similarities: Float32Array.of(0.5, 0.9, 0.7) };

it("sets matched words off, also those of several pieces", () => {
  expect(showExplanation(explanation, pieces, ["wind", "hot", "stream"], false, 80).split("\n")).toEqual([
    "    [heat] transfer in [aerodynamic] [flow]",
    `  ${"hot → heat".padEnd(32)} 0.900`,
    `  ${"stream → flow".padEnd(32)} 0.700`,
    `  ${"wind → aerodynamic".padEnd(32)} 0.500`,
  ]);
});

it("breaks lines between words, by what is seen of them", () => {
  const lines = showExplanation(explanation, pieces, ["wind", "hot", "stream"], true, 20).split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "    \u001b[1mheat\u001b[22m transfer in",
    "    \u001b[1maerodynamic\u001b[22m flow".replace("flow", "\u001b[1mflow\u001b[22m"),
    `  ${"hot → heat".padEnd(32)} 0.900`,
    `  ${"stream → flow".padEnd(32)} 0.700`,
  ]);
});
