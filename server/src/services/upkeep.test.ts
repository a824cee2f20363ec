/** While documents change, segments and versions stay few, no document is lost, and what is loaded or kept stays. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AdminService, CatalogService, CollectionService, SearchService } from "@maxsimd/proto";
import { expect, it, vi } from "vitest";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { upsert, listVersions, delete: deleteDocuments, rollback, compact, removeVersions } = CollectionService.method;
const { search } = SearchService.method;
const CHANGES = 45;
const KEPT = 4;

/** Adds the document that a search for `tensor(8, 300 + i)` finds first. */
function add({ admin }: TestServer, i: number) {
  const documents = [{ id: `new${i}`, tokens: tensor(8, 300 + i), tokenIds: [1, 2, 3, 4, 5, 6, 0, 1] }];
  return admin.clientStream(upsert, [{ index: "books", documents }]);
}

it("merges segments and removes old versions after changes", async () => {
  const served = await serveCatalog({ v1: {} }, { limits: { keptVersions: KEPT } });
  try {
    for (let i = 0; i < CHANGES; i++) await add(served, i);
    await served.admin.unary(deleteDocuments, { index: "books", ids: ["new3", "new44"] });
    const listed = await vi.waitFor(async () => {
      const { versions } = await served.admin.unary(listVersions, { index: "books" });
      // Of 45 segments with a document each, eight are merged again and again; at most seven of each size are left.
      expect(versions.find(({ current }) => current)?.segments).toBeLessThan(16);
      // Some versions may have come since the last removal.
      expect(versions.length).toBeLessThan(1 + KEPT + 14);
      return versions;
    }, 20_000);
    expect(listed[0]?.version).toBe("v1");
    expect((await served.client.unary(CatalogService.method.describe, {})).documents).toBe(60n + 43n);
    for (let i = 0; i < CHANGES; i++) {
      const request = { query: tensor(8, 300 + i), params: { k: 1 } };
      const { hits } = await served.client.unary(search, request);
      expect(hits?.ids[0] === `new${i}`).toBe(i !== 3 && i !== 44);
    }
    const newest = listed.at(-2)?.version ?? "";
    const back = await served.admin.unary(rollback, { index: "books", version: newest });
    expect(back.indexVersion?.version).toBe(newest);
  } finally {
    await served.stop();
  }
});

it("leaves a version that is loaded, and its files", async () => {
  const served = await serveCatalog({ v1: {} }, { limits: { keptVersions: 1 } });
  try {
    await add(served, 0);
    await add(served, 1);
    await served.admin.unary(AdminService.method.loadIndex, { index: "books", version: "v1.1" });
    for (let i = 2; i < 30; i++) await add(served, i);
    await vi.waitFor(async () => {
      const files = (await readdir(join(served.root, "books"))).filter((name) => name.endsWith(".maxsim"));
      expect(files.length).toBeLessThan(20);
    }, 20_000);
    const request = { query: tensor(8, 300), params: { k: 1 }, index: { index: "books", version: "v1.1" } };
    const { hits } = await served.client.unary(search, request);
    expect(hits?.ids).toEqual(["new0"]);
  } finally {
    await served.stop();
  }
});

it("lets a compaction that a call asks for wait, and not find another going on", async () => {
  const served = await serveCatalog({ v1: {} });
  try {
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 9; i++) await add(served, 9 * round + i);
      // Upkeep merges eight of the nine at this moment.
      const { changed, indexVersion } = await served.admin.unary(compact, { index: "books", all: true });
      expect(changed).toBe(true);
      const { versions } = await served.admin.unary(listVersions, { index: "books" });
      expect(versions.find(({ version }) => version === indexVersion?.version)?.segments).toBe(1);
      expect((await served.admin.unary(removeVersions, { index: "books", keep: 1 })).versions.length).toBeGreaterThan(
        0,
      );
    }
  } finally {
    await served.stop();
  }
});
