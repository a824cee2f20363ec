// `npm test`: makes the clone ready, runs every test, TypeScript, Rust and Python, and ends with `N passed, N failed`.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { pythonEnvironment, testPython } from "./python.mjs";
import { runMain, setup } from "./setup.mjs";
import { root, run } from "./tree.mjs";

/** Counts from vitest's JSON report. A file that does not load, or a runner that ends badly, is a failure too. */
export function countVitest(report, code) {
  const unloaded = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  const failed = report.numFailedTests + unloaded.length;
  return {
    passed: report.numPassedTests,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Counts from the result lines of `cargo test`, one for each test binary; its JSON is not stable yet. */
export function countCargo(output, code) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    totals.passed += Number(passed);
    totals.failed += Number(failed);
    totals.skipped += Number(ignored);
  }
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

async function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-vitest-"));
  const file = join(folder, "report.json");
  try {
    const { code } = await run(
      "vitest",
      ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...process.argv.slice(2)],
      { echo: true },
    );
    return countVitest(JSON.parse(readFileSync(file, "utf8")), code);
  } catch (error) {
    console.error(`vitest left no report: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runCargo() {
  const { code, stdout } = await run("cargo", ["test", "--workspace", "--locked", "--no-fail-fast"], {
    cwd: join(root, "native"),
    echo: true,
  });
  return countCargo(stdout, code);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    await setup();
    // The packages of Python are fetched beside the first suite, and its tests, which mostly wait for servers, run beside the last.
    const environment = pythonEnvironment().catch(() => undefined);
    const TypeScript = await runVitest();
    await environment;
    const [Rust, Python] = await Promise.all([runCargo(), testPython()]);
    const totals = { TypeScript, Rust, Python };
    console.log();
    for (const [suite, { passed, failed, skipped }] of Object.entries(totals)) {
      console.log(`${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    }
    const sum = (kind) => Object.values(totals).reduce((total, suite) => total + suite[kind], 0);
    console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
    return sum("failed") === 0 && sum("passed") > 0 ? 0 : 1;
  });
}
