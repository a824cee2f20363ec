import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

// The promise: a process that releases its program's pages uses less memory and continues to run.

const LIBRARY = fileURLToPath(new URL("../dist/index.js", import.meta.url));
/** Starting touches 40 MB of Node. More than this is released and not needed again. */
const LEAST = 8e6;

const PROGRAM = `
  import { readFileSync } from "node:fs";
  import { releaseProgramPages } from ${JSON.stringify(LIBRARY)};
  // The resident file pages, in kB.
  const files = () => 1024 * Number(/RssFile:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "latin1"))[1]);
  const before = files();
  const released = releaseProgramPages();
  const after = files();
  const worked = JSON.parse(JSON.stringify(Array.from({ length: 1000 }, (_, i) => i))).length;
  console.log(JSON.stringify({ before, released, after, worked }));
`;

it.runIf(process.platform === "linux")("what starting alone needed of the program is no longer resident", () => {
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", PROGRAM], { encoding: "utf8" });
  const { before, released, after, worked } = JSON.parse(output);
  expect(released).toBeGreaterThan(LEAST);
  expect(before - after).toBeGreaterThan(LEAST);
  expect(worked).toBe(1000);
});
