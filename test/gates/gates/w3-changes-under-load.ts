import { AdminClient, MaxsimClient } from "@maxsimd/client";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { DIM, INDEX, makeCatalog, PATIENT } from "../support/sample-catalog.js";

const CHANGES = 400;
const ROWS = 4;
/** Documents that change: each is written, replaced and deleted many times. */
const NAMES = 60;

export const w3: Gate = {
  id: "W3",
  promise:
    "A change of documents is whole and visible when its call returns, fails no search, and is there after a kill.",
  place: "lane",
  bug: {
    what: "a change returns before it is served",
    caughtBy: "changes that the next search does not see",
    edits: [
      {
        file: "server/src/catalog/catalog.ts",
        from: "      return { result, swapped: await this.#follow(index) };",
        to: "      const served = (this.#entries.get(index) as Entry<I>).current as VersionHandle<I>;\n      return { result, swapped: { current: served, previous: served } };",
      },
    ],
  },
  async run({ folder, serve, seed, count }) {
    const attributes = Array.from({ length: 300 }, (_, i) => ({ id: `doc ${i}` }));
    const catalog = await makeCatalog(folder, { documents: 300, attributes });
    const args = [catalog.path, "--workers", "2", "--admin", "127.0.0.1:0", ...PATIENT];
    const random = createRandom(seed);
    const changes = count(CHANGES);
    /** What was acknowledged: the seed of each document's vectors. */
    const present = new Map<string, number>();
    const [failed, invisible, lost] = [[] as string[], [] as string[], [] as string[]];
    const server = await serve(args);
    let client = new MaxsimClient(server.data, { maxAttempts: 1 });
    const admin = new AdminClient(server.admin);
    const books = admin.collection(INDEX);
    let done = false;
    const searching = searchWithoutPause(client, () => done, failed);
    /** Whether a document is found, with its own vectors, as one and the right one. */
    const look = async (id: string): Promise<string> => {
      const expected = present.get(id);
      const query = vectorsOf(expected ?? 1);
      const { hits } = await client.search(query, { k: 2, filter: { ids: [id] } });
      if (expected === undefined) return hits.length === 0 ? "" : `${id} was deleted and is found`;
      if (hits.length !== 1) return `${id} is there ${hits.length} times`;
      const least = 0.9 * selfScore(query.data);
      return (hits[0]?.score ?? 0) >= least ? "" : `${id} has older vectors`;
    };
    for (let i = 1; i <= changes; i++) {
      const id = `new ${Math.floor(random() * NAMES)}`;
      if (random() < 0.3) {
        await books.delete([id]);
        present.delete(id);
      } else {
        await books.upsert([{ id, tokens: vectorsOf(i), tokenIds: [1, 2, 3, 4] }]);
        present.set(id, i);
      }
      const fault = await look(id);
      if (fault !== "") invisible.push(fault);
    }
    done = true;
    const searches = await searching;
    client.close();
    admin.close();
    server.signal("SIGKILL");
    await server.ended;
    const again = await serve(args);
    client = new MaxsimClient(again.data);
    for (let name = 0; name < NAMES; name++) {
      const fault = await look(`new ${name}`);
      if (fault !== "") lost.push(fault);
    }
    client.close();
    return [
      { what: "changes", got: changes, least: changes },
      { what: "searches meanwhile", got: searches, least: changes },
      never("failed searches", failed),
      never("changes that the next search does not see", invisible),
      never("documents that are wrong after a kill", lost),
    ];
  },
};

function vectorsOf(seed: number): { data: Float32Array; dim: number } {
  const random = createRandom(seed * 7919);
  return { data: Float32Array.from({ length: ROWS * DIM }, () => random() - 0.5), dim: DIM };
}

/** The score of a document for its own vectors, if each matches itself. */
function selfScore(data: Float32Array): number {
  return data.reduce((sum, value) => sum + value * value, 0);
}

async function searchWithoutPause(client: MaxsimClient, done: () => boolean, failed: string[]): Promise<number> {
  let searches = 0;
  while (!done()) {
    await client.search(vectorsOf((searches % 50) + 1), { k: 5 }).catch((error: unknown) => failed.push(String(error)));
    searches += 1;
  }
  return searches;
}
