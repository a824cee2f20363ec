import { AdminClient } from "@maxsimd/client";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { INDEX, makeCatalog, PATIENT } from "../support/sample-catalog.js";
import { percentile } from "../support/statistics.js";
import { answersAlone, VerifiedLoad } from "../support/verified-load.js";

const VERSIONS = ["v1", "v2"];
/** The index is far below 1 GB, so this is all the time there is. */
const READY_MS = 5000;

export const l2: Gate = {
  id: "L2",
  promise: "A killed server serves again after a plain start, with the same answers and without a repair.",
  place: "lane",
  bug: {
    what: "the name of the current version is emptied before it is replaced",
    caughtBy: "starts without the index",
    edits: [
      {
        file: "server/src/catalog/directory-source.ts",
        from: "await rename(temporary, target);",
        to: 'await writeFile(target, "");\n      await new Promise((r) => setTimeout(r, 20));\n      await rename(temporary, target);',
      },
    ],
  },
  async run({ folder, serve, count, seed }) {
    const catalog = await makeCatalog(folder, { versions: VERSIONS, documents: 300 });
    const args = [catalog.path, "--workers", "2", "--admin", "127.0.0.1:0", ...PATIENT];
    const random = createRandom(seed);
    const kills = count(200);
    const result = { failed: [] as string[], wrong: [] as string[], unready: [] as string[] };
    const ready: number[] = [];
    let server = await serve(args);
    const admin = new AdminClient(server.admin);
    const answers = await answersAlone(server.data, catalog.queries, VERSIONS, (v) => admin.swapIndex(INDEX, v));
    admin.close();
    let answered = 0;
    for (let kill = 0; kill < kills; kill++) {
      let killed = false;
      // What a killed server did not answer is lost; what it answered must be right.
      const load = new VerifiedLoad(server.data, catalog.queries, answers, () => killed);
      const running = load.run(() => killed, { unary: 2, batch: 1, stream: 1 });
      const swapping = swapWithoutPause(server.admin, () => killed);
      await new Promise((resolve) => setTimeout(resolve, 30 + 100 * random()));
      killed = true;
      server.signal("SIGKILL");
      await Promise.all([server.ended, running, swapping]);
      result.failed.push(...load.failed);
      result.wrong.push(...load.wrong);
      answered += load.answered;
      server = await serve(args);
      ready.push(server.readyMs);
      if (server.lines.some((line) => line.includes('"msg":"no index to serve yet"')))
        result.unready.push(`kill ${kill}`);
    }
    return [
      { what: "kills while it searched and swapped", got: kills, least: kills },
      { what: "queries answered meanwhile", got: answered, least: kills * 10 },
      never("starts without the index", result.unready),
      never("failed queries before a kill", result.failed),
      never("wrong answers", result.wrong),
      { what: "time until it served, 99 of 100", got: percentile(ready, 0.99), unit: "ms", most: READY_MS },
    ];
  },
};

async function swapWithoutPause(address: string, done: () => boolean): Promise<void> {
  const admin = new AdminClient(address);
  try {
    for (let i = 0; !done(); i++) await admin.swapIndex(INDEX, VERSIONS[i % 2] as string);
  } catch (error) {
    if (!done()) throw error;
  } finally {
    admin.close();
  }
}
