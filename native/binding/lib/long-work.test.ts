// Long work reports its progress, can be stopped, and stays within its memory budget.

import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Corpus, type CorpusFiles, corpus, corpusFiles } from "../testing/corpus.js";
import { cancel, createCancelToken, Index, type Progress, releaseCancelToken, Searcher } from "./index.js";

let data: Corpus;
let files: CorpusFiles;

beforeAll(() => {
  data = corpus({ documents: 1500, dim: 32, types: 60, longest: 30 });
  files = corpusFiles(data);
});

afterAll(() => files.remove());

const build = (options: Parameters<typeof Index.build>[3]) =>
  Index.build(files.vectors, files.tokenIds, files.doclens, { exactBelow: 0, scanBelow: 0, ...options });

test("progress reports the stages in order and never goes back", async () => {
  const seen: Progress[] = [];
  const index = await build({ onProgress: (progress) => seen.push(progress), efConstruction: 200 });
  index.close();
  const order = ["check", "allocate", "cluster", "train", "link", "encode", "write"];
  expect([...new Set(seen.map((p) => p.stage))]).toEqual(order);
  let last = { stage: 0, fraction: 0, overall: 0 };
  for (const progress of seen) {
    const stage = order.indexOf(progress.stage);
    expect(stage).toBeGreaterThanOrEqual(last.stage);
    if (stage === last.stage) expect(progress.fraction).toBeGreaterThanOrEqual(last.fraction);
    expect(progress.overall).toBeGreaterThanOrEqual(last.overall);
    expect(progress.fraction).toBeLessThanOrEqual(1);
    last = { stage, fraction: progress.fraction, overall: progress.overall };
  }
  expect(seen.at(-1)).toMatchObject({ stage: "write", fraction: 1, overall: 1 });
});

// On one thread, measured in CPU time. It equals the time of the clock on an idle core and leaves out what other processes use
// on a busy one.
test("a cancelled build ends within 100 ms and leaves no file, whatever stage it was in", async () => {
  // Each stage takes long enough to be cancelled in it.
  const longer = { check: {}, cluster: { tacNIter: 400 }, train: { pqNIter: 400 }, link: { efConstruction: 100_000 } };
  for (const [stage, options] of Object.entries(longer)) {
    const before = readdirSync(files.folder);
    const controller = new AbortController();
    let stopped: NodeJS.CpuUsage | undefined;
    const built = build({
      output: files.path("cancelled.maxsim"),
      signal: controller.signal,
      ...options,
      numThreads: 1,
      onProgress: (progress) => {
        if (progress.stage !== stage || stopped !== undefined) return;
        stopped = process.cpuUsage();
        controller.abort();
      },
    });
    await expect(built, stage).rejects.toMatchObject({ code: "CANCELLED" });
    const { user, system } = process.cpuUsage(stopped);
    expect((user + system) / 1000, stage).toBeLessThan(100);
    expect(readdirSync(files.folder)).toEqual(before);
  }
});

test("a signal that is already aborted starts nothing", async () => {
  await expect(build({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a search with a cancelled token ends with CANCELLED, one without continues", async () => {
  const index = await build({ efConstruction: 100 });
  const searcher = new Searcher(index.id);
  const token = createCancelToken();
  const bytes = new Uint8Array(data.floats.slice(0, 32 * 8).buffer);
  const search = (flag: number) => searcher.searchRaw(bytes, "f32", Uint32Array.of(8), {}, flag);
  expect(search(token).counts[0]).toBe(10);
  cancel(token);
  expect(() => search(token)).toThrow(expect.objectContaining({ code: "CANCELLED" }));
  releaseCancelToken(token);
  expect(search(token).counts[0]).toBe(10);
  searcher.close();
  index.close();
});

test("an estimate states the disk space that the build then needs", async () => {
  const { vectors, tokenIds, doclens } = files;
  const estimate = await Index.estimateBuild(vectors, tokenIds, doclens, { exactBelow: 0, scanBelow: 0 });
  const index = await build({ efConstruction: 100 });
  expect(index.info.bytes).toBeLessThanOrEqual(estimate.diskBytes);
  expect(index.info.bytes).toBeGreaterThan(estimate.diskBytes / 3);
  expect(estimate.centroids).toBe(index.nCentroids);
  expect(estimate.stages.map((s) => s.stage)).toContain("cluster");
  expect(estimate.seconds).toBeGreaterThan(0);
  index.close();
});

test("a memory budget that is too small is rejected with the least that suffices, and that much suffices", async () => {
  const refused = await build({ maxMemory: 1_000_000 }).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: "MEMORY", field: "maxMemory", got: "1000000 bytes" });
  const least = Number(/at least (\d+) bytes/.exec((refused as { expected: string }).expected)?.[1]);
  const index = await build({ maxMemory: least, efConstruction: 100 });
  index.close();
  await expect(build({ maxMemory: least - 1 })).rejects.toMatchObject({ code: "MEMORY" });
});
