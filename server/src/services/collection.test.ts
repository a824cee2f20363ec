/** Documents are added, replaced and deleted over the wire: each change as a whole, durable and searchable when it is answered. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { status as GrpcCode } from "@grpc/grpc-js";
import { CatalogService, CollectionService, ErrorCode, SearchService } from "@maxsimd/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { detailOf, errorOf } from "../../testing/raw-client.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { upsert, delete: deleteDocuments, compact, listVersions, rollback, removeVersions } = CollectionService.method;
const { search } = SearchService.method;
const { describe: describeIndex } = CatalogService.method;

const attributes = Array.from({ length: 60 }, (_, i) => ({ id: `d${i}`, n: i }));
let served: TestServer;
beforeEach(async () => {
  // What upkeep does is tested in upkeep.test.ts.
  served = await serveCatalog({ v1: { attributes } }, { upkeep: "off" });
});
afterEach(() => served.stop());

function document(id: string, seed: number, fields: Record<string, number | string> = {}) {
  return { id, tokens: tensor(8, seed), tokenIds: [1, 2, 3, 4, 5, 6, 0, 1], fields };
}

/** Ids of the best documents for the tokens of `document(…, seed)`. */
async function best(seed: number, k = 1, version = ""): Promise<string[]> {
  const request = { query: tensor(8, seed), params: { k }, index: { index: "books", version } };
  return (await served.client.unary(search, request)).hits?.ids ?? [];
}

type Documents = NonNullable<MessageInitShape<typeof upsert.input>["documents"]>;

const add = (documents: Documents, base = "") =>
  served.admin.clientStream(upsert, [{ index: "books", base, documents }]);
const remove = (request: MessageInitShape<typeof deleteDocuments.input>) =>
  served.admin.unary(deleteDocuments, { index: "books", ...request });

