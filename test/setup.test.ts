import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { root } from "./support/root.js";

// The promise: what is missing on the machine is one clear sentence that says how to get it, and no failed test goes uncounted.

const load = (script: string) => import(pathToFileURL(join(root, ".ci", script)).href);

describe("npm start on a machine without what it needs", () => {
  let bin: string;
  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "maxsimd-bin-"));
  });
  afterEach(() => rmSync(bin, { recursive: true }));

  /** Starts with only `bin` on PATH. */
  function start() {
    const { status, stderr } = spawnSync(process.execPath, [join(root, ".ci/launch.mjs"), "nothing.js"], {
      env: { PATH: bin },
      encoding: "utf8",
    });
    return { status, lines: stderr.trim().split("\n") };
  }

  function install(name: string, prints: string) {
    const path = join(bin, name);
    writeFileSync(path, `#!/bin/sh\necho "${prints}"\n`);
    chmodSync(path, 0o755);
  }

  it("says that Rust is missing, where to get it, and nothing else", () => {
    const { status, lines } = start();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^Rust is missing .*1\.95 or newer; install it from https:\/\/rustup\.rs and run this again\.$/,
    );
    expect(status).toBe(1);
  });

  it("says that Rust is too old, and how to renew it", () => {
    symlinkSync("/bin/sh", join(bin, "sh"));
    install("cargo", "cargo 1.95.0 (abc 2026-01-01)");
    install("rustc", "rustc 1.94.1 (abc 2026-01-01)");
    const { status, lines } = start();
    expect(lines).toEqual([
      "Rust is too old (rustc 1.94.1): maxsimd needs 1.95 or newer; run `rustup update stable` and run this again.",
    ]);
    expect(status).toBe(1);
  });

  it("says that Node is too old, and where to get another", async () => {
    const { nodeProblem } = await load("requirements.mjs");
    for (const version of ["20.16.0", "18.20.1", "v9.0.0"]) {
      expect(nodeProblem(version)).toMatch(
        /^Node v?[\d.]+ is too old: .*20\.17 or newer; install it from https:\/\/nodejs\.org/,
      );
    }
    for (const version of ["20.17.0", "v22.0.0", "100.1.0"]) expect(nodeProblem(version)).toBeUndefined();
  });
});

describe("the counts that npm test ends with", () => {
  const file = (status: string, assertions: number) => ({ status, assertionResults: Array(assertions).fill({}) });
  const report = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };

  it("are vitest's own, when all went well", async () => {
    const { countVitest } = await load("test.mjs");
    const counts = countVitest({ ...report, testResults: [file("passed", 6)] }, 0);
    expect(counts).toEqual({ passed: 5, failed: 0, skipped: 2 });
  });

  it("have a failure for a test file that does not load", async () => {
    const { countVitest } = await load("test.mjs");
    const testResults = [file("passed", 5), file("failed", 0), file("failed", 2)];
    expect(countVitest({ ...report, numFailedTests: 1, testResults }, 1).failed).toBe(2);
  });

  it("have a failure for a vitest that ends badly after all tests passed", async () => {
    const { countVitest } = await load("test.mjs");
    expect(countVitest({ ...report, testResults: [file("passed", 5)] }, 1).failed).toBe(1);
  });

  it("add up cargo's test binaries", async () => {
    const { countCargo } = await load("test.mjs");
    const output = [
      "test a::b ... ok",
      "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s",
      "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
    ].join("\n");
    expect(countCargo(output, 101)).toEqual({ passed: 15, failed: 2, skipped: 1 });
  });

  it("are those of pytest's report, errors among the failures", async () => {
    const { countPytest } = await load("python.mjs");
    const xml =
      '<testsuites name="a"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="20" time="9.5">';
    expect(countPytest(xml, 1)).toEqual({ passed: 14, failed: 3, skipped: 3 });
  });

  it("have a failure for a pytest that leaves no report, or that ends badly after all tests passed", async () => {
    const { countPytest } = await load("python.mjs");
    expect(countPytest("", 3)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    const passed = '<testsuite name="pytest" errors="0" failures="0" skipped="0" tests="20" time="9.5">';
    expect(countPytest(passed, 1)).toEqual({ passed: 20, failed: 1, skipped: 0 });
  });

  it("have a failure for Rust that does not compile or a test binary that crashes", async () => {
    const { countCargo } = await load("test.mjs");
    expect(countCargo("", 101)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    const crashed = "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s";
    expect(countCargo(crashed, 101).failed).toBe(1);
  });
});
