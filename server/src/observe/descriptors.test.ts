import { closeSync, openSync, readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { Descriptors } from "./descriptors.js";

// The promise: connections stop before the process has no descriptor left.

it.runIf(process.platform === "linux")(
  "has room while a reserve is left, counting what was opened meanwhile",
  async () => {
    const open = readdirSync("/proc/self/fd").length;
    // A quarter of it is reserved: as many are in use as may be, but for 50.
    const descriptors = new Descriptors(Math.ceil(((open + 50) * 4) / 3));
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
  },
);
