/** The client changes the documents of a server's index: they are searchable when the call returns, and a change that fails leaves all as it was. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdminClient, type CollectionClient, MaxsimClient, type NewDocument } from "@maxsimd/client";
import { Index } from "@maxsimd/native";
import { corpus, unitVectors } from "@maxsimd/native/testing";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const DIM = 16;
const data = corpus({ documents: 100, dim: DIM, types: 10 });
let folder: string;
let server: RunningServer;
let admin: AdminClient;
let client: MaxsimClient;
let papers: CollectionClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-collection-client-"));
  mkdirSync(join(folder, "papers"));
  const index = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, {
    ...{ dim: DIM, exactBelow: 0, output: join(folder, "papers", "first.maxsim") },
    attributes: Array.from({ length: 100 }, (_, i) => ({ id: `d${i}`, year: 1900 + i })),
  });
  index.close();
  writeFileSync(join(folder, "papers", "current"), "first\n");
  // The test names every version. Upkeep would make more of them.
  const quiet = { upkeep: "off", log: { level: "silent" } } as const;
  server = await start({ data: folder, port: 0, admin: "127.0.0.1:0", ...quiet });
  admin = new AdminClient(server.adminAddress ?? "");
  client = new MaxsimClient(server.dataAddress);
  papers = admin.collection("papers");
});
afterAll(async () => {
  admin.close();
  client.close();
  await server.drain();
  rmSync(folder, { recursive: true });
});

const tokens = (seed: number, rows = 6) => ({ data: unitVectors(rows, DIM, seed), dim: DIM });
const best = async (seed: number) => (await client.search(tokens(seed), { k: 1, fields: "all" })).hits[0];

describe("CollectionClient", () => {
  it("adds documents from an async source, in many messages, as one change", async () => {
    async function* source(): AsyncGenerator<NewDocument> {
      for (let i = 0; i < 3000; i++) {
        await Promise.resolve();
        yield {
          id: `x${i}`,
          tokens: tokens(1000 + i),
          tokenIds: [1, 2, 3, 4, 5, 6],
          fields: { year: 2000 + (i % 20) },
        };
      }
      yield { id: "empty", tokens: [] };
    }
    const { indexVersion, added, replaced } = await papers.upsert(source());
    expect([indexVersion.version, added, replaced]).toEqual(["first.1", 3001, 0]);
    expect(await best(1000 + 2999)).toMatchObject({ id: "x2999", fields: { year: 2019 } });
    expect((await client.describe()).documents).toBe(3101);
  });

  it("replaces, deletes by ids and by a typed filter, compacts, lists and goes back", async () => {
    expect(await papers.upsert([{ id: "x5", tokens: tokens(77), tokenIds: [1, 2, 3, 4, 5, 6] }])).toMatchObject({
      ...{ added: 1, replaced: 1 },
    });
    expect(await best(77)).toMatchObject({ id: "x5", fields: {} });
    expect(await papers.delete(["x5", "absent"])).toMatchObject({ deleted: 1 });
    expect(await client.whyNot(tokens(77), "x5")).toMatchObject({
      lost: "DELETED",
      indexVersion: { version: "first.3" },
    });
    expect((await best(77))?.id).not.toBe("x5");
    expect(await papers.delete({ range: { field: "year", lt: 1950 } })).toMatchObject({ deleted: 50 });
    expect(await papers.compact({ all: true })).toMatchObject({ changed: true });
    const versions = await papers.versions();
    expect(versions.map(({ version }) => version)).toEqual(["first", ...[1, 2, 3, 4, 5].map((n) => `first.${n}`)]);
    expect(versions.at(-1)).toMatchObject({
      current: true,
      documents: 3050,
      deleted: 0,
      segments: 1,
      parent: "first.4",
    });
    expect(versions.at(-1)?.made).toBeInstanceOf(Date);
    expect(await papers.rollback()).toMatchObject({
      current: { version: "first.4" },
      previous: { version: "first.5" },
    });
    expect(await papers.rollback("first.5")).toMatchObject({ current: { version: "first.5" } });
    expect((await papers.removeVersions({ keep: 0, built: true })).versions).toHaveLength(5);
    expect((await best(1003))?.id).toBe("x3");
  });

  it("an error of a document, of its source or of the server leaves all as it was", async () => {
    const { documents, indexVersion } = await client.describe();
    const failing = function* (): Generator<NewDocument> {
      yield { id: "a", tokens: tokens(1) };
      throw new Error("the source ended early");
    };
    await expect(papers.upsert(failing())).rejects.toThrow("the source ended early");
    await expect(papers.upsert([{ id: "a", tokens: [[Number.NaN]] }])).rejects.toMatchObject({ code: "NON_FINITE" });
    await expect(papers.upsert([{ id: "", tokens: tokens(1) }])).rejects.toMatchObject({ code: "INVALID_DOCUMENT" });
    await expect(papers.upsert([{ id: "a", tokens: tokens(1) }], { base: "first.1" })).rejects.toMatchObject({
      ...{ code: "CONFLICT", got: "first.1" },
    });
    const many = Array.from({ length: 5000 }, (_, i) => ({
      id: `b${i}`,
      tokens: { data: new Float32Array(64), dim: 8 },
    }));
    await expect(papers.upsert(many)).rejects.toMatchObject({ code: "DIM_MISMATCH" });
    await expect(papers.upsert(many, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(admin.collection("films").versions()).rejects.toMatchObject({ code: "UNKNOWN_INDEX" });
    expect(await client.describe()).toMatchObject({ documents, indexVersion });
  });
});
