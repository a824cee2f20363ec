import { expect, it } from "vitest";
import { DAMAGES } from "./support/served-file/damage.js";
import { runTrials } from "./support/served-file/run-trials.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: whatever happens to the file of a served index, the server lives, and each answer is that of the undamaged index or
// INDEX_CORRUPT; what leaves the bytes alone costs no query. `npm run trials` does so 1,000 times.

const folder = useTemporaryFolder();

it("is cut short, written to, deleted, renamed, replaced and touched under load for 20 seconds", async () => {
  const { end, wrong, kinds, refused, outOfService } = await runTrials(folder.path, {
    trials: 1000,
    ms: 20_000,
    seed: 1,
  });
  expect({ end, wrong }).toEqual({ end: "exit 0", wrong: [] });
  expect(Object.keys(kinds)).toEqual(Object.keys(DAMAGES));
  expect(refused).toBeGreaterThan(0);
  expect(outOfService).toBeGreaterThan(0);
}, 120_000);
