import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAnonymousBytes, runStep, type Side } from "./run-step.js";

// The promise: a step runs once for what it is given, and again when that, the side or what it left is another.

/** Counts its runs in a file, leaves the file that is asked for, and takes a megabyte or more doing so. */
const PROGRAM = `
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const [step, path] = process.argv.slice(-2);
const spec = JSON.parse(readFileSync(path, "utf8"));
appendFileSync(spec.index, "run ");
writeFileSync(spec.out, "");
console.log("what a library says");
console.log(JSON.stringify({ rows: 7 }));
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-run-step-"));
  writeFileSync(join(folder, "program.cjs"), PROGRAM);
});

afterAll(() => rmSync(folder, { recursive: true }));

test("what a step gave is kept for the same side, specification and inputs", async () => {
  const index = join(folder, "runs.txt");
  const out = join(folder, "out.npy");
  const runs = () => readFileSync(index, "utf8").split(" ").length - 1;
  const side: Side = { engine: "maxsimd", command: [process.execPath, join(folder, "program.cjs")], version: "1" };
  const run = (by: Side, document: number, inputs: string) =>
    runStep(by, "embeddings", { index, documents: [document], out }, folder, inputs);
  expect(await run(side, 1, "a")).toMatchObject({ rows: 7 });
  expect(await run(side, 1, "a")).toMatchObject({ rows: 7 });
  expect(runs()).toBe(1);
  await run(side, 2, "a");
  await run(side, 1, "b");
  await run({ ...side, version: "2" }, 1, "a");
  expect(runs()).toBe(4);
  rmSync(out);
  await run(side, 1, "a");
  expect([runs(), existsSync(out)]).toEqual([5, true]);
});

test("a step that fails says which", async () => {
  const side: Side = { engine: "maxsimd", command: [process.execPath, "-e", "process.exit(3)"], version: "1" };
  const spec = { index: "", documents: [], out: join(folder, "never.npy") };
  await expect(runStep(side, "embeddings", spec, folder, "")).rejects.toThrow("ended with code 3");
});

test("anonymous memory is a line of the process's status, in kB", () => {
  expect(parseAnonymousBytes("VmRSS:\t  900 kB\nRssAnon:\t  123 kB\nRssFile:\t   9 kB\n")).toBe(123 * 1024);
  expect(parseAnonymousBytes("State:\tZ (zombie)\n")).toBe(0);
});
