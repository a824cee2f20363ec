import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RawResult } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { transferableSymbol, valueSymbol } from "piscina";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSample, queryBytes, type SampleShape, SMALL, temporaryFolder } from "../../testing/sample-index.js";
import { limitsSchema } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";
import { Engine, type EngineOptions, type TaskReport } from "./engine.js";
import { MemoryRoom } from "./memory-room.js";
import type { Answer, EngineIndex, Query } from "./query.js";
import type { Flow } from "./task.js";
import { run as runTask } from "./worker.js";
import type { SearchTask } from "./worker-thread.js";

/** One query of 1,024 rows takes some 100 ms. */
const SLOW: SampleShape = { documents: 400, dim: 64, tokensPerDocument: 100, seed: 3 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let fast: string;
let slow: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  fast = join(folder.path, "fast.maxsim");
  slow = join(folder.path, "slow.maxsim");
  await buildSample(fast, {});
  await buildSample(slow, SLOW);
});
afterAll(() => folder.remove());

interface Running {
  readonly engine: Engine;
  readonly tasks: TaskReport[];
}

async function withEngine(
  workers: number,
  use: (running: Running) => Promise<void>,
  options: Partial<EngineOptions> = {},
): Promise<void> {
  const tasks: TaskReport[] = [];
  const failures: unknown[] = [];
  const engine = new Engine({
    workers,
    files: limitsSchema.parse({}),
    room: new MemoryRoom(0, () => 0),
    onService: (_index, cause) => failures.push(cause),
    onTask: (task) => tasks.push(task),
    onError: (error) => failures.push(error),
    workerLostMs: 10_000,
    taskMostMs: 60_000,
    whyNotMs: 10_000,
    onWorker: (event) => failures.push(event),
    ...options,
  });
  try {
    await use({ engine, tasks });
    expect(failures).toEqual([]);
  } finally {
    await engine.close();
  }
}

const SLOW_QUERY = { data: queryBytes(1024, SLOW.dim, 1), rows: 1024 };
const FAST_QUERY = { data: queryBytes(2, SMALL.dim, 1), rows: 2 };

/** Submits equal queries on one flow; resolves to their outcomes. */
function submit(
  engine: Engine,
  flow: Flow,
  index: EngineIndex,
  count: number,
  parts: Partial<Query> = FAST_QUERY,
): Promise<Answer | ServiceError>[] {
  const promises: Promise<Answer | ServiceError>[] = [];
  const queries: Query[] = [];
  for (let i = 0; i < count; i++) {
    promises.push(
      new Promise((onOutcome) => {
        const deadline = Number.POSITIVE_INFINITY;
        queries.push({
          index,
          params: {},
          paramsKey: "",
          explain: false,
          estimatedMicros: 1,
          dtype: "f32",
          field: "query.data",
          deadline,
          ...FAST_QUERY,
          ...parts,
          onOutcome,
        });
      }),
    );
  }
  engine.submit(flow, queries);
  return promises;
}

function codeOf(outcome: Answer | ServiceError): ErrorCode | undefined {
  return outcome instanceof ServiceError ? outcome.code : undefined;
}

