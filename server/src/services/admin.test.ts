import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { status as GrpcCode } from "@grpc/grpc-js";
import {
  AdminService,
  CatalogService,
  ErrorCode,
  SearchService,
  type SearchStreamResponse,
  VersionState,
} from "@maxsimd/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { detailOf, errorOf, RawClient, readAll } from "../../testing/raw-client.js";
import { buildSample, temporaryFolder } from "../../testing/sample-index.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";
import { start } from "../start.js";

const { loadIndex, swapIndex, unloadIndex } = AdminService.method;
const { listIndexes, describe: describeIndex } = CatalogService.method;
const { search, searchBatch, searchStream } = SearchService.method;

let served: TestServer;
beforeEach(async () => {
  served = await serveCatalog({ v1: {}, v2: { seed: 2, documents: 70 } });
});
afterEach(() => served.stop());

function currentFile(): Promise<string> {
  return readFile(join(served.root, "books", "current"), "utf8");
}

async function states(): Promise<(string | VersionState)[][]> {
  const { indexes } = await served.client.unary(listIndexes, {});
  return indexes.flatMap(({ versions }) =>
    versions.map(({ indexVersion, state }) => [indexVersion?.version ?? "", state]),
  );
}

describe("AdminService", () => {
  it("is not on the data listener, and the data services are not on the admin's", async () => {
    expect((await errorOf(served.client.unary(swapIndex, { index: "books", version: "v2" }))).code).toBe(12);
    expect((await errorOf(served.admin.unary(search, { query: tensor(1, 1) }))).code).toBe(12);
  });

  it("loads a version beside the current one, which can then be pinned", async () => {
    const { indexVersion } = await served.admin.unary(loadIndex, { index: "books", version: "v2" });
    expect(indexVersion).toMatchObject({ index: "books", version: "v2" });
    expect(await states()).toEqual([
      ["v1", VersionState.CURRENT],
      ["v2", VersionState.LOADED],
    ]);
    const pinned = await served.client.unary(describeIndex, { index: { version: "v2" } });
    expect([pinned.documents, pinned.indexVersion?.digest]).toEqual([70n, indexVersion?.digest]);
    expect((await served.client.unary(describeIndex, {})).documents).toBe(60n);
    expect(await currentFile()).toBe("v1\n");
  });

  it("swaps, remembers it, and lets the version before go", async () => {
    // Every kind of call has used it.
    await served.client.unary(search, { query: tensor(1, 1) });
    await served.client.unary(describeIndex, {});
    const queries = { tokens: tensor(3, 1), rowCounts: [1, 0, 2] };
    await readAll(served.client.serverStream(searchBatch, { queries }));
    const call = served.client.bidi(searchStream);
    call.write({ queryIds: [1n, 2n, 3n], queries });
    call.write({ queryIds: [1n], queries });
    call.end();
    await readAll(call as never);
    const swapped = await served.admin.unary(swapIndex, { index: "books", version: "v2" });
    expect([swapped.indexVersion?.version, swapped.previous?.version]).toEqual(["v2", "v1"]);
    expect(await states()).toEqual([["v2", VersionState.CURRENT]]);
    expect(await currentFile()).toBe("v2\n");
    const error = await errorOf(served.client.unary(search, { index: { version: "v1" }, query: tensor(1, 1) }));
    expect(detailOf(error)?.code).toBe(ErrorCode.UNKNOWN_VERSION);
  });

  it("opens no index for whose searches the process lacks memory, at the start and later", async () => {
    await served.stop();
    served = await serveCatalog({ v1: {} }, { workers: 2, limits: { memoryBytes: 1 } });
    expect(await states()).toEqual([]);
    const error = await errorOf(served.admin.unary(loadIndex, { index: "books", version: "v1" }));
    expect(error.code).toBe(GrpcCode.RESOURCE_EXHAUSTED);
    expect(detailOf(error)).toMatchObject({
      code: ErrorCode.LIMIT_EXCEEDED,
      field: "index",
      expected: "at most 0 bytes, which are left of 1",
      got: expect.stringMatching(/^\d+ bytes for 2 workers to search 60 documents$/) as string,
    });
  });

  it("unloads, but never the current version alone", async () => {
    await served.admin.unary(loadIndex, { index: "books", version: "v2" });
    await served.admin.unary(unloadIndex, { index: "books", version: "v2" });
    expect(await states()).toEqual([["v1", VersionState.CURRENT]]);
    const error = await errorOf(served.admin.unary(unloadIndex, { index: "books", version: "v1" }));
    expect(error.code).toBe(GrpcCode.FAILED_PRECONDITION);
    expect(detailOf(error)?.code).toBe(ErrorCode.VERSION_IN_USE);
    await served.admin.unary(unloadIndex, { index: "books", version: "" });
    expect(await states()).toEqual([]);
    expect(detailOf(await errorOf(served.client.unary(search, { query: tensor(1, 1) })))?.code).toBe(
      ErrorCode.UNKNOWN_INDEX,
    );
  });

  it.each([
    ["a version that is not there", { index: "books", version: "v9" }, ErrorCode.UNKNOWN_VERSION, GrpcCode.NOT_FOUND],
    ["an index that is not there", { index: "films", version: "v1" }, ErrorCode.UNKNOWN_INDEX, GrpcCode.NOT_FOUND],
    ["a path", { index: "books", version: "../books/v2" }, ErrorCode.INVALID_PARAMETER, GrpcCode.INVALID_ARGUMENT],
    ["nothing", { index: "", version: "" }, ErrorCode.INVALID_PARAMETER, GrpcCode.INVALID_ARGUMENT],
    ["a link out of the catalog", { index: "books", version: "link" }, ErrorCode.UNKNOWN_VERSION, GrpcCode.NOT_FOUND],
    ["a foreign file", { index: "books", version: "foreign" }, ErrorCode.INDEX_FORMAT, GrpcCode.FAILED_PRECONDITION],
    ["a file cut short", { index: "books", version: "short" }, ErrorCode.INDEX_CORRUPT, GrpcCode.DATA_LOSS],
    ["a damaged file", { index: "books", version: "damaged" }, ErrorCode.INDEX_CORRUPT, GrpcCode.DATA_LOSS],
  ])("refuses to load or swap to %s, typed, and serves on", async (_what, request, code, grpcCode) => {
    const books = join(served.root, "books");
    const whole = await readFile(join(books, "v2.maxsim"));
    await symlink(join(books, "v2.maxsim"), join(books, "link.maxsim"));
    await writeFile(join(books, "foreign.maxsim"), "not an index, but long enough to hold the head of one".repeat(100));
    await writeFile(join(books, "short.maxsim"), whole.subarray(0, whole.length - 1));
    whole[whole.length >> 1]! ^= 1;
    await writeFile(join(books, "damaged.maxsim"), whole);
    for (const method of [loadIndex, swapIndex]) {
      const error = await errorOf(served.admin.unary(method, request));
      expect(detailOf(error)?.code).toBe(code);
      expect(error.code).toBe(grpcCode);
      // Names over the wire, never paths.
      expect(Object.values(detailOf(error) ?? {}).join()).not.toContain(served.root);
      expect(error.details).not.toContain(served.root);
    }
    expect(await states()).toEqual([["v1", VersionState.CURRENT]]);
    expect(await currentFile()).toBe("v1\n");
    expect((await served.client.unary(search, { query: tensor(2, 1) })).indexVersion?.version).toBe("v1");
  });

  it("adds an index that the catalog did not have at the start", async () => {
    await mkdir(join(served.root, "films"));
    await buildSample(join(served.root, "films", "a.maxsim"), { seed: 5 });
    await served.admin.unary(swapIndex, { index: "films", version: "a" });
    expect((await served.client.unary(describeIndex, { index: { index: "films" } })).documents).toBe(60n);
  });

  it("says of a server on one file that nothing else can be loaded", async () => {
    const folder = await temporaryFolder();
    const path = join(folder.path, "films.maxsim");
    await buildSample(path);
    const server = await start({ index: path, port: 0, admin: "127.0.0.1:0", log: { level: "silent" } });
    const admin = new RawClient(server.adminAddress as string);
    const other = await errorOf(admin.unary(swapIndex, { index: "films", version: "2" }));
    expect(detailOf(other)).toMatchObject({ code: ErrorCode.UNKNOWN_VERSION, expected: "1", got: "2" });
    expect((await admin.unary(swapIndex, { index: "films", version: "1" })).indexVersion?.version).toBe("1");
    admin.close();
    await server.drain();
    await folder.remove();
  });
});

