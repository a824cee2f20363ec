import { expect, it } from "vitest";
import { describeDrift } from "./index-info.js";

// The promise: drift is shown in all and by tier, and a rebuild is advised where the tokens in all have moved, not for a few of one tier.

const tier = (name: string, tokens: number, ratio: number) => ({ tier: name, tokens, error: 2 * ratio, trained: 2 });

it("weighs tiers by their tokens", () => {
  const shown = describeDrift([tier("micro", 100, 2), tier("active", 900, 1.1)]);
  expect(shown).toBe("1.19 (micro 2.00, active 1.10)");
});

it("advises a rebuild from 1.3 on", () => {
  expect(describeDrift([tier("active", 10, 1.29)])).toBe("1.29 (active 1.29)");
  expect(describeDrift([tier("active", 10, 1.3)])).toContain("build the index anew");
  expect(describeDrift([])).toBe("not known, or nothing is coded");
});
