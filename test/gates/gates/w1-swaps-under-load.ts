import { AdminClient } from "@maxsimd/client";
import { type Gate, never } from "../gate.js";
import { figuresOf } from "../support/process-figures.js";
import { INDEX, makeCatalog, PATIENT } from "../support/sample-catalog.js";
import { median } from "../support/statistics.js";
import { answersAlone, VerifiedLoad } from "../support/verified-load.js";

const VERSIONS = ["v1", "v2"];
/** Share of the swaps before memory is compared: the heap and the compiled code reach their usual size in them. */
const WARM_UP = 0.2;
/** Share of the swaps over which the median of memory is taken, at the beginning and at the end. */
const WINDOW = 0.2;

export const w1: Gate = {
  id: "W1",
  promise: "An answer comes whole from one index version and names it; a swap fails no request and leaks no memory.",
  place: "lane",
  bug: {
    what: "an answer names the version that is current when it goes out",
    caughtBy: "answers that differ from the version they name",
    edits: [
      {
        file: "server/src/services/search.ts",
        from: "indexVersion: lease.version,",
        to: 'indexVersion: deps.catalog.acquire(request.index?.index ?? "", "").version,',
      },
    ],
  },
  async run({ folder, serve, count }) {
    const [most, queries] = [count(1000), count(1_000_000)];
    const catalog = await makeCatalog(folder, { versions: VERSIONS, documents: 300 });
    const server = await serve([catalog.path, "--workers", "2", "--admin", "127.0.0.1:0", ...PATIENT]);
    const admin = new AdminClient(server.admin);
    const swap = (version: string) => admin.swapIndex(INDEX, version);
    const answers = await answersAlone(server.data, catalog.queries, VERSIONS, swap);
    const [first = [], second = []] = VERSIONS.map((version) => answers.get(version));
    const same = first.filter((answer, i) => answer.equals(second[i] as Buffer)).length;
    const load = new VerifiedLoad(server.data, catalog.queries, answers);
    let swaps = 0;
    const done = () => swaps >= most && load.answered >= queries;
    const running = load.run(done, { unary: 4, batch: 2, stream: 4 });
    const memory: number[] = [];
    for (; swaps < most; swaps++) {
      // The queries are spread over the swaps.
      while (load.answered < (swaps * queries) / most && load.failed.length < 1000) await soon();
      await swap(VERSIONS[swaps % 2] as string);
      if (swaps >= WARM_UP * most) memory.push(figuresOf(server.pid).rss);
    }
    await running;
    admin.close();
    const [before, after] = [median(memory.slice(0, WINDOW * most)), median(memory.slice(-WINDOW * most))];
    const { ending } = await server.stop();
    return [
      { what: "queries answered", got: load.answered, least: queries },
      { what: "of these in single calls", got: load.counts.unary, least: queries / 20 },
      { what: "swaps meanwhile", got: swaps, least: most },
      never("failed queries and calls", load.failed),
      never("answers that differ from the version they name", load.wrong),
      { what: "queries that both versions answer alike", got: same, most: 0 },
      { what: "growth of resident memory", got: 100 * (after / before - 1), unit: "%", most: 5 },
      { what: "exit code", got: Number(ending), most: 0 },
    ];
  },
};

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