describe("a swap under a running stream", () => {
  it("fails no query; each response names one version, and has what that version gives alone", async () => {
    await served.admin.unary(loadIndex, { index: "books", version: "v2" });
    const alone = new Map<string, number[]>();
    for (const version of ["v1", "v2"]) {
      const { hits } = await served.client.unary(search, { index: { version }, query: tensor(4, 3) });
      alone.set(version, hits?.scores ?? []);
    }
    expect(alone.get("v1")).not.toEqual(alone.get("v2"));
    const call = served.client.bidi(searchStream);
    const all = readAll<SearchStreamResponse>(call as never);
    const queries = 2000;
    let sent = 0;
    const sending = (async () => {
      while (sent < queries) {
        const ok = call.write({ queryIds: [BigInt(sent++)], queries: { tokens: tensor(4, 3), rowCounts: [4] } });
        if (!ok) {
          await new Promise((resolve) => call.once("drain", resolve));
        }
      }
      call.end();
    })();
    for (let swap = 0; swap < 20; swap++) {
      await served.admin.unary(swapIndex, { index: "books", version: swap % 2 === 0 ? "v2" : "v1" });
    }
    await sending;
    const { messages, status } = await all;
    expect(status.code).toBe(GrpcCode.OK);
    const outcomes = messages.flatMap(({ indexVersion, outcomes: of }) =>
      of.map(({ outcome }) => ({ version: indexVersion?.version ?? "", outcome })),
    );
    expect(outcomes).toHaveLength(queries);
    for (const { version, outcome } of outcomes) {
      expect(outcome.case === "hits" && outcome.value.scores).toEqual(alone.get(version));
    }
    expect(new Set(outcomes.map(({ version }) => version))).toEqual(new Set(["v1", "v2"]));
  });
});
