// What swapping costs a server in memory. As a program: `node test/dist/test/support/swap-memory.js 10000` swaps so often and prints.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { AdminClient } from "@maxsimd/client";
import { Index } from "@maxsimd/native";

const SERVER = fileURLToPath(import.meta.resolve("@maxsimd/server/daemon")).replace("daemon.js", "main.js");
const DIM = 128;
const DOCUMENTS = 1500;
const TOKENS = DOCUMENTS * 60;
/** Swaps before the first window: the heap and the compiled code reach their usual size in them. */
const WARM_UP = 300;
/** Swaps over which the least memory is taken: between two collections of its heap a server's memory rises by some 10 MB. */
const WINDOW = 300;
/** Swaps between two looks at the memory. */
const STEP = 10;

/** The least anonymous memory of a server in the first and the last {@link WINDOW} of its swaps, in bytes. */
export interface SwapMemory {
  readonly first: number;
  readonly last: number;
}

/** Writes a catalog with two versions of 4 MB of an index. */
export async function writeSwapCatalog(catalog: string): Promise<void> {
  // f16 bit patterns of scattered numbers in (-2, 2): the top 15 bits of a multiplicative hash, the sign among them.
  const vectors = Uint16Array.from({ length: TOKENS * DIM }, (_, i) => {
    const bits = Math.imul(i + 1, 0x9e3779b1) >>> 17;
    return ((bits & 1) << 15) | (bits >>> 1);
  });
  const tokenIds = Uint32Array.from({ length: TOKENS }, (_, i) => i % 300);
  const doclens = new Int32Array(DOCUMENTS).fill(TOKENS / DOCUMENTS);
  mkdirSync(join(catalog, "books"), { recursive: true });
  for (const pqSeed of [0, 1]) {
    const output = join(catalog, "books", `v${pqSeed}.maxsim`);
    const quick = { totalCentroids: 512, tacNIter: 2, pqNIter: 2, pqSampleSize: 10_000 };
    const index = await Index.buildFromArrays(vectors, tokenIds, doclens, { ...quick, dim: DIM, output, pqSeed });
    index.close();
  }
  writeFileSync(join(catalog, "books/current"), "v0\n");
}

/**
 * Swaps between the versions of a catalog, in a server of its own with two workers.
 * @param onLook is called with the number of swaps and the bytes of anonymous memory at each look.
 */
export async function measureSwaps(
  catalog: string,
  swaps: number,
  onLook: (swap: number, bytes: number) => void = () => undefined,
): Promise<SwapMemory> {
  const args = [SERVER, catalog, "--port", "0", "--admin", "127.0.0.1:0", "--workers", "2", "--log-level", "info"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  try {
    const address = await new Promise<string>((resolve) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        const entry = JSON.parse(line) as { msg: string; admin: string };
        if (entry.msg === "serving") resolve(entry.admin);
      });
    });
    const admin = new AdminClient(address);
    const looks: number[] = [];
    for (let swap = 1; swap <= WARM_UP + swaps; swap++) {
      await admin.swapIndex("books", `v${swap % 2}`);
      if (swap > WARM_UP && swap % STEP === 0) {
        looks.push(anonymousBytes(child.pid as number));
        onLook(swap - WARM_UP, looks.at(-1) as number);
      }
    }
    admin.close();
    const window = WINDOW / STEP;
    return { first: Math.min(...looks.slice(0, window)), last: Math.min(...looks.slice(-window)) };
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
}

/** Anonymous memory that is resident: everything but the pages of files. */
export function anonymousBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return 1024 * Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]);
}

const swaps = Number(process.argv[2]);
if (process.argv[1] === fileURLToPath(import.meta.url) && swaps > 0) {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-swaps-"));
  try {
    await writeSwapCatalog(folder);
    const show = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    const { first, last } = await measureSwaps(folder, swaps, (swap, bytes) => {
      if (swap % 500 === 0) console.log(`${swap} swaps: ${show(bytes)}`);
    });
    console.log(`anonymous memory of the first ${WINDOW} swaps ${show(first)}, of the last ${show(last)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
