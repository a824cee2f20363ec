import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Collection } from "@maxsimd/native";
import { describe, expect, it } from "vitest";
import { Command, runCommand } from "./support/command.js";
import { readBlocks } from "./support/read-blocks.js";
import { root } from "./support/root.js";

// The promise: `npm start` shows the whole path on real text, says truly how good it is, and does no work twice. Its catalog is the
// same after each run, also if an earlier run was interrupted.
// README.md shows `npm start` and `npm start -- --exit --json`; here they take a free port.

const MINUTES = 60_000;
const CATALOG = join(root, "bench/.cache/demo/cranfield-sample");

/** The versions in the demo's catalog, what they consist of, and which is current. Locks stay, and count changes. */
function catalog(): { files: string[]; current: string } {
  const files = readdirSync(CATALOG, { recursive: true, encoding: "utf8" }).filter((name) => !name.endsWith(".lock"));
  return { files: files.sort(), current: readFileSync(join(CATALOG, "current"), "utf8").trim() };
}

/** A line without the time that a step took and the version that it answered from. */
const withoutTimes = (line: string) => line.replace(/ +\d+\.\d ms {2}version \S+ +/, " … ");

/** The lines of `npm start` that README.md shows. */
function shownInReadme(): string[] {
  return readBlocks("README.md", "")
    .filter((block) => block.includes("note-1"))
    .flatMap((block) => block.trim().split("\n").map(withoutTimes));
}

/** Documents of 1960 or later in the sample. */
function newerDocuments(): number {
  const lines = readFileSync(join(root, "bench/sample/attributes.jsonl"), "utf8").trim().split("\n");
  return lines.filter((line) => JSON.parse(line).year >= 1960).length;
}

describe("npm start -- --exit --json", () => {
  const run = async () => {
    const { stdout } = await runCommand("npm start -- --exit --json --port 0");
    const lines = stdout.trim().split("\n");
    return { lines, report: JSON.parse(lines.at(-1) ?? "") };
  };

  it(
    "reports what it found, and does not build again",
    async () => {
      const first = await run();
      const files = () => [
        "bench/dist/demo/main.js",
        `native/binding/maxsimd.${process.platform}-${process.arch}.node`,
      ];
      const times = () => files().map((file) => statSync(join(root, file)).mtimeMs);
      const before = times();
      const kept = catalog();
      expect(kept.files.filter((name) => name.endsWith(".maxsim"))).toEqual([`${kept.current}.maxsim`]);
      // As an interrupted run: a version with another first hit is current.
      await (await Collection.open(CATALOG)).delete(["492"]);
      expect(catalog()).not.toEqual(kept);
      const second = await run();
      expect(catalog()).toEqual(kept);

      expect(Object.keys(first.report)).toEqual([
        "queries",
        "judged_queries",
        "ndcg10",
        "success5",
        "recall10",
        "exact",
        "p50_ms",
        "p99_ms",
        "qps",
        "index_bytes",
        "build_s",
        "index_version",
        "filtered_ms",
        "upsert_ms",
        "delete_ms",
      ]);
      const {
        queries,
        judged_queries,
        ndcg10,
        success5,
        recall10,
        exact,
        p50_ms,
        p99_ms,
        qps,
        index_bytes,
        build_s,
        filtered_ms,
        upsert_ms,
        delete_ms,
      } = first.report;
      expect(queries).toBeGreaterThanOrEqual(50);
      expect(judged_queries).toBe(queries);
      expect(recall10).toBeGreaterThanOrEqual(0.95);
      expect(Math.abs(ndcg10 - exact.ndcg10)).toBeLessThanOrEqual(0.01);
      expect(success5).toBeGreaterThan(0.5);
      expect(exact.success5).toBeGreaterThan(0.5);
      expect(p50_ms).toBeGreaterThan(0);
      expect(p99_ms).toBeGreaterThanOrEqual(p50_ms);
      expect(qps).toBeGreaterThan(0);
      expect(index_bytes).toBeGreaterThan(0);
      expect(build_s).toBeGreaterThan(0);

      // Three questions, and one with a filter, each with five documents: id, title, author, year where known, score.
      const hits = (lines: string[]) => lines.filter((line) => /^ {2}[1-5]\. \d+ +\S.* +\d+\.\d{3}$/.test(line));
      expect(hits(first.lines)).toHaveLength(20);
      expect(hits(first.lines)[0]).toMatch(
        /^ {2}1\. 492 +prediction of ogive-forebody .* earl r\. keener +\d+\.\d{3}$/,
      );
      expect(hits(first.lines)[1]).toMatch(/ ehret,d\.m\. +1950 +\d+\.\d{3}$/);
      expect(hits(second.lines)).toEqual(hits(first.lines));
      for (const line of hits(first.lines).slice(15)) expect(line).toMatch(/ 196\d +\d+\.\d{3}$/);
      expect(first.lines).toContain(
        `The first question again, year 1960 or later: ${newerDocuments()} of 388 documents match.`,
      );

      // Each step with its time, the version that answered, and what came of it.
      const steps = first.lines.flatMap((line) => {
        const [, what, version, result] = /^(\S.*?) +\d+\.\d ms {2}version (\S+) +(.*)$/.exec(line) ?? [];
        return what === undefined ? [] : [[what, version?.replace(/^(\w+)(\.\d+)?$/, (_, built) => built), result]];
      });
      const { index_version } = first.report;
      expect(steps).toEqual([
        ["filtered search", index_version, "5 hits"],
        ['upsert of "note-1"', index_version, "1 document added"],
        ["the same question", index_version, 'first: note-1, "a note that was just added"'],
        ['delete of "note-1"', index_version, "1 document deleted"],
        ["the same question", index_version, "first: 492; note-1 is not among 386 hits"],
      ]);
      expect(index_version).toBe(kept.current);
      expect(shownInReadme().filter((line) => line !== "").length).toBeGreaterThan(8);
      expect(first.lines.map(withoutTimes)).toEqual(expect.arrayContaining(shownInReadme()));
      for (const ms of [filtered_ms, upsert_ms, delete_ms]) expect(ms).toBeGreaterThan(0);
      for (const name of [
        "nDCG@10",
        "Success@5",
        "recall@10 against exact MaxSim",
        "p50",
        "p99",
        "index size",
        "build time",
      ]) {
        expect(first.lines.filter((line) => line.startsWith(name))).toHaveLength(1);
      }

      // The second run remembers how long the build took: a new one would not take the same time to the last digit.
      expect(second.report.build_s).toBe(build_s);
      expect(second.report.ndcg10).toBe(ndcg10);
      expect(times()).toEqual(before);
    },
    5 * MINUTES,
  );
});

