import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../support/root.js";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, type GateContext, never } from "../gate.js";
import { makeCatalog, PATIENT, type SampleCatalog, SEARCH, searchRequest } from "../support/sample-catalog.js";
import { rowsOf } from "../support/slow-query.js";
import { type Answers, answersAlone, VerifiedLoad } from "../support/verified-load.js";
import { NOT_SENT, type Reply, WireClient } from "../support/wire-client.js";

const GRACE_MS = 3000;
/** Servers at a time: one starts while another one drains. */
const AT_ONCE = 2;
/** Searches that were certainly accepted, and their rows: each takes some 10 ms. */
const ACCEPTED = 4;
const SLOW_ROWS = 512;
/** Rows of the search that hangs. */
const HANG_ROWS = 13;
const PRELOAD = join(root, "test/gates/support/hanging-search.mjs");

/** What may happen to a call that the server had not accepted when it began to drain: its caller can send it again elsewhere. */
function isRefusal({ status, code, text }: Reply): boolean {
  return (status === 14 && code === "SHUTTING_DOWN") || (status === -1 && (text === NOT_SENT || text === "reset 7"));
}

export const l1: Gate = {
  id: "L1",
  promise: "SIGTERM loses nothing that was accepted, and the process ends with 0 in time, even if a search hangs.",
  place: "lane",
  bug: {
    what: "a server that is asked to stop waits for no call",
    caughtBy: "calls that were accepted and failed",
    edits: [
      {
        file: "server/src/transport/call-tracker.ts",
        from: "    if (this.#active.size === 0) {\n      return;\n    }\n    const timers",
        to: "    this.#abortAll();\n    const timers",
      },
    ],
  },
  async run(context) {
    const catalog = await makeCatalog(context.folder, { documents: 300 });
    const answers = await answersOf(context, catalog);
    const trials = context.count(200);
    const random = createRandom(context.seed);
    const result = { failed: [] as string[], wrong: [] as string[], codes: [] as string[], slowest: 0, answered: 0 };
    let begun = 0;
    const inOrder = async (): Promise<void> => {
      while (begun < trials) {
        begun += 1;
        await trial(context, catalog, answers, 300 * random(), result);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, inOrder));
    const stuck = await stuckTrial(context, catalog);
    return [
      { what: "SIGTERMs under load", got: begun, least: trials },
      { what: "queries answered meanwhile", got: result.answered, least: trials * 10 },
      never("calls that were accepted and failed", result.failed),
      never("wrong answers", result.wrong),
      never("exit codes other than 0", result.codes),
      { what: "slowest exit", got: result.slowest, unit: "ms", most: GRACE_MS + 1000 },
      { what: "exit code with a search that hangs", got: Number(stuck.ending), most: 0 },
      { what: "its exit", got: stuck.ms, unit: "ms", most: GRACE_MS + 1000 },
    ];
  },
};

function args({ path }: SampleCatalog): string[] {
  return [path, "--workers", "2", "--drain-grace-ms", String(GRACE_MS), ...PATIENT];
}

async function answersOf({ serve }: GateContext, catalog: SampleCatalog): Promise<Answers> {
  const server = await serve(args(catalog));
  const answers = await answersAlone(server.data, catalog.queries, ["v1"], () => Promise.resolve());
  await server.stop();
  return answers;
}

async function trial(
  { serve }: GateContext,
  catalog: SampleCatalog,
  answers: Answers,
  delayMs: number,
  result: { failed: string[]; wrong: string[]; codes: string[]; slowest: number; answered: number },
): Promise<void> {
  const server = await serve(args(catalog));
  let over = false;
  const load = new VerifiedLoad(server.data, catalog.queries, answers, (reply) => {
    over ||= isRefusal(reply);
    return isRefusal(reply);
  });
  const slow = new WireClient(server.data);
  const running = load.run(() => over, { unary: 4, batch: 1, stream: 1 });
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const { session } = slow;
  const accepted = Array.from({ length: ACCEPTED }, () => slow.send(SEARCH, searchRequest(rowsOf(catalog, SLOW_ROWS))));
  // The server answers a ping after it has read what came before it.
  await new Promise<void>((resolve) => session.ping(() => resolve()));
  const { ending, ms } = await server.stop();
  over = true;
  for (const { status, code, text } of await Promise.all(accepted)) {
    if (status !== 0) result.failed.push(`a search that was under way: ${status} ${code} ${text}`);
  }
  slow.close();
  await running;
  result.failed.push(...load.failed);
  result.wrong.push(...load.wrong);
  if (ending !== 0) result.codes.push(`exit ${ending}`);
  result.slowest = Math.max(result.slowest, ms);
  result.answered += load.answered;
}

/** A server with a search in native code that does not return. */
async function stuckTrial(
  { serve, folder }: GateContext,
  catalog: SampleCatalog,
): Promise<{ ending: number | string; ms: number }> {
  const fifo = join(folder, "hang.fifo");
  execFileSync("mkfifo", [fifo]);
  const environment = { HANG_FIFO: fifo, HANG_ROWS: String(HANG_ROWS) };
  const server = await serve([...args(catalog), "--metrics", "127.0.0.1:0"], ["--import", PRELOAD], environment);
  const client = new WireClient(server.data);
  const row = (catalog.queries[0] as Uint8Array).subarray(0, 64);
  const query = Buffer.concat(Array.from({ length: HANG_ROWS }, () => row));
  void client.send(SEARCH, searchRequest(query));
  while ((await server.metric("maxsimd_queries_running")) === 0);
  const stopped = await server.stop();
  client.close();
  return stopped;
}
