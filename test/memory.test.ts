import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { MaxsimClient, type SearchParams } from "@maxsimd/client";
import { Index, writeNpy } from "@maxsimd/native";
import { random as createRandom } from "@maxsimd/native/testing";
import { beforeAll, expect, it } from "vitest";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: workers share one mapped index; a server's memory does not grow by an index per worker.
//
// Anonymous memory is what a server adds to the machine: a copy of the index, whole or per worker, would be there. The pages of
// files, those of the index and of Node's own program, are clean: the kernel drops them when memory is short, and the page cache
// holds them whether or not the process maps them.

/** The size of the index that the promise speaks of. */
const SIZE = 500e6;
const DIM = 32;
const CENTROIDS = 1024;
const TOKENS_PER_DOCUMENT = 200;
/** 42.05 bytes a token in the file. */
const DOCUMENTS = 59_490;
const TOKENS = DOCUMENTS * TOKENS_PER_DOCUMENT;
/** Rounds of calls made together. All of a round wait in the server, whose queueMs is long. */
const ROUNDS = 4;
const CALLS = 250;
/** Reads every list and every document. */
const ALL = { kCentroids: CENTROIDS, efSearch: CENTROIDS, kDocsToScore: DOCUMENTS };

const folder = useTemporaryFolder();
let file: string;
let bytes: number;

/** A matrix of random numbers in [-0.25, 0.25], written block by block: the same 65,536 rows again and again. */
function writeVectors(path: string): void {
  const random = createRandom(7);
  const sign = () => (random() < 0.5 ? 0x8000 : 0);
  const block = Uint16Array.from({ length: 65_536 * DIM }, () => sign() | Math.floor(random() * 0x3400));
  const header = `{'descr': '<f2', 'fortran_order': False, 'shape': (${TOKENS}, ${DIM}), }`;
  const begin = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header.padEnd(117)}\n`, "latin1");
  const output = openSync(path, "w");
  writeSync(output, begin);
  for (let rest = TOKENS * DIM; rest > 0; rest -= block.length) {
    writeSync(output, block.subarray(0, Math.min(rest, block.length)));
  }
  closeSync(output);
}

/** Builds from given clusters and a small sample: the size of the file counts here, and not what it finds. */
async function buildLargeIndex(): Promise<void> {
  const input = (name: string) => join(folder.path, name);
  const random = createRandom(8);
  const types = Uint32Array.from({ length: TOKENS }, (_, i) => i % CENTROIDS);
  const centroids = Float32Array.from({ length: CENTROIDS * DIM }, () => random() - 0.5);
  writeVectors(input("vectors.npy"));
  writeNpy(input("types.npy"), types, [TOKENS]);
  writeNpy(input("doclens.npy"), new Int32Array(DOCUMENTS).fill(TOKENS_PER_DOCUMENT), [DOCUMENTS]);
  writeNpy(input("centroids.npy"), centroids, [CENTROIDS, DIM]);
  file = input("large.maxsim");
  const index = await Index.buildFromTac(
    input("vectors.npy"),
    input("types.npy"),
    input("doclens.npy"),
    input("centroids.npy"),
    input("types.npy"),
    { output: file, pqSampleSize: 20_000, pqNIter: 1 },
  );
  bytes = index.info.bytes;
  index.close();
  rmSync(input("vectors.npy"));
}

/** The line of the server's log that says where it listens. */
async function serving(log: Readable): Promise<{ data: string; workers: number }> {
  for await (const line of createInterface({ input: log })) {
    const entry = JSON.parse(line);
    if (entry.msg === "serving") {
      return entry;
    }
  }
  throw new Error("the server has ended");
}

beforeAll(buildLargeIndex, 300_000);

it("the index is as large as the promise speaks of", () => {
  expect(bytes).toBeGreaterThan(SIZE);
  expect(bytes).toBeLessThan(1.001 * SIZE);
});

it("two workers over one index of 500 MB, every page read, hold less than a fifth of its size beside its one mapping", async () => {
  const script = fileURLToPath(new URL("support/serve-two-workers.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: "pipe" });
  try {
    const { data, workers } = await serving(child.stderr);
    expect(workers).toBe(2);
    const client = await MaxsimClient.connect(data);
    const random = createRandom(9);
    const search = (params: SearchParams) => {
      const query = { data: Float32Array.from({ length: 16 * DIM }, () => random() - 0.5), dim: DIM };
      return client.search(query, params, { timeoutMs: 60_000 });
    };
    // Together, so that both workers search.
    const wide = await Promise.all([search(ALL), search(ALL), search(ALL)]);
    expect(wide.every(({ hits }) => hits.length === 10)).toBe(true);
    for (let round = 0; round < ROUNDS; round++) {
      const usual = await Promise.all(Array.from({ length: CALLS }, () => search({})));
      expect(usual.every(({ hits }) => hits.length === 10)).toBe(true);
    }
    client.close();
    const reports = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.write("report\n");
    // At once: what the calls left to the collectors of three heaps counts.
    const { anonymous, files } = JSON.parse((await reports.next()).value) as Record<string, number>;
    expect(anonymous).toBeLessThan(0.2 * SIZE);
    // Less would mean that a part of the file was not read, and nothing was shown; a second mapping would be as much again.
    expect(files).toBeGreaterThan(bytes);
    expect(files).toBeLessThan(1.2 * SIZE);
  } finally {
    child.stdin.end();
    await once(child, "close");
  }
}, 120_000);
