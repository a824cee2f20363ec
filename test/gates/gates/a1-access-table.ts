import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/root.js";
import { type Gate, never } from "../gate.js";
import { runNode } from "../support/child-process.js";

/** Tests that call each method of each listener as each kind of caller: without and with tokens, and with certificates. */
const TESTS = ["server/src/access", "server/src/transport/guard.test.ts"];

export const a1: Gate = {
  id: "A1",
  promise: "Each method lets in exactly whom its rule names, and the admin methods cannot be reached on the data port.",
  place: "lane",
  bug: {
    what: "a caller with a token may call every method",
    caughtBy: "failed tests",
    edits: [
      {
        file: "server/src/transport/guard.ts",
        from: "denied(caller, rule);\n",
        to: "denied(caller, undefined);\n",
      },
    ],
  },
  async run({ folder }) {
    const report = join(folder, "report.json");
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const { output } = await runNode([vitest, "run", "--reporter=json", `--outputFile=${report}`, ...TESTS]);
    let text: string;
    try {
      text = readFileSync(report, "utf8");
    } catch (cause) {
      throw new Error(`vitest left no report:\n${output}`, { cause });
    }
    const { numPassedTests, testResults } = JSON.parse(text) as {
      numPassedTests: number;
      testResults: {
        status: string;
        name: string;
        message: string;
        assertionResults: { status: string; fullName: string }[];
      }[];
    };
    const failed = testResults.flatMap(({ status, name, message, assertionResults }) => {
      const tests = assertionResults.filter((test) => test.status === "failed").map(({ fullName }) => fullName);
      return tests.length === 0 && status === "failed" ? [`${name}: ${message}`] : tests;
    });
    return [{ what: "tests of access", got: numPassedTests + failed.length, least: 40 }, never("failed tests", failed)];
  },
};
