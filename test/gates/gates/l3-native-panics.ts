import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdminClient, MaxsimClient, MaxsimRpcError } from "@maxsimd/client";
import { root } from "../../support/root.js";
import { type Gate, never } from "../gate.js";
import { runCargo } from "../support/child-process.js";
import { DIM, INDEX, makeCatalog, PATIENT } from "../support/sample-catalog.js";
import type { ServerProcess } from "../support/server-process.js";
import { answersAlone, VerifiedLoad } from "../support/verified-load.js";

const PANICS = 1000;
/** Of the calls into native code one in so many panics, and of the places in a search where it asks whether it was cancelled. */
const ODDS = "20,3000";
const VERSIONS = ["v1", "v2"];
const WORKERS = 2;
/** The index whose documents change. */
const CHANGED = "notes";
/** Searches after the last panic, all of which must be right. */
const AFTER = 2000;
/** A search that takes long on a busy machine is not stopped: this is about panics. */
const SLOW = ["--limit", "searchMs=60000"];
const PRELOAD = join(root, "test/gates/support/inject-panics.mjs");
const LIBRARY = join(root, "native/target/release/libmaxsimd_panics.so");
const PUBLISHED = join(root, `native/binding/maxsimd.${process.platform}-${process.arch}.node`);

/** What calls that are not searches ended with. */
interface Others {
  calls: number;
  internal: number;
  readonly untyped: string[];
}

export const l3: Gate = {
  id: "L3",
  promise:
    "A panic in native code fails the calls whose work it was with INTERNAL, and nothing else: later answers are right.",
  place: "lane",
  bug: {
    what: "a panic leaves native code",
    caughtBy: "exits",
    edits: [
      {
        file: "native/binding/src/errors.rs",
        from: "catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(",
        to: "Ok::<_, Box<dyn std::any::Any + Send>>(AssertUnwindSafe(work)()).unwrap_or_else(",
      },
    ],
  },
  async run(context) {
    const built = await runCargo(["build", "--release", "--quiet", "--locked", "-p", "maxsimd-panics"]);
    if (built.code !== 0) throw new Error(`the library that panics does not compile:\n${built.output}`);
    const catalog = await makeCatalog(context.folder, {
      documents: 300,
      versions: VERSIONS,
      attributes: documents(300),
    });
    mkdirSync(join(catalog.path, CHANGED));
    copyFileSync(catalog.file("v1"), join(catalog.path, CHANGED, "v1.maxsim"));
    writeFileSync(join(catalog.path, CHANGED, "current"), "v1\n");
    const server = await context.serve(
      [
        catalog.path,
        "--workers",
        String(WORKERS),
        "--admin",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        ...PATIENT,
        ...SLOW,
      ],
      ["--import", PRELOAD],
      // To print where each panic came from takes longer than the searches.
      { PANIC_LIBRARY: LIBRARY, PANIC_ODDS: ODDS, RUST_BACKTRACE: "0" },
    );
    const admin = new AdminClient(server.admin);
    const swap = (version: string) => admin.swapIndex(INDEX, version);
    const answers = await answersAlone(server.data, catalog.queries, VERSIONS, swap);
    const panics = context.count(PANICS);

    const during = new VerifiedLoad(server.data, catalog.queries, answers, ({ code }) => code === "INTERNAL");
    const others: Others = { calls: 0, internal: 0, untyped: [] };
    // One panic fails all queries of its task, so failures are more than panics.
    let injected = 0;
    while (injected < panics && server.isRunning) {
      await signal(server, "panics on");
      const enough = during.refused + others.internal + panics;
      const done = () => during.refused + others.internal >= enough || !server.isRunning;
      await Promise.all([during.run(done, { unary: 4, batch: 1, stream: 1 }), callOthers(server, admin, done, others)]);
      if (server.isRunning) injected = await signal(server, "panics off");
    }
    const exits = server.isRunning ? [] : [`the server ended with ${await server.ended}`];

    const after = new VerifiedLoad(server.data, catalog.queries, answers);
    const still: string[] = [];
    if (exits.length === 0) {
      await after.run(() => after.answered >= context.count(AFTER), { unary: 4, batch: 1, stream: 1 });
      still.push(...(await callAll(new MaxsimClient(server.data, { maxAttempts: 1 }), admin, 0)));
      const out = await server.metric("maxsimd_index_out_of_service_total");
      if (out > 0) still.push(`versions went out of service ${out} times`);
      const lost = await server.metric("maxsimd_workers_lost_total");
      if (lost > 0) still.push(`${lost} workers were lost`);
    }
    admin.close();
    return [
      { what: "panics", got: injected, least: panics },
      { what: "calls and queries that ended with INTERNAL", got: during.refused + others.internal, least: panics },
      { what: "right answers meanwhile", got: during.answered, least: panics },
      { what: "calls of other methods meanwhile", got: others.calls, least: panics / 10 },
      never("exits", exits),
      never("errors other than INTERNAL", [...during.failed, ...others.untyped]),
      never("wrong answers meanwhile", during.wrong),
      never("wrong answers afterwards", after.wrong),
      never("calls that fail afterwards", [...after.failed, ...still]),
      never("places that panic in the library that is published", publishedPlaces()),
    ];
  },
};

