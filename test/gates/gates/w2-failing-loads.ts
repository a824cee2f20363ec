import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { AdminClient, MaxsimRpcError } from "@maxsimd/client";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { figuresOf } from "../support/process-figures.js";
import { INDEX, makeCatalog, PATIENT, type SampleCatalog } from "../support/sample-catalog.js";
import { answersAlone, VerifiedLoad } from "../support/verified-load.js";

const LOADS = 1000;
/** Looks at the memory before, and the time between two. */
const [LOOKS, LOOK_MS] = [100, 50];
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Puts a version into the catalog that cannot be loaded; one of a few kinds. */
const KINDS: Readonly<Record<string, (catalog: SampleCatalog, path: string, random: () => number) => void>> = {
  missing: () => undefined,
  "a wrong byte": ({ file }, path, random) => {
    const bytes = readFileSync(file("v1"));
    // Padding between sections is the only thing that no checksum covers; it must be zero.
    const at = Math.floor(random() * bytes.length);
    bytes[at] = (bytes[at] as number) ^ 0x55;
    writeFileSync(path, bytes);
  },
  "cut short": ({ file }, path, random) => {
    copyFileSync(file("v1"), path);
    truncateSync(path, Math.floor(random() * readFileSync(path).length));
  },
  "too long": ({ file }, path) => {
    copyFileSync(file("v1"), path);
    // A hole: it takes no space on the disk.
    const descriptor = openSync(path, "r+");
    ftruncateSync(descriptor, 8 * GIB);
    closeSync(descriptor);
  },
  empty: (_, path) => writeFileSync(path, ""),
  foreign: (_, path) => writeFileSync(path, "PK\x03\x04 this is something else".repeat(100)),
  "a folder": (_, path) => void mkdirSync(path),
};
const TYPED = ["UNKNOWN_VERSION", "UNKNOWN_INDEX", "INDEX_FORMAT", "INDEX_CORRUPT", "LIMIT_EXCEEDED"];

export const w2: Gate = {
  id: "W2",
  promise: "A failed load or swap gets a typed error, changes nothing that is served, and fails no search.",
  place: "lane",
  bug: {
    what: "a swap stores the new name before it has opened the version",
    caughtBy: "changes of what is current",
    edits: [
      {
        file: "server/src/catalog/catalog.ts",
        from: "      const next = await this.#loadVersion(index, version);\n      await this.#source.setCurrent(index, version);",
        to: "      await this.#source.setCurrent(index, version);\n      const next = await this.#loadVersion(index, version);",
      },
    ],
  },
  async run({ folder, serve, seed, count }) {
    const catalog = await makeCatalog(folder, { documents: 300 });
    const server = await serve([catalog.path, "--workers", "2", "--admin", "127.0.0.1:0", ...PATIENT]);
    const admin = new AdminClient(server.admin);
    const answers = await answersAlone(server.data, catalog.queries, ["v1"], () => Promise.resolve());
    const load = new VerifiedLoad(server.data, catalog.queries, answers);
    const random = createRandom(seed);
    const loads = count(LOADS);
    const [untyped, moved, accepted] = [[] as string[], [] as string[], [] as string[]];
    let done = false;
    const running = load.run(() => done, { unary: 2, batch: 1, stream: 1 });
    // What the same load takes without a failing load beside it.
    let usual = 0;
    for (let i = 0; i < LOOKS; i++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      usual = Math.max(usual, figuresOf(server.pid).anonymous);
    }
    let peak = 0;
    for (let i = 0; i < loads; i++) {
      const [kind, make] = Object.entries(KINDS)[i % Object.keys(KINDS).length] as [string, (typeof KINDS)[string]];
      const version = `bad-${i}`;
      make(catalog, catalog.file(version), random);
      const change = i % 2 === 0 ? admin.swapIndex(INDEX, version) : admin.loadIndex(INDEX, version);
      await change.then(
        () => accepted.push(`${kind} was accepted`),
        (error: unknown) => {
          const code = error instanceof MaxsimRpcError ? error.code : "";
          if (!TYPED.includes(code)) untyped.push(`${kind}: ${error}`);
        },
      );
      peak = Math.max(peak, figuresOf(server.pid).anonymous);
      const current = readFileSync(`${catalog.path}/${INDEX}/current`, "latin1").trim();
      if (current !== "v1") moved.push(`${kind}: the current version on disk is ${current}`);
    }
    done = true;
    await running;
    admin.close();
    return [
      { what: "failing loads and swaps", got: loads, least: loads },
      { what: "queries answered meanwhile", got: load.answered, least: loads },
      never("loads that were accepted", accepted),
      never("errors that are not typed", untyped),
      never("changes of what is current", moved),
      never("failed searches", load.failed),
      never("answers that are not those of the served version", load.wrong),
      { what: "more memory at most", got: Math.max(0, peak - usual) / MIB, unit: "MiB", most: 64 },
    ];
  },
};