describe("CollectionService", () => {
  it("is not on the data listener", async () => {
    const error = await errorOf(served.client.unary(listVersions, { index: "books" }));
    expect(error.code).toBe(GrpcCode.UNIMPLEMENTED);
  });

  it("adds documents of several messages as one version, which answers when the call ends", async () => {
    const response = await served.admin.clientStream(upsert, [
      { index: "books", documents: [document("x", 101, { n: 500 })] },
      { documents: [document("y", 102), document("d7", 103)] },
    ]);
    expect(response).toMatchObject({ added: 3, replaced: 1, indexVersion: { index: "books", version: "v1.1" } });
    expect([await best(101), await best(102), await best(103)]).toEqual([["x"], ["y"], ["d7"]]);
    const { documents, indexVersion } = await served.client.unary(describeIndex, {});
    expect([documents, indexVersion?.version]).toEqual([62n, "v1.1"]);
    const filtered = await served.client.unary(search, {
      query: tensor(8, 101),
      filter: {
        condition: { case: "equals", value: { field: "n", value: { value: { case: "integer", value: 500n } } } },
      },
    });
    expect(filtered.hits?.ids).toEqual(["x"]);
  });

  it("deletes documents by ids and by filter", async () => {
    await add([document("x", 101)]);
    expect(await remove({ ids: ["x", "absent"] })).toMatchObject({ deleted: 1, indexVersion: { version: "v1.2" } });
    expect(await best(101)).not.toEqual(["x"]);
    const bound = { value: { case: "integer", value: 50n } } as const;
    const filter = { condition: { case: "range", value: { field: "n", gte: bound } } } as const;
    expect(await remove({ filter })).toMatchObject({ deleted: 10 });
    expect(await remove({ ids: ["d55"] })).toMatchObject({ deleted: 0, indexVersion: { version: "v1.3" } });
    expect((await served.client.unary(describeIndex, {})).documents).toBe(50n);
  });

  it("compacts, lists, goes back and removes while queries are answered, and no query fails", async () => {
    let done = false;
    let answered = 0;
    const load = (async () => {
      while (!done) {
        expect((await best(5, 10)).length).toBe(10);
        answered++;
      }
    })();
    for (let i = 0; i < 9; i++) {
      await add([document(`x${i}`, 200 + i)]);
    }
    expect(await served.admin.unary(compact, { index: "books" })).toMatchObject({ changed: true });
    expect(await served.admin.unary(compact, { index: "books" })).toMatchObject({ changed: false });
    expect(await best(203)).toEqual(["x3"]);
    const { versions } = await served.admin.unary(listVersions, { index: "books" });
    expect(versions.map(({ version }) => version)).toEqual([
      "v1",
      ...Array.from({ length: 10 }, (_, i) => `v1.${i + 1}`),
    ]);
    expect(versions.at(-1)).toMatchObject({ current: true, documents: 69n, segments: 1, parent: "v1.9" });
    expect(versions.at(-1)?.made?.seconds).toBeGreaterThan(0n);
    const back = await served.admin.unary(rollback, { index: "books", version: "v1.3" });
    expect([back.indexVersion?.version, back.previous?.version]).toEqual(["v1.3", "v1.10"]);
    expect([await best(202), await best(203)]).not.toContainEqual(["x3"]);
    const again = await served.admin.unary(rollback, { index: "books" });
    expect(again.indexVersion?.version).toBe("v1.2");
    // A version that a query still uses stays; it goes with the next removal.
    const removed = await served.admin.unary(removeVersions, { index: "books", keep: 1 });
    expect(removed.files).toBeGreaterThan(0);
    done = true;
    await load;
    expect(answered).toBeGreaterThan(20);
    const later = await served.admin.unary(removeVersions, { index: "books", keep: 1 });
    expect(removed.versions.length + later.versions.length).toBe(8);
    const left = (await readdir(join(served.root, "books"))).filter((name) => name.endsWith(".maxsim"));
    expect(left.sort()).toEqual(["v1.10.maxsim", "v1.2.maxsim", "v1.maxsim"]);
  });

  it("lets changes of one index wait for each other", async () => {
    const versions = await Promise.all(Array.from({ length: 6 }, (_, i) => add([document(`x${i}`, 200 + i)])));
    expect(new Set(versions.map(({ indexVersion }) => indexVersion?.version)).size).toBe(6);
    expect((await served.client.unary(describeIndex, {})).documents).toBe(66n);
  });

  it.each<[string, () => Promise<unknown>, GrpcCode, ErrorCode, string]>([
    ["no document", () => add([]), GrpcCode.INVALID_ARGUMENT, ErrorCode.INVALID_DOCUMENT, "documents"],
    [
      "an unknown index",
      () => served.admin.clientStream(upsert, [{ index: "films" }]),
      GrpcCode.NOT_FOUND,
      ErrorCode.UNKNOWN_INDEX,
      "index.index",
    ],
    ["no id", () => add([document("", 1)]), GrpcCode.INVALID_ARGUMENT, ErrorCode.INVALID_DOCUMENT, "ids, line 1: id"],
    [
      "an id twice",
      () => add([document("a", 1), document("a", 2)]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.INVALID_DOCUMENT,
      "attributes: ids",
    ],
    [
      "an id of 513 bytes",
      () => add([document("x".repeat(513), 1)]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.INVALID_DOCUMENT,
      "ids, line 1: id",
    ],
    [
      "a field of another type",
      () => add([document("a", 1, { n: "x" })]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.INVALID_DOCUMENT,
      'document "a", field n: value',
    ],
    [
      "a field called id",
      () => add([document("a", 1, { id: "x" })]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.INVALID_DOCUMENT,
      "documents[0].fields.id",
    ],
    [
      "another dim",
      () => add([{ ...document("a", 1), tokens: tensor(8, 1, 8) }]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.DIM_MISMATCH,
      "documents[0].tokens.dim",
    ],
    [
      "no dtype",
      () => add([{ id: "a", tokens: { ...tensor(8, 1), dtype: 0 } }]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.INVALID_DTYPE,
      "documents[0].tokens.dtype",
    ],
    [
      "too few bytes",
      () => add([{ id: "a", tokens: { ...tensor(8, 1), rows: 9 } }]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.SHAPE_MISMATCH,
      "documents[0].tokens.data",
    ],
    [
      "a NaN",
      () => add([{ id: "a", tokens: { ...tensor(8, 1), data: new Uint8Array(8 * 16 * 4).fill(255) } }]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.NON_FINITE,
      "documents[0].tokens.data",
    ],
    [
      "too few token ids",
      () => add([{ ...document("a", 1), tokenIds: [1] }]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.INVALID_DOCUMENT,
      "documents[0].token_ids",
    ],
    [
      "token ids of some documents",
      () => add([document("a", 1), { ...document("b", 2), tokenIds: [] }]),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.INVALID_DOCUMENT,
      "documents[1].token_ids",
    ],
    ["an old base", () => add([document("a", 1)], "v0"), GrpcCode.ABORTED, ErrorCode.CONFLICT, "base"],
    ["nothing to delete by", () => remove({}), GrpcCode.INVALID_ARGUMENT, ErrorCode.INVALID_PARAMETER, "ids"],
    [
      "a filter on no attribute",
      () => remove({ filter: { condition: { case: "exists", value: { field: "m" } } } }),
      GrpcCode.INVALID_ARGUMENT,
      ErrorCode.INVALID_FILTER,
      "m",
    ],
    [
      "a version that is not there",
      () => served.admin.unary(rollback, { index: "books", version: "v9" }),
      GrpcCode.NOT_FOUND,
      ErrorCode.UNKNOWN_VERSION,
      "version",
    ],
    [
      "back from what was built",
      () => served.admin.unary(rollback, { index: "books" }),
      GrpcCode.NOT_FOUND,
      ErrorCode.UNKNOWN_VERSION,
      "version",
    ],
  ])("refuses %s, and changes nothing", async (_name, change, status, code, field) => {
    const error = await errorOf(change());
    expect(error.code).toBe(status);
    expect(detailOf(error)).toMatchObject({ code, field });
    expect((await readdir(join(served.root, "books"))).filter((name) => name.endsWith(".maxsim"))).toEqual([
      "v1.maxsim",
    ]);
    expect((await served.client.unary(describeIndex, {})).indexVersion?.version).toBe("v1");
  });

  it("a call that ends before its last document changes nothing", async () => {
    const error = await errorOf(
      served.admin.clientStream(upsert, [{ index: "books", documents: [document("x", 101)] }, Buffer.from([255])]),
    );
    expect(detailOf(error)).toMatchObject({ code: ErrorCode.INVALID_PARAMETER });
    expect(await best(101)).not.toEqual(["x"]);
  });
});

describe("limits of an upsert", () => {
  it.each<[string, object, Documents, string]>([
    ["documents", { upsertDocuments: 1 }, [document("a", 1), document("b", 2)], "documents"],
    ["bytes", { upsertBytes: 1024 }, Array.from({ length: 5 }, (_, i) => document(`a${i}`, i)), "documents[4].tokens"],
    ["tokens", { documentTokens: 7 }, [document("a", 1)], "documents[0].tokens.rows"],
    ["fields", { documentFieldsBytes: 1024 }, [document("a", 1, { text: "x".repeat(1024) })], "documents[0].fields"],
  ])("%s", async (_name, limits, documents, field) => {
    await served.stop();
    served = await serveCatalog({ v1: { attributes } }, { limits });
    const error = await errorOf(add(documents));
    expect(detailOf(error)).toMatchObject({ code: ErrorCode.LIMIT_EXCEEDED, field });
  });
});
