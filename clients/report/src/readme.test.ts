import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { readPage } from "../testing/read-page.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-readme-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("README.md's code runs and writes the page", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const page = join(folder, "report.html");
  const shown = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  // A build of less quality takes a second instead of six.
  const code = shown.replace("report.html", page).replace("build: {}", "build: { efConstruction: 50, pqNIter: 1 }");
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd, stdio: "pipe" });
  const { sections, rows } = readPage(page);
  expect(sections).toContain("sweep");
  const qualities = rows("quality");
  expect(qualities.map(([quality, code]) => [quality, code])).toEqual([
    ["standard", "32 B"],
    ["high", "64 B"],
  ]);
  // Finer codes find more where few documents are missed before refine.
  const recalls = qualities.map((row) => Number(row[8]));
  expect(recalls[1]).toBeGreaterThan(recalls[0] as number);
}, 120_000);