describe("Engine", () => {
  it("hands what waits over together, at most 16 queries at once", () =>
    withEngine(1, async ({ engine, tasks }) => {
      const index = await engine.open(fast);
      const flow = engine.openFlow();
      // The time a query takes has to be known first.
      await Promise.all(submit(engine, flow, index, 200));
      tasks.length = 0;
      const outcomes = await Promise.all(submit(engine, flow, index, 160));
      expect(outcomes.map(codeOf).filter((code) => code !== undefined)).toEqual([]);
      expect(tasks.map(({ queries }) => queries)).toEqual(Array(10).fill(16));
      index.close();
    }));

  it("sends a query at once when a worker is idle, and shares what comes at once among the idle", () =>
    withEngine(2, async ({ engine, tasks }) => {
      const index = await engine.open(fast);
      await Promise.all(submit(engine, engine.openFlow(), index, 200));
      tasks.length = 0;
      await Promise.all(submit(engine, engine.openFlow(), index, 1));
      await Promise.all(submit(engine, engine.openFlow(), index, 8));
      expect(tasks.map(({ queries }) => queries)).toEqual([1, 4, 4]);
      index.close();
    }));

  it("keeps apart what differs in version, parameters, dtype or explanation", () =>
    withEngine(1, async ({ engine }) => {
      const index = await engine.open(fast);
      const other = await engine.open(fast);
      const flow = engine.openFlow();
      const half = { data: new Uint8Array(2 * SMALL.dim * 2).fill(0x3c), dtype: "f16" } as const;
      const outcomes = await Promise.all(
        [
          submit(engine, flow, index, 3),
          submit(engine, flow, index, 3, half),
          submit(engine, flow, index, 3),
          submit(engine, flow, index, 3, { params: { k: 3 }, paramsKey: "k3" }),
          submit(engine, flow, other, 3),
          submit(engine, flow, index, 3),
          submit(engine, flow, index, 3, { explain: true }),
          submit(engine, flow, index, 3),
        ].flat(),
      );
      const lengths = outcomes.map((outcome) => (outcome as Answer).docIds.length);
      expect(lengths).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 3, 3, 3, ...Array(12).fill(10)]);
      const explained = outcomes.map((outcome) => (outcome as Answer).explanation !== undefined);
      expect(explained).toEqual([...Array(18).fill(false), ...Array(3).fill(true), ...Array(3).fill(false)]);
      index.close();
      other.close();
    }));

  it("explains the queries of a task, also beside one that is not finite", () =>
    withEngine(1, async ({ engine }) => {
      const index = await engine.open(fast);
      const nan = new Uint8Array(new Float32Array(2 * SMALL.dim).fill(Number.NaN).buffer);
      const flow = engine.openFlow();
      const explained = { ...FAST_QUERY, explain: true };
      const outcomes = await Promise.all([
        ...submit(engine, flow, index, 2, explained),
        ...submit(engine, flow, index, 1, { ...explained, data: nan }),
        ...submit(engine, flow, index, 2, explained),
      ]);
      expect(outcomes.map(codeOf)).toEqual([undefined, undefined, ErrorCode.NON_FINITE, undefined, undefined]);
      const first = (outcomes[0] as Answer).explanation;
      expect(first?.tokens).toHaveLength(20);
      for (const i of [1, 3, 4]) expect((outcomes[i] as Answer).explanation).toEqual(first);
      index.close();
    }));

  it("lets no call hold the workers: another's query waits for one task, not for all that were there first", () =>
    withEngine(1, async ({ engine, tasks }) => {
      const index = await engine.open(fast);
      await Promise.all(submit(engine, engine.openFlow(), index, 200));
      tasks.length = 0;
      const many = submit(engine, engine.openFlow(), index, 1000);
      const one = submit(engine, engine.openFlow(), index, 1)[0] as Promise<Answer>;
      await one;
      expect(tasks.length).toBeLessThanOrEqual(2);
      await Promise.all(many);
      index.close();
    }));

  it("does not start a query whose deadline has passed", () =>
    withEngine(1, async ({ engine, tasks }) => {
      const index = await engine.open(fast);
      const outcomes = await Promise.all(submit(engine, engine.openFlow(), index, 5, { deadline: Date.now() - 1 }));
      expect(outcomes.map(codeOf)).toEqual(Array(5).fill(ErrorCode.DEADLINE_EXPIRED));
      expect(tasks).toEqual([]);
      expect([engine.waiting, engine.running]).toEqual([0, 0]);
      index.close();
    }));

  it("stops native code when its query is cancelled or its deadline passes, and keeps the worker", () =>
    withEngine(1, async ({ engine, tasks }) => {
      const index = await engine.open(slow);
      const [whole] = await Promise.all(submit(engine, engine.openFlow(), index, 1, SLOW_QUERY));
      const wholeMicros = (whole as Answer).searchMicros;
      const flow = engine.openFlow();
      const reason = new ServiceError(ErrorCode.CANCELLED, "gone");
      const cancelled = submit(engine, flow, index, 3, SLOW_QUERY);
      engine.cancel(flow, reason);
      expect(await Promise.all(cancelled)).toEqual([reason, reason, reason]);
      // Behind it on the same worker.
      const quick = { rows: 1, data: queryBytes(1, SLOW.dim, 1) };
      expect((await Promise.all(submit(engine, engine.openFlow(), index, 1, quick))).map(codeOf)).toEqual([undefined]);
      const deadline = Date.now() + Math.ceil(wholeMicros / 5000);
      const late = submit(engine, engine.openFlow(), index, 1, { ...SLOW_QUERY, deadline });
      expect((await Promise.all(late)).map(codeOf)).toEqual([ErrorCode.DEADLINE_EXPIRED]);
      // The two that were stopped took less than the one that ran to its end.
      const [, first, , second] = tasks;
      expect((first?.wallMicros ?? 0) + (second?.wallMicros ?? 0)).toBeLessThan(wholeMicros);
      index.close();
    }));

  it("stops a task that takes longer than any may, and says so", () =>
    withEngine(
      1,
      async ({ engine }) => {
        const index = await engine.open(slow);
        const [outcome] = await Promise.all(submit(engine, engine.openFlow(), index, 1, SLOW_QUERY));
        expect(outcome).toMatchObject({ code: ErrorCode.LIMIT_EXCEEDED, expected: "at most 5 ms in a worker" });
        index.close();
      },
      { taskMostMs: 5 },
    ));

  it.each([
    ["its caller leaves", 10_000, ErrorCode.CANCELLED],
    ["it takes too long", 5, ErrorCode.LIMIT_EXCEEDED],
  ])("stops looking for a lost document when %s", (_, whyNotMs, code) =>
    withEngine(
      1,
      async ({ engine }) => {
        const index = await engine.open(slow);
        const search = { ...SLOW_QUERY, dtype: "f32", params: {}, field: "" } as const;
        const caller = new AbortController();
        // Native code begins when it was cancelled already, and so has nothing to be stopped by but its token.
        const late: EngineIndex["whyNot"] = (...args) =>
          new Promise((resolve) => setTimeout(resolve, 50)).then(() => index.whyNot(...args));
        const asked = engine.whyNots.ask({ ...index, whyNot: late }, search, "399", caller.signal);
        if (code === ErrorCode.CANCELLED) caller.abort(new ServiceError(code, "gone"));
        await expect(asked).rejects.toMatchObject({ code });
        index.close();
      },
      { whyNotMs },
    ),
  );

  it("puts no more into a task than is estimated to be short", () =>
    withEngine(1, async ({ engine, tasks }) => {
      const index = await engine.open(fast);
      const flow = engine.openFlow();
      await Promise.all(submit(engine, flow, index, 200));
      tasks.length = 0;
      await Promise.all(submit(engine, flow, index, 12, { ...FAST_QUERY, estimatedMicros: 2000 }));
      // The first goes at once.
      expect(tasks.map(({ queries }) => queries)).toEqual([4, 4, 4]);
      index.close();
    }));

  it("goes on with a task that one of its calls has given up", () =>
    withEngine(1, async ({ engine }) => {
      const index = await engine.open(fast);
      await Promise.all(submit(engine, engine.openFlow(), index, 200));
      const gone = engine.openFlow();
      const first = submit(engine, engine.openFlow(), index, 1);
      const stays = submit(engine, engine.openFlow(), index, 3);
      const leaves = submit(engine, gone, index, 3);
      // The first is at the worker; the others wait, and will go together.
      await first[0];
      engine.cancel(gone, new ServiceError(ErrorCode.CANCELLED, "gone"));
      expect((await Promise.all(stays)).map(codeOf)).toEqual([undefined, undefined, undefined]);
      expect((await Promise.all(leaves)).map(codeOf)).toEqual(Array(3).fill(ErrorCode.CANCELLED));
      index.close();
    }));

  it("makes a query with a NaN fail alone in its task", () =>
    withEngine(1, async ({ engine }) => {
      const index = await engine.open(fast);
      const flow = engine.openFlow();
      await Promise.all(submit(engine, flow, index, 200));
      const bad = new Uint8Array(new Float32Array(2 * SMALL.dim).fill(Number.NaN).buffer);
      const blocker = submit(engine, flow, index, 1);
      const outcomes = [
        ...submit(engine, flow, index, 2),
        ...submit(engine, flow, index, 1, { data: bad, rows: 2 }),
        ...submit(engine, flow, index, 2),
      ];
      await Promise.all(blocker);
      const [a, b, c, d, e] = await Promise.all(outcomes);
      expect([a, b, c, d, e].map((outcome) => codeOf(outcome as Answer))).toEqual([
        undefined,
        undefined,
        ErrorCode.NON_FINITE,
        undefined,
        undefined,
      ]);
      expect((e as Answer).docIds).toEqual((a as Answer).docIds);
      index.close();
    }));

  it("measures the time of each query of a task alone", () =>
    withEngine(1, async ({ engine, tasks }) => {
      const index = await engine.open(slow);
      const flow = engine.openFlow();
      const quick = { rows: 1, data: queryBytes(1, SLOW.dim, 1) };
      await Promise.all(submit(engine, flow, index, 200, quick));
      tasks.length = 0;
      // As on a machine that nothing else uses: a busy one measures so much that a query goes alone.
      for (let i = 0; i < 300; i++) engine.serviceTime.observe(`${index.id} `, 100, 50);
      // The first is at the worker; the next two go together.
      const blocker = submit(engine, flow, index, 1, quick);
      const together = [...submit(engine, flow, index, 1, SLOW_QUERY), ...submit(engine, flow, index, 1, quick)];
      await Promise.all(blocker);
      const [long, short] = (await Promise.all(together)) as Answer[];
      expect(tasks.map(({ queries }) => queries)).toEqual([1, 2]);
      expect(short?.searchMicros).toBeLessThan((long?.searchMicros ?? 0) / 10);
      index.close();
    }));

  it("gets results from a worker in buffers of their size, transferred", () =>
    withEngine(1, async ({ engine }) => {
      const index = await engine.open(fast);
      const params = { params: { k: 1000 }, paramsKey: "k1000" };
      const [answer] = (await Promise.all(submit(engine, engine.openFlow(), index, 1, params))) as Answer[];
      expect(answer?.docIds).toHaveLength(SMALL.documents);
      expect(answer?.docIds.buffer.byteLength).toBe(SMALL.documents * 4);
      expect(answer?.scores.buffer.byteLength).toBe(SMALL.documents * 4);
      const { data, rows } = FAST_QUERY;
      const task = { indexId: index.id, dtype: "f32", data, rowCounts: Uint32Array.of(rows), params: {}, cancelId: 0 };
      const reply = runTask({ kind: "search", ...task } as SearchTask) as Record<symbol, unknown>;
      const { docIds, scores, counts, outcomes, micros } = reply[valueSymbol] as RawResult;
      const arrays = [docIds, scores, counts, outcomes, micros];
      expect(reply[transferableSymbol]).toEqual(arrays.map(({ buffer }) => buffer));
      runTask({ kind: "forget", indexId: index.id });
      index.close();
    }));

  it("maps an index once for all workers, and unmaps it when it closes, those that are idle included", async () => {
    const path = join(folder.path, "large.maxsim");
    await buildSample(path, { documents: 2000, dim: 128, tokensPerDocument: 64 });
    await withEngine(4, async ({ engine }) => {
      const small = await engine.open(fast);
      const before = residentBytes();
      const index = await engine.open(path);
      const grown = residentBytes() - before;
      expect(index.bytes).toBeGreaterThan(30e6);
      // Four copies would be 130 MB.
      expect(grown).toBeLessThan(1.5 * index.bytes);
      expect(mappings(path)).toBe(1);
      index.close();
      // Each worker lets go between its tasks: those of another index are behind it.
      await Promise.all(submit(engine, engine.openFlow(), small, 1000));
      expect(mappings(path)).toBe(0);
      small.close();
    });
  });

  it.each([
    ["foreign", ErrorCode.INDEX_FORMAT],
    ["missing", ErrorCode.INTERNAL],
  ])("opens no %s file, typed", (name, code) =>
    withEngine(1, async ({ engine }) => {
      const path = name === "foreign" ? join(import.meta.dirname, "engine.ts") : join(folder.path, "none");
      await expect(engine.open(path)).rejects.toMatchObject({ code });
    }),
  );
});

function residentBytes(): number {
  return process.memoryUsage.rss();
}

/** How many times a file is mapped in this process: one mapping may show as adjoining pieces, so ranges are counted. */
function mappings(path: string): number {
  const lines = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.endsWith(path));
  return new Set(lines.map((line) => line.split(/\s+/)[2])).size;
}
