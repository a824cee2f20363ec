import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { AdminClient, MaxsimClient, MaxsimRpcError } from "@maxsimd/client";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { INDEX, makeCatalog, PATIENT } from "../support/sample-catalog.js";
import { answersAlone, VerifiedLoad } from "../support/verified-load.js";

const FILES = 1000;
const DAMAGED = "damaged";
/** What a file with another byte may be refused with: the byte may be one that says what the file is. */
const REFUSALS = ["INDEX_CORRUPT", "INDEX_FORMAT"];

export const f6: Gate = {
  id: "F6",
  promise:
    "A running server refuses to load a file with any changed byte, with a typed error, and serves on unchanged.",
  place: "lane",
  bug: {
    what: "a file is served before all of its bytes are verified",
    caughtBy: "files that were accepted",
    edits: [
      {
        file: "server/src/engine/engine.ts",
        from: 'await Index.load(path, { verify: "full" })',
        to: 'await Index.load(path, { verify: "quick" })',
      },
    ],
  },
  async run({ folder, serve, seed, count }) {
    const catalog = await makeCatalog(folder, { documents: 300 });
    const server = await serve([catalog.path, "--workers", "1", "--admin", "127.0.0.1:0", ...PATIENT]);
    const admin = new AdminClient(server.admin);
    const client = new MaxsimClient(server.data);
    const answers = await answersAlone(server.data, catalog.queries, ["v1"], () => Promise.resolve());
    const load = new VerifiedLoad(server.data, catalog.queries, answers);
    const random = createRandom(seed);
    const sound = readFileSync(catalog.file("v1"));
    const files = count(FILES);
    const [accepted, untyped, changed] = [[] as string[], [] as string[], [] as string[]];
    const served = async () => JSON.stringify(await client.listIndexes());
    const before = await served();
    let done = false;
    const running = load.run(() => done, { unary: 1, batch: 0, stream: 0 });
    for (let i = 0; i < files; i++) {
      const at = Math.floor(random() * sound.length);
      // Any other value of the byte.
      const value = ((sound[at] as number) + 1 + Math.floor(random() * 255)) % 256;
      const name = `byte ${at} = ${value}`;
      const damaged = Buffer.from(sound);
      damaged[at] = value;
      writeFileSync(`${catalog.file(DAMAGED)}.part`, damaged);
      renameSync(`${catalog.file(DAMAGED)}.part`, catalog.file(DAMAGED));
      try {
        await admin.loadIndex(INDEX, DAMAGED);
        accepted.push(name);
        await admin.unloadIndex(INDEX, DAMAGED);
      } catch (error) {
        const code = error instanceof MaxsimRpcError ? error.code : "";
        if (!REFUSALS.includes(code)) untyped.push(`${name}: ${error}`);
      }
      const now = await served();
      if (now !== before) changed.push(`${name}: ${now}`);
    }
    done = true;
    await running;
    admin.close();
    client.close();
    return [
      { what: "files with a changed byte", got: files, least: files },
      { what: "queries answered meanwhile", got: load.answered, least: files / 10 },
      never("files that were accepted", accepted),
      never("errors that are not typed", untyped),
      never("changes of what is served", changed),
      never("failed searches", load.failed),
      never("wrong answers", load.wrong),
    ];
  },
};
