/**
 * A version whose file is damaged is out of service until it is opened again: queries get DATA_LOSS, health and metrics say so. Other
 * versions and indexes go on.
 */
import { cp, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { status as GrpcCode } from "@grpc/grpc-js";
import { AdminService, CollectionService, ErrorCode, SearchService } from "@maxsimd/proto";
import { afterEach, describe, expect, it } from "vitest";
import { detailOf, errorOf, readAll } from "../../testing/raw-client.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { search, searchBatch, searchStream, whyNot } = SearchService.method;
const { swapIndex, loadIndex } = AdminService.method;
const { upsert, rollback } = CollectionService.method;

let served: TestServer;
afterEach(() => served.stop());

async function serve(limits: Record<string, number> = {}): Promise<void> {
  const metrics = "127.0.0.1:0";
  // What a test does not make look at files does not.
  served = await serveCatalog({ v1: {}, v2: { seed: 2 } }, { limits: { fileCheckMs: 0, ...limits }, metrics });
}

const pathOf = (version: string) => join(served.root, "books", `${version}.maxsim`);

/** Writes over the second half of a file in place, which leaves its header as it is. */
async function overwrite(path: string): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0xff, bytes.length / 2), { flag: "r+" });
}

function ask(index = "books", version = "") {
  return served.client.unary(search, { query: tensor(4, 1), params: { k: 3 }, index: { index, version } });
}

async function codeOf(call: Promise<unknown>) {
  const error = await errorOf(call);
  return [error.code, detailOf(error)?.code];
}

const DATA_LOSS = [GrpcCode.DATA_LOSS, ErrorCode.INDEX_CORRUPT];

async function healthz(): Promise<number> {
  return (await fetch(`http://${served.server.metricsAddress}/healthz`)).status;
}

async function metric(line: string): Promise<string | undefined> {
  const text = await (await fetch(`http://${served.server.metricsAddress}/metrics`)).text();
  return text.split("\n").find((each) => each.startsWith(line));
}

describe("a damaged file", () => {
  it("takes its version out of service for every kind of query, until a swap to another version or the same one", async () => {
    await serve();
    const before = await ask();
    await overwrite(pathOf("v1"));
    expect(await codeOf(ask())).toEqual(DATA_LOSS);
    const index = { index: "books" };
    const queries = { tokens: tensor(4, 1), rowCounts: [4] };
    expect(await codeOf(served.client.unary(whyNot, { index, query: tensor(4, 1), id: "1" }))).toEqual(DATA_LOSS);
    const batch = await readAll(served.client.serverStream(searchBatch, { index, queries }));
    expect([batch.status.code, detailOf(batch.status)?.code]).toEqual(DATA_LOSS);
    const stream = served.client.bidi(searchStream);
    stream.write({ index, queries, queryIds: [7n] });
    stream.end();
    const { messages, status } = await readAll(stream);
    const [outcome] = messages[0]?.outcomes ?? [];
    expect([status.code, outcome?.queryId]).toEqual([GrpcCode.OK, 7n]);
    expect(outcome?.outcome).toMatchObject({ case: "error", value: { code: ErrorCode.INDEX_CORRUPT } });
    expect(await healthz()).toBe(503);
    expect(await metric("maxsimd_index_in_service")).toMatch(/version="v1"\} 0$/);
    expect(await metric("maxsimd_index_out_of_service_total")).toMatch(/ 1$/);

    await served.admin.unary(swapIndex, { index: "books", version: "v2" });
    expect((await ask()).indexVersion?.version).toBe("v2");
    expect(await healthz()).toBe(200);
    expect(await codeOf(served.admin.unary(swapIndex, { index: "books", version: "v1" }))).toEqual(DATA_LOSS);
    await cp(pathOf("v2"), `${pathOf("v1")}.new`);
    await rename(`${pathOf("v1")}.new`, pathOf("v1"));
    await served.admin.unary(swapIndex, { index: "books", version: "v1" });
    expect((await ask()).indexVersion).toMatchObject({ version: "v1" });
    expect((await ask()).hits?.scores).not.toEqual(before.hits?.scores);
  });

  it("is replaced by the right one when its version is loaded again, though it is current", async () => {
    await serve();
    const before = await ask();
    await cp(pathOf("v1"), `${pathOf("v1")}.new`);
    await overwrite(pathOf("v1"));
    expect(await codeOf(ask())).toEqual(DATA_LOSS);
    await rename(`${pathOf("v1")}.new`, pathOf("v1"));
    await served.admin.unary(loadIndex, { index: "books", version: "v1" });
    expect((await ask()).hits).toEqual(before.hits);
    expect(await healthz()).toBe(200);
  });

  it("leaves other indexes and versions in service", async () => {
    await serve();
    await cp(join(served.root, "books"), join(served.root, "films"), { recursive: true });
    await served.admin.unary(swapIndex, { index: "films", version: "v1" });
    await served.admin.unary(loadIndex, { index: "books", version: "v2" });
    await overwrite(pathOf("v1"));
    expect(await codeOf(ask("books"))).toEqual(DATA_LOSS);
    expect((await ask("films")).hits?.scores).toHaveLength(3);
    expect((await ask("books", "v2")).hits?.scores).toHaveLength(3);
    expect(await healthz()).toBe(200);
  });

  it("is noticed without a query", async () => {
    await serve({ fileCheckMs: 20 });
    await overwrite(pathOf("v1"));
    await expect.poll(healthz).toBe(503);
    expect(await codeOf(ask())).toEqual(DATA_LOSS);
  });

  it("is noticed in the background by its bytes alone", async () => {
    await serve({ verifyEveryMs: 50 });
    // Some sweeps find nothing first.
    await expect.poll(() => metric("maxsimd_index_in_service")).toMatch(/version="v1"\} 1$/);
    await overwrite(pathOf("v1"));
    await expect.poll(healthz).toBe(503);
  });

  it("takes out of service every version that names it, and a rollback to one that does not brings the index back", async () => {
    await serve();
    const attributes = [{ id: "x" }, { id: "y" }];
    for (const [i, { id }] of attributes.entries()) {
      const documents = [{ id, tokens: tensor(8, 100 + i), tokenIds: [1, 2, 3, 4, 5, 6, 0, 1] }];
      await served.admin.clientStream(upsert, [{ index: "books", documents }]);
    }
    await served.admin.unary(loadIndex, { index: "books", version: "v1.1" });
    const parts = join(served.root, "books/parts");
    const names = (await readdir(parts)).filter((name) => name.endsWith(".maxsim"));
    expect(names).toHaveLength(2);
    await Promise.all(names.map((name) => overwrite(join(parts, name))));
    expect(await codeOf(ask())).toEqual(DATA_LOSS);
    expect(await codeOf(ask("books", "v1.1"))).toEqual(DATA_LOSS);
    await served.admin.unary(rollback, { index: "books", version: "v1" });
    expect((await ask()).indexVersion?.version).toBe("v1");
  });
});
