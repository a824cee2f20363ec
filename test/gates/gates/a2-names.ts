import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { AdminService, LoadIndexRequestSchema, SwapIndexRequestSchema } from "@maxsimd/proto";
import { root } from "../../support/root.js";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { INDEX, makeCatalog } from "../support/sample-catalog.js";
import { bytesOf, pathOf, type Reply, WireClient } from "../support/wire-client.js";

const NAMES = 100_000;
const AT_ONCE = 32;
const LOAD = pathOf(AdminService.method.loadIndex);
const SWAP = pathOf(AdminService.method.swapIndex);
/** What names are made of. */
const PIECES = [
  ...["..", ".", "/", "//", "\\", "%2e%2e", "%00", "\0", "~", "$HOME", ":", "*", "\n", " ", "-", "_"],
  ...[
    "/proc/self",
    "/proc/self/fd/3",
    "/etc/passwd",
    "outside",
    "secret",
    INDEX,
    "v1",
    ".maxsim",
    "current",
    "link",
    "linked",
  ],
  ...["é", "．．／", "\u202e", "\u200b", "😀", "ﬀ", "A", "İ", "a".repeat(70)],
];

const REFUSALS = ["INVALID_PARAMETER", "UNKNOWN_INDEX", "UNKNOWN_VERSION"];

type Names = readonly [index: string, version: string];
/** A name behind which there is an index outside of the catalog, and the like without one. */
const PAIRS: readonly (readonly [there: Names, absent: Names])[] = [
  [
    ["../outside/catalog/books", "v1"],
    ["../outside/catalog/bocks", "v1"],
  ],
  [
    ["books", "../../outside/catalog/books/v1"],
    ["books", "../../outside/catalog/books/v7"],
  ],
  [
    ["link", "v1"],
    ["lank", "v1"],
  ],
  [
    ["books", "linked"],
    ["books", "lanked"],
  ],
];

export const a2: Gate = {
  id: "A2",
  promise: "No name that comes over the wire opens a file outside of the catalog, or tells whether there is one.",
  place: "lane",
  bug: {
    what: "names may hold every character",
    caughtBy: "errors that tell whether there is a file",
    edits: [{ file: "server/src/catalog/names.ts", from: "/^[a-z0-9][a-z0-9._-]{0,62}$/", to: "/^[^]{1,63}$/" }],
  },
  async run({ folder, serve, seed, count }) {
    // An index that would open, outside of the catalog, next to it and behind links.
    const outside = await makeCatalog(join(folder, "outside"), { documents: 60 });
    const catalog = await makeCatalog(folder, { documents: 60 });
    symlinkSync(join(outside.path, INDEX), join(catalog.path, "link"));
    symlinkSync(outside.file("v1"), join(catalog.path, INDEX, "linked.maxsim"));
    mkdirSync(join(catalog.path, "secret"));
    const log = join(folder, "opened");
    const preload = ["--import", join(root, "test/gates/support/opened-paths.mjs")];
    const server = await serve([catalog.path, "--workers", "1", "--admin", "127.0.0.1:0"], preload, {
      OPENED_PATHS: log,
    });
    const client = new WireClient(server.admin);
    const ask = (path: string, index: string, version: string): Promise<Reply> => {
      const schema = path === LOAD ? LoadIndexRequestSchema : SwapIndexRequestSchema;
      return client.send(path, bytesOf(schema, { index, version }), { timeout: "30S" });
    };
    const accepted: string[] = [];
    const untyped: string[] = [];
    const random = createRandom(seed);
    const name = (): string =>
      Array.from({ length: 1 + Math.floor(random() * 5) }, () => PIECES[Math.floor(random() * PIECES.length)]).join("");
    const names = count(NAMES);
    let asked = 0;
    const caller = async (): Promise<void> => {
      while (asked < names && server.isRunning) {
        asked += 1;
        const [index, version] = [random() < 0.3 ? INDEX : name(), random() < 0.1 ? "v1" : name()];
        judge(await ask(asked % 2 === 0 ? LOAD : SWAP, index, version), index, version, { accepted, untyped });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, caller));
    const telling = await tellingNames((index, version) => ask(LOAD, index, version));
    client.close();
    await server.stop();
    const opened = [...new Set(readFileSync(log, "utf8").split("\n").filter(Boolean))].map(
      (line) => JSON.parse(line) as string,
    );
    const isInside = (path: string) => path === catalog.path || !relative(catalog.path, path).startsWith("..");
    // The server looks at its own files too: those of its program, and the list of its descriptors.
    const program = (path: string) =>
      path.startsWith(root) || path === dirname(catalog.path) || path === "/proc/self/fd";
    return [
      { what: "names", got: asked, least: names },
      { what: "paths that were opened or looked at", got: opened.length, least: 3 },
      never("names that were accepted", accepted),
      never(
        "paths outside of the catalog",
        opened.filter((path) => !isInside(path) && !program(path)),
      ),
      never("errors that tell whether there is a file", telling),
      never("errors that are not typed", untyped),
    ];
  },
};

/** Notes an answer that may not be: the one index that is there may be loaded, and all else is refused. */
function judge(
  { status, code, text }: Reply,
  index: string,
  version: string,
  { accepted, untyped }: Readonly<Record<"accepted" | "untyped", string[]>>,
): void {
  const names = JSON.stringify([index, version]);
  const isServed = index === INDEX && version === "v1";
  if (status === 0 && !isServed) accepted.push(names);
  if (status !== 0 && !REFUSALS.includes(code)) untyped.push(`${names}: ${code} ${text}`);
}

/** Pairs of names that differ only in whether there is a file, and that a server tells apart. */
async function tellingNames(ask: (index: string, version: string) => Promise<Reply>): Promise<string[]> {
  const telling: string[] = [];
  for (const [there, absent] of PAIRS) {
    const answers: string[] = [];
    for (const names of [there, absent]) {
      const { status, code, text } = await ask(...names);
      // An error may repeat the name that it is about.
      answers.push(names.reduce((all, name) => all.replaceAll(name, "NAME"), `${status} ${code} ${text}`));
    }
    if (answers[0] !== answers[1])
      telling.push(`${there.join(" ")}: ${answers[0]}; ${absent.join(" ")}: ${answers[1]}`);
  }
  return telling;
}