/** Sends the signal that turns panics on or off; resolves to the number of panics so far when the server has taken note. */
async function signal(server: ServerProcess, message: string): Promise<number> {
  const before = server.lines.length;
  server.signal("SIGUSR2");
  for (;;) {
    const line = server.lines.slice(before).find((each) => each.includes(`"msg":"${message}"`));
    if (line !== undefined) return (JSON.parse(line) as { panics: number }).panics;
    // Each look is a round trip to the server.
    await server.metric("maxsimd_queries_running");
  }
}

async function callOthers(
  server: ServerProcess,
  admin: AdminClient,
  done: () => boolean,
  others: Others,
): Promise<void> {
  const client = new MaxsimClient(server.data, { maxAttempts: 1 });
  for (let round = 0; !done(); round++) {
    others.untyped.push(...(await callAll(client, admin, round, others)));
  }
  client.close();
}

/** Calls each method that is not a plain search once. Returns what failed; INTERNAL is counted instead if there is something to count it in. */
async function callAll(client: MaxsimClient, admin: AdminClient, round: number, others?: Others): Promise<string[]> {
  const query = { data: Float32Array.from({ length: 4 * DIM }, (_, i) => Math.sin(i + round)), dim: DIM };
  const notes = admin.collection(CHANGED);
  const index = INDEX;
  const calls: Record<string, () => Promise<unknown>> = {
    explain: () => client.search(query, { k: 5, explain: true }, { index }),
    filter: () => client.search(query, { k: 5, filter: { ids: ["doc 1", "doc 2"] }, fields: ["n"] }, { index }),
    whyNot: () => client.whyNot(query, "doc 7", { index }),
    describe: () => client.describe({ index }),
    listIndexes: () => client.listIndexes(),
    swap: () => admin.swapIndex(INDEX, VERSIONS[round % 2] as string),
    load: () => admin.loadIndex(INDEX, VERSIONS[(round + 1) % 2] as string),
    upsert: () => notes.upsert([{ id: `new ${round % 20}`, tokens: query, tokenIds: [1, 2, 3, 4] }]),
    delete: () => notes.delete([`new ${(round + 10) % 20}`]),
    versions: () => notes.versions(),
    compact: () => notes.compact(),
  };
  const untyped: string[] = [];
  for (const [name, call] of Object.entries(calls)) {
    try {
      await call();
    } catch (error) {
      const isInternal = error instanceof MaxsimRpcError && error.code === "INTERNAL";
      if (isInternal && others !== undefined) others.internal += 1;
      else untyped.push(`${name}: ${error}`);
    }
    if (others !== undefined) others.calls += 1;
  }
  return untyped;
}

function documents(count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({ id: `doc ${n}`, n }));
}

/** The name of the export and the text of the panics are in every library that can panic on purpose. */
function publishedPlaces(): string[] {
  const marks = ["injectPanics", "where work asks whether it was cancelled"];
  const has = (path: string, mark: string) => readFileSync(path).includes(mark);
  const missing = marks.filter((mark) => !has(LIBRARY, mark));
  return [
    ...marks.filter((mark) => has(PUBLISHED, mark)).map((mark) => `${PUBLISHED} has "${mark}"`),
    ...missing.map((mark) => `${LIBRARY} does not have "${mark}", so the look at the published one says nothing`),
  ];
}
