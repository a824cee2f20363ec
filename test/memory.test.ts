import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MaxsimClient } from "@maxsimd/client";
import { Tachiom, writeNpy } from "@maxsimd/native";
import { beforeAll, expect, it } from "vitest";
import { createRandom } from "./support/synthetic-corpus.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: workers share one mapped index; a server's memory does not grow by an index a worker.
//
// What counts is all that the process has resident: Node with two workers takes about 120 MB, and of the file the pages that
// were read. In the long run these are all of them, once; a copy a worker would be twice as much.

const DIM = 32;
const CENTROIDS = 1024;
const TOKENS_PER_DOCUMENT = 200;
/** 43 bytes a token in the file. */
const TOKENS = 60_000 * TOKENS_PER_DOCUMENT;
const QUERIES = 64;

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
  writeNpy(input("doclens.npy"), new Int32Array(TOKENS / TOKENS_PER_DOCUMENT).fill(TOKENS_PER_DOCUMENT), [
    TOKENS / TOKENS_PER_DOCUMENT,
  ]);
  writeNpy(input("centroids.npy"), centroids, [CENTROIDS, DIM]);
  file = input("large.maxsim");
  const index = await Tachiom.buildFromTac(
    input("vectors.npy"),
    input("types.npy"),
    input("doclens.npy"),
    input("centroids.npy"),
    input("types.npy"),
    { output: file, pqSampleSize: 20_000, pqNIter: 1, efConstruction: 50 },
  );
  bytes = index.info.bytes;
  index.close();
  rmSync(input("vectors.npy"));
}

beforeAll(buildLargeIndex, 300_000);

it("the index is as large as the promise speaks of", () => {
  expect(bytes).toBeGreaterThan(500e6);
});

it("two workers over one index of 500 MB take less than 1.2 times its size in all", async () => {
  const script = fileURLToPath(new URL("support/serve-two-workers.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { address } = JSON.parse((await lines.next()).value);
    const client = await MaxsimClient.connect(address);
    const random = createRandom(9);
    const query = { data: Float32Array.from({ length: 16 * DIM }, () => random() - 0.5), dim: DIM };
    // Together, so that both workers search.
    const answers = await Promise.all(
      Array.from({ length: QUERIES }, () => client.search(query, {}, { timeoutMs: 60_000 })),
    );
    expect(answers.map(({ hits }) => hits.length)).toEqual(Array(QUERIES).fill(10));
    client.close();
    child.stdin.write("report\n");
    const { rss, workers } = JSON.parse((await lines.next()).value);
    expect(workers).toBe(2);
    expect(rss).toBeLessThan(1.2 * 500e6);
    // Less than half of the index would mean that it was not read, and nothing was shown.
    expect(rss).toBeGreaterThan(0.5 * bytes);
  } finally {
    child.stdin.end();
    await once(child, "close");
  }
}, 120_000);