describe("npm start", () => {
  it(
    "serves on after the report, and drains on Ctrl-C",
    async () => {
      // What `npm start` runs, without npm: Ctrl-C reaches the shell that npm puts between, too, and that ends by the signal,
      // whatever the command under it ends with.
      const demo = new Command("node .ci/launch.mjs bench/dist/demo/main.js --port 0");
      const [, address] = await demo.stderr(/^serving \S+ on (\S+) until Ctrl-C$/m);
      const { stdout } = await runCommand(
        `buf curl --protocol grpc --http2-prior-knowledge --data {} http://${address}/grpc.health.v1.Health/Check`,
      );
      expect(JSON.parse(stdout)).toEqual({ status: "SERVING" });
      demo.signal("SIGINT");
      const { code, stderr } = await demo.finished;
      expect(stderr.trim().split("\n").at(-1)).toBe("drained");
      expect(code).toBe(0);
    },
    2 * MINUTES,
  );

  it(
    "refuses a port that is taken, in one line",
    async () => {
      const first = new Command("npm start -- --port 0");
      const [, address = ""] = await first.stderr(/^serving \S+ on (\S+) until Ctrl-C$/m);
      const { code, stderr } = await new Command(`npm start -- --port ${address.split(":")[1]}`).finished;
      first.signal("SIGINT");
      await first.finished;
      expect(code).toBe(1);
      expect(stderr.trim().split("\n").at(-1)).toContain(
        "another process listens there; stop it, or choose another address",
      );
    },
    2 * MINUTES,
  );

  it(
    "says what it cannot do",
    async () => {
      const { code, stderr } = await new Command("npm start -- --port 70000").finished;
      expect(code).toBe(1);
      expect(stderr.trim().split("\n").at(-1)).toBe("--port: expected 0 to 65535, got 70000");
    },
    2 * MINUTES,
  );
});
