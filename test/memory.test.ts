import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MaxsimClient } from "@maxsimd/client";
import { Tachiom, writeNpy } from "@maxsimd/native";
import { beforeAll, expect, it } from "vitest";
import { createRandom } from "./support/synthetic-corpus.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: workers share one mapped index; a server's memory does not grow by an index a worker.

const DIM = 128;
const TOKENS_PER_DOCUMENT = 100;
const DOCUMENTS = 19_600;
const TOKENS = DOCUMENTS * TOKENS_PER_DOCUMENT;
const QUERIES = 8;

const folder = useTemporaryFolder();
let file: string;
let bytes: number;

/** A matrix of random numbers in [-0.25, 0.25], written block by block: the same 16,384 rows again and again. */
function writeVectors(path: string): void {
  const random = createRandom(7);
  const block = Uint16Array.from(
    { length: 16_384 * DIM },
    () => ((random() < 0.5 ? 0x8000 : 0) | (random() * 0x3400)) >>> 0,
  );
  const header = `{'descr': '<f2', 'fortran_order': False, 'shape': (${TOKENS}, ${DIM}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const output = openSync(path, "w");
  writeSync(output, Buffer.concat([Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"), Buffer.from(padded, "latin1")]));
  for (let rest = TOKENS * DIM; rest > 0; rest -= block.length)
    writeSync(output, block.subarray(0, Math.min(rest, block.length)));
  closeSync(output);
}

beforeAll(async () => {
  const input = (name: string) => join(folder.path, name);
  writeVectors(input("vectors.npy"));
  writeNpy(input("token_ids.npy"), new Uint32Array(TOKENS), [TOKENS]);
  writeNpy(input("doclens.npy"), new Int32Array(DOCUMENTS).fill(TOKENS_PER_DOCUMENT), [DOCUMENTS]);
  file = input("big.maxsim");
  // Kept whole: an index of this size without the hours of clustering.
  const index = await Tachiom.build(input("vectors.npy"), input("token_ids.npy"), input("doclens.npy"), {
    output: file,
    exactBelow: TOKENS + 1,
  });
  bytes = index.info.bytes;
  index.close();
}, 300_000);

it("the index is as large as the promise speaks of", () => {
  expect(bytes).toBeGreaterThan(500e6);
});

it("two workers over one index of 500 MB take less than 1.2 times its size in all", async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("support/serve-two-workers.mjs", import.meta.url)), file],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { address } = JSON.parse((await lines.next()).value);
    const client = await MaxsimClient.connect(address);
    const random = createRandom(8);
    const query = { data: Float32Array.from({ length: 4 * DIM }, () => random() - 0.5), dim: DIM };
    // Together, so that both workers search, and each reads all of the index.
    const answers = await Promise.all(
      Array.from({ length: QUERIES }, () => client.search(query, {}, { timeoutMs: 60_000 })),
    );
    expect(answers.map(({ hits }) => hits.length)).toEqual(Array(QUERIES).fill(10));
    client.close();
    child.stdin.write("report\n");
    const { rss, workers } = JSON.parse((await lines.next()).value);
    expect(workers).toBe(2);
    expect(rss).toBeLessThan(1.2 * bytes);
    // Less than the index would mean that it was not read, and nothing was shown.
    expect(rss).toBeGreaterThan(bytes);
  } finally {
    child.stdin.end();
    await once(child, "close");
  }
}, 120_000);
