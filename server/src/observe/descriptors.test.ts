import { closeSync, openSync } from "node:fs";
import { expect, it } from "vitest";
import { descriptorLimit, openDescriptors } from "../config/process-files.js";
import { Descriptors } from "./descriptors.js";

// The promise: connections stop before the process has no descriptor left.

it.runIf(process.platform === "linux")(
  "has room while a reserve is left, counting what was opened meanwhile",
  async () => {
    // All but 50 of those that connections may have are in use.
    const limit = (await openDescriptors()) + 50 + 30;
    const descriptors = new Descriptors({ limit, reserved: 30, count: openDescriptors });
    await expect.poll(() => descriptors.hasRoom).toBe(true);
    for (let i = 0; i < 80; i++) descriptors.opened();
    expect(descriptors.hasRoom).toBe(false);
    for (let i = 0; i < 80; i++) descriptors.closed();
    expect(descriptors.hasRoom).toBe(true);
    // What others open is counted, too, a second later.
    const files = Array.from({ length: 80 }, () => openSync("/dev/null", "r"));
    await expect.poll(() => descriptors.hasRoom, { timeout: 3000 }).toBe(false);
    for (const file of files) closeSync(file);
    descriptors.close();
    expect(descriptorLimit()).toBeGreaterThan(limit);
  },
);

it("has no room if no descriptor is left to count them with", async () => {
  const count = (): Promise<number> => Promise.reject(new Error("EMFILE"));
  const descriptors = new Descriptors({ limit: 1000, reserved: 30, count });
  await expect.poll(() => descriptors.hasRoom).toBe(false);
  descriptors.close();
});

it("has room where the limit is not known", () => {
  const descriptors = new Descriptors({ limit: Number.POSITIVE_INFINITY, reserved: 30, count: openDescriptors });
  for (let i = 0; i < 10_000; i++) descriptors.opened();
  expect(descriptors.hasRoom).toBe(true);
});
