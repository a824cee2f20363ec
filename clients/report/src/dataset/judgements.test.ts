import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readJudgements } from "./judgements.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-judgements-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const path = join(folder, "qrels.tsv");
  writeFileSync(path, text);
  return path;
}

it("keeps the judgements above grade 0, by query", () => {
  const path = write("0\t12\t1\n0\t3\t0\n2\t7\t4\n\n# a comment\n0\t5\t1\n");
  expect(readJudgements(path, 3)).toEqual([
    new Map([
      [12, 1],
      [5, 1],
    ]),
    new Map(),
    new Map([[7, 4]]),
  ]);
});

it("names the line that it cannot read", () => {
  expect(() => readJudgements(write("0\t1\t1\n3\t1\t1\n"), 3)).toThrow(
    /qrels\.tsv:2: expected a query index below 3.*got 3\t1\t1/,
  );
  expect(() => readJudgements(write("0\tx\t1\n"), 3)).toThrow("qrels.tsv:1");
  expect(() => readJudgements(write("0\t1\n"), 3)).toThrow("qrels.tsv:1");
});
