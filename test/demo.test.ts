import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Command, runCommand } from "./support/command.js";
import { root } from "./support/root.js";

// The promise: `npm start` shows the whole path on real text, says truly how good it is, and does no work twice.
// README.md shows `npm start` and `npm start -- --exit --json`; here they take a free port.

const MINUTES = 60_000;

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
      const second = await run();

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
      ]);
      const { queries, judged_queries, ndcg10, success5, recall10, exact, p50_ms, p99_ms, qps, index_bytes, build_s } =
        first.report;
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

      // Three questions, each with five documents and their scores.
      const hits = first.lines.filter((line) => /^ {2}[1-5]\. \S.* +\d+\.\d{3}$/.test(line));
      expect(hits).toHaveLength(15);
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
