// The promise: after any changes, and however often the process that makes them is killed, a collection holds every change that was
// acknowledged and nothing else. The change that was being made is there as a whole or not at all.

import { expect, test } from "vitest";
import { runModel } from "./support/collection-model/run-model.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

/** `npm run model -- --operations <n> --seed <n>` runs others. */
const [OPERATIONS, SEED] = [100_000, 1];
const folder = useTemporaryFolder();

test(`${OPERATIONS} operations with seed ${SEED}, in processes that are killed, are those of a dictionary`, async () => {
  const { operations, kills } = await runModel(folder.path, { operations: OPERATIONS, seed: SEED });
  expect(operations).toBeGreaterThanOrEqual(OPERATIONS);
  expect(kills).toBeGreaterThan(20);
}, 300_000);
