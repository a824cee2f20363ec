// The promise: over the wire, a search returns only documents that match its filter, and hits name their documents and bring the
// stored fields that were asked for. What is at fault in a filter fails the queries that use it and no others.

import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { status as GrpcCode } from "@grpc/grpc-js";
import {
  AdminService,
  AttributeType,
  CatalogService,
  ErrorCode,
  FilterListSchema,
  FilterSchema,
  type Hits,
  type QueryOutcome,
  type SearchBatchResponse,
  SearchRequestSchema,
  SearchService,
  type SearchStreamResponse,
} from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf, errorOf, readAll } from "../../testing/raw-client.js";
import { SMALL } from "../../testing/sample-index.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { search, searchBatch, searchStream } = SearchService.method;
const DOCUMENTS = SMALL.documents;
const record = (i: number) => ({
  id: `d${i}`,
  section: ["net", "admin", "doc"][i % 3],
  tags: i % 2 === 0 ? ["even", `t${i % 5}`] : [`t${i % 5}`],
  year: 1990 + i,
  price: i / 4,
  open: i % 4 === 0,
  seen: new Date(Date.UTC(2026, 0, 1 + i)).toISOString(),
  ...(i < 7 ? { rare: "yes" } : {}),
  note: { nested: [i, null] },
});
const records = Array.from({ length: DOCUMENTS }, (_, i) => record(i));

let served: TestServer;
beforeAll(async () => {
  served = await serveCatalog({ v1: { attributes: records }, plain: {} });
});
afterAll(() => served.stop());

type Filter = Exclude<MessageInitShape<typeof FilterSchema>, { $typeName: string }>;
type Condition = NonNullable<Filter["condition"]>;
interface SearchInput {
  filter?: Filter;
  fields?: { names?: string[]; all?: boolean };
  params?: { k: number };
}
type StreamInput = Exclude<Parameters<ReturnType<typeof served.client.bidi<typeof searchStream>>["write"]>[0], Buffer>;

const text = (value: string) => ({ value: { case: "text", value } as const });
const integer = (value: bigint) => ({ value: { case: "integer", value } as const });
const number = (value: number) => ({ value: { case: "number", value } as const });
const boolean = (value: boolean) => ({ value: { case: "boolean", value } as const });
const only = (...ids: string[]): Filter => ({ condition: { case: "ids", value: { ids } } });
const section = (value: string): Filter => ({
  condition: { case: "equals", value: { field: "section", value: text(value) } },
});
const MISSPELT: Filter = { condition: { case: "exists", value: { field: "yeer" } } };

async function find(request: SearchInput = {}, server = served): Promise<Hits> {
  const { hits } = await server.client.unary(search, { query: tensor(3, 1), params: { k: DOCUMENTS }, ...request });
  return hits as Hits;
}

async function fault(request: SearchInput, server = served) {
  const error = await errorOf(server.client.unary(search, { query: tensor(3, 1), ...request }));
  return { status: error.code, detail: detailOf(error) };
}

async function stream(messages: readonly StreamInput[], server = served) {
  const call = server.client.bidi(searchStream);
  const all = readAll<SearchStreamResponse>(call as never);
  for (const message of messages) {
    call.write(message);
  }
  call.end();
  const { messages: responses, status } = await all;
  const outcomes = responses.flatMap((response) => response.outcomes);
  return {
    outcomes: new Map(outcomes.map(({ queryId, outcome }) => [queryId, outcome])),
    code: status.code,
    responses,
  };
}

const hitsOf = (outcome: QueryOutcome["outcome"] | undefined) => (outcome?.case === "hits" ? outcome.value : undefined);
const codeOf = (outcome: QueryOutcome["outcome"] | undefined) =>
  outcome?.case === "error" ? outcome.value.code : undefined;
const one = (seed = 1) => ({ tokens: tensor(2, seed), rowCounts: [2] });

describe("a filter", () => {
  const cases: [string, Condition, (i: number) => boolean][] = [
    ["equals text", { case: "equals", value: { field: "section", value: text("net") } }, (i) => i % 3 === 0],
    ["equals of a list", { case: "equals", value: { field: "tags", value: text("even") } }, (i) => i % 2 === 0],
    ["equals an integer", { case: "equals", value: { field: "year", value: integer(2000n) } }, (i) => i === 10],
    ["equals a boolean", { case: "equals", value: { field: "open", value: boolean(true) } }, (i) => i % 4 === 0],
    ["equals a number", { case: "equals", value: { field: "price", value: number(0.25) } }, (i) => i === 1],
    ["an integer for a float", { case: "equals", value: { field: "price", value: integer(2n) } }, (i) => i === 8],
    [
      "one of",
      { case: "oneOf", value: { field: "tags", values: [text("t1"), text("t2")] } },
      (i) => i % 5 === 1 || i % 5 === 2,
    ],
    [
      "a range of integers",
      { case: "range", value: { field: "year", gte: integer(2000n), lt: integer(2010n) } },
      (i) => i >= 10 && i < 20,
    ],
    [
      "a range of floats",
      { case: "range", value: { field: "price", gt: number(1), lte: number(2) } },
      (i) => i > 4 && i <= 8,
    ],
    [
      "a range of times",
      {
        case: "range",
        value: { field: "seen", gte: text("2026-01-05T01:00:00+01:00"), lt: text("2026-01-07T00:00:00Z") },
      },
      (i) => i === 4 || i === 5,
    ],
    ["exists", { case: "exists", value: { field: "rare" } }, (i) => i < 7],
    ["ids", { case: "ids", value: { ids: ["d3", "d59", "d60"] } }, (i) => i === 3 || i === 59],
    [
      "all of, none of",
      {
        case: "allOf",
        value: { filters: [{ condition: { case: "noneOf", value: { filters: [section("doc")] } } }, section("net")] },
      },
      (i) => i % 3 === 0,
    ],
    ["any of", { case: "anyOf", value: { filters: [section("net"), only("d1")] } }, (i) => i % 3 === 0 || i === 1],
    ["any of nothing", { case: "anyOf", value: { filters: [] } }, () => false],
  ];

  it.each(cases)(
    "%s: each kind of call returns all documents that match and no others",
    async (_name, condition, matches) => {
      const expected = records.flatMap(({ id }, i) => (matches(i) ? [id] : [])).sort();
      const filter = { condition };
      const params = { k: DOCUMENTS };
      const batch = served.client.serverStream(searchBatch, { queries: one(), params, filter });
      const [batched] = (await readAll<SearchBatchResponse>(batch)).messages.flatMap(({ outcomes }) => outcomes);
      const { outcomes } = await stream([{ queryIds: [5n], queries: one(), params, filter }]);
      for (const hits of [await find({ filter }), hitsOf(batched?.outcome), hitsOf(outcomes.get(5n))]) {
        expect([...(hits?.ids ?? ["no hits"])].sort()).toEqual(expected);
        expect(hits?.ids).toEqual([...(hits?.docIds ?? [])].map((position) => `d${position}`));
        expect(hits?.exhausted).toBe(true);
      }
    },
  );

  it("without a condition means all documents", async () => {
    expect((await find({ filter: {} })).ids).toHaveLength(DOCUMENTS);
  });

  it("of a stream applies until a message sets it again, and an empty one restores all documents", async () => {
    const message = (id: bigint, filter?: Filter): StreamInput => ({
      queryIds: [id],
      queries: one(),
      ...(filter === undefined ? {} : { filter }),
    });
    const { outcomes } = await stream([
      { params: { k: DOCUMENTS } },
      message(1n),
      message(2n, only("d7")),
      message(3n),
      message(4n, only("d8", "d9")),
      { filter: only("d1", "d2", "d3") },
      message(5n),
      message(6n, {}),
    ]);
    const counts = [1n, 2n, 3n, 4n, 5n, 6n].map((id) => hitsOf(outcomes.get(id))?.ids.length);
    expect(counts).toEqual([60, 1, 1, 2, 3, 60]);
  });

  it("keeps its queries apart from those of other filters that wait beside them", async () => {
    const messages = Array.from(
      { length: 200 },
      (_, i): StreamInput => ({
        queryIds: [BigInt(i)],
        queries: one(i),
        filter: i % 10 === 9 ? MISSPELT : only(`d${i % 3}`),
      }),
    );
    const { outcomes, code } = await stream(messages);
    expect(code).toBe(GrpcCode.OK);
    for (let i = 0; i < 200; i++) {
      const outcome = outcomes.get(BigInt(i));
      if (i % 10 === 9) expect(codeOf(outcome)).toBe(ErrorCode.INVALID_FILTER);
      else expect(hitsOf(outcome)?.ids).toEqual([`d${i % 3}`]);
    }
  });
});

describe("a filter at fault", () => {
  it.each<[string, Filter, string, string, string]>([
    ["an attribute that is not there", MISSPELT, "yeer", "one of the attributes open, price", '"yeer"'],
    [
      "text for an integer",
      { condition: { case: "equals", value: { field: "year", value: text("2000") } } },
      "year",
      "a whole number from -2^63 to 2^63 - 1",
      '"2000"',
    ],
    [
      "a number for an integer",
      { condition: { case: "equals", value: { field: "year", value: number(2000) } } },
      "year",
      "a whole number",
      "2000",
    ],
    [
      "a part that is not set",
      { condition: { case: "exists", value: {} } },
      "filter.exists.field",
      "the name of",
      "nothing",
    ],
  ])("%s: fails a call, with what was expected and found", async (_name, filter, field, expected, got) => {
    const { status, detail } = await fault({ filter });
    expect(status).toBe(GrpcCode.INVALID_ARGUMENT);
    expect(detail).toMatchObject({ code: ErrorCode.INVALID_FILTER, field, got });
    expect(detail?.expected).toContain(expected);
    const queries = { tokens: tensor(60, 1), rowCounts: new Array<number>(60).fill(1) };
    const batch = await readAll(served.client.serverStream(searchBatch, { queries, filter }));
    expect(batch.messages).toEqual([]);
    expect(batch.status.code).toBe(GrpcCode.INVALID_ARGUMENT);
    expect(detailOf(batch.status)).toMatchObject({ code: ErrorCode.INVALID_FILTER, field });
  });

  it("fails the queries of a stream that it applies to, and no others", async () => {
    const { outcomes, code } = await stream([
      { queryIds: [1n], queries: one() },
      { queryIds: [2n], queries: one(), filter: MISSPELT },
      { queryIds: [3n], queries: one() },
      { queryIds: [4n], queries: one(), filter: { condition: { case: "exists", value: {} } } },
      { queryIds: [5n], queries: one(), filter: only("d4") },
    ]);
    expect(code).toBe(GrpcCode.OK);
    const codes = [1n, 2n, 3n, 4n, 5n].map((id) => codeOf(outcomes.get(id)));
    const { INVALID_FILTER } = ErrorCode;
    expect(codes).toEqual([undefined, INVALID_FILTER, INVALID_FILTER, INVALID_FILTER, undefined]);
  });

  it("that is nested too deeply is refused with its type, whatever the depth", async () => {
    const nested = (levels: number): Filter => {
      let inner = only("d1");
      for (let level = 1; level < levels; level++) {
        inner = { condition: { case: "allOf", value: { filters: [inner] } } };
      }
      return inner;
    };
    expect((await find({ filter: nested(32) })).ids).toEqual(["d1"]);
    expect((await fault({ filter: nested(33) })).detail).toMatchObject({
      code: ErrorCode.LIMIT_EXCEEDED,
      field: "filter",
    });
    // Protobuf's own limit: the message does not parse. Nested by hand, since serializing it may exceed the stack of the client.
    const inside = (message: DescMessage, field: string, bytes: Uint8Array): Uint8Array => {
      const number = message.field[field]?.number as number;
      return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish();
    };
    for (const levels of [60, 1500]) {
      let bytes: Uint8Array = toBinary(FilterSchema, create(FilterSchema, only("d1")));
      for (let level = 1; level < levels; level++) {
        bytes = inside(FilterSchema, "allOf", inside(FilterListSchema, "filters", bytes));
      }
      const query = toBinary(SearchRequestSchema, create(SearchRequestSchema, { query: tensor(3, 1) }));
      const request = Buffer.concat([query, inside(SearchRequestSchema, "filter", bytes)]);
      const error = await errorOf(served.client.unary(search, request));
      expect(detailOf(error)?.code).toBe(ErrorCode.INVALID_PARAMETER);
    }
    expect((await find({ filter: only("d2") })).ids).toEqual(["d2"]);
  });
});

describe("hits", () => {
  it("bring the fields that were selected, in the order of the documents", async () => {
    const filter = only("d1", "d8");
    const stored = (id: string | undefined) => records.find((each) => each.id === id) ?? records[0];
    const named = await find({ filter, fields: { names: ["rare", "note", "toString", "id"] } });
    expect(named.ids).toHaveLength(2);
    expect(named.fields).toEqual(
      named.ids.map((id) => ({ ...(id === "d1" ? { rare: "yes" } : {}), note: stored(id)?.note })),
    );
    const whole = await find({ filter, fields: { all: true, names: ["rare"] } });
    expect(whole.fields).toEqual(
      whole.ids.map((each) => {
        const { id: _id, ...fields } = stored(each) as (typeof records)[number];
        return fields;
      }),
    );
    const batch = served.client.serverStream(searchBatch, { queries: one(), filter, fields: { names: ["year"] } });
    const [batched] = (await readAll<SearchBatchResponse>(batch)).messages.flatMap(({ outcomes }) => outcomes);
    const years = hitsOf(batched?.outcome)?.fields.map(({ year }) => year);
    expect(years?.sort()).toEqual([1991, 1998]);
    expect([(await find({ filter })).fields, (await find({ filter, fields: {} })).fields]).toEqual([[], []]);
  });

  it("of a stream bring the fields that were selected last", async () => {
    const { outcomes } = await stream([
      { filter: only("d1"), queryIds: [1n], queries: one() },
      { fields: { names: ["year"] }, queryIds: [2n], queries: one() },
      { queryIds: [3n], queries: one() },
      { fields: {}, queryIds: [4n], queries: one() },
    ]);
    const fields = [1n, 2n, 3n, 4n].map((id) => hitsOf(outcomes.get(id))?.fields);
    expect(fields).toEqual([[], [{ year: 1991 }], [{ year: 1991 }], []]);
  });

  it("name documents without ids by their positions", async () => {
    const plain = await serveCatalog({ v1: {} });
    const { docIds, ids } = await find({}, plain);
    expect(ids).toEqual(docIds.map(String));
    const selected = await find({ filter: only("7"), fields: { all: true } }, plain);
    expect([selected.ids, selected.fields]).toEqual([["7"], [{}]]);
    await plain.stop();
  });

  it("select at most as many names as the limit", async () => {
    const names = new Array<string>(257).fill("year");
    expect((await find({ fields: { names: names.slice(1) } })).fields).toHaveLength(DOCUMENTS);
    expect((await fault({ fields: { names } })).detail).toMatchObject({
      code: ErrorCode.LIMIT_EXCEEDED,
      field: "fields.names",
    });
  });
});

describe("an answer that does not fit a response", () => {
  it("is refused with its type in every kind of call, and smaller ones beside it are sent", async () => {
    const attributes = Array.from({ length: DOCUMENTS }, (_, i) => ({
      id: `d${i}`,
      text: "x".repeat(2000),
      deep: i === 5 ? JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`) : [],
    }));
    const small = await serveCatalog({ v1: { attributes } }, { limits: { responseBytes: 64 * 1024 } });
    const fields = { names: ["text"] };
    const params = { k: DOCUMENTS };
    const refusal = { code: ErrorCode.LIMIT_EXCEEDED, field: "params.k" };
    const { status, detail } = await fault({ params, fields }, small);
    expect(status).toBe(GrpcCode.RESOURCE_EXHAUSTED);
    expect(detail).toMatchObject(refusal);
    expect((await find({ params: { k: 31 }, fields }, small)).fields).toHaveLength(31);
    const { outcomes, code } = await stream(
      [
        { params, fields, queryIds: [1n], queries: one() },
        { params: { k: 31 }, queryIds: [2n], queries: one() },
        { params: { k: 20 }, queryIds: [3n, 4n, 5n], queries: { tokens: tensor(6, 1), rowCounts: [2, 2, 2] } },
      ],
      small,
    );
    expect(code).toBe(GrpcCode.OK);
    expect(outcomes.get(1n)).toMatchObject({ case: "error", value: refusal });
    expect([2n, 3n, 4n, 5n].map((id) => hitsOf(outcomes.get(id))?.fields.length)).toEqual([31, 20, 20, 20]);
    const deep = await fault({ filter: only("d5"), fields: { all: true } }, small);
    expect(deep.detail).toMatchObject({ code: ErrorCode.LIMIT_EXCEEDED, field: "fields" });
    await small.stop();
  });

  it("does not stop at ids of the greatest length", async () => {
    const attributes = Array.from({ length: 3000 }, (_, i) => ({ id: `${i}`.padStart(512, "x") }));
    const long = await serveCatalog({ v1: { documents: 3000, tokensPerDocument: 1, attributes } });
    expect((await fault({ params: { k: 3000 } }, long)).detail?.code).toBe(ErrorCode.LIMIT_EXCEEDED);
    expect((await find({ params: { k: 2000 } }, long)).ids).toHaveLength(2000);
    const queries = { tokens: tensor(40, 1), rowCounts: new Array<number>(40).fill(1) };
    const queryIds = queries.rowCounts.map((_, i) => BigInt(i));
    const { outcomes, responses } = await stream([{ queryIds, queries, params: { k: 100 } }], long);
    expect([...outcomes.values()].every((outcome) => hitsOf(outcome)?.ids.length === 100)).toBe(true);
    // One outcome takes 52 KB, so that two do not fit into 64 KiB.
    expect(responses).toHaveLength(40);
    await long.stop();
  });
});

describe("results that wait for their reader", () => {
  it("keep their version open, until they are read or the call ends", async () => {
    const attributes = Array.from({ length: DOCUMENTS }, (_, i) => ({ id: `old ${i}`, text: "x".repeat(2000) }));
    const swapped = await serveCatalog({ v1: { attributes }, v2: {} });
    const labels = async (): Promise<string[]> => {
      const { indexes } = await swapped.client.unary(CatalogService.method.listIndexes, {});
      return (indexes[0]?.versions ?? []).map(({ indexVersion }) => indexVersion?.version ?? "").sort();
    };
    const swap = (version: string) => swapped.admin.unary(AdminService.method.swapIndex, { index: "books", version });
    const rowCounts = new Array<number>(40).fill(1);
    const message = {
      queryIds: rowCounts.map((_, i) => BigInt(i)),
      queries: { tokens: tensor(40, 1), rowCounts },
      params: { k: DOCUMENTS },
      fields: { all: true },
    };
    const slow = swapped.client.bidi(searchStream);
    slow.write(message);
    const dropped = swapped.client.bidi(searchStream);
    dropped.on("error", () => undefined);
    dropped.write(message);
    // Both streams have begun: 40 outcomes of 120 KB do not fit the buffers on their way.
    await Promise.all([slow, dropped].map((call) => new Promise((resolve) => call.once("readable", resolve))));
    await swap("v2");
    expect(await labels()).toEqual(["v1", "v2"]);
    // Nor does a call that ends while its queries wait for a worker, or are at one.
    const unanswered = swapped.client.bidi(searchStream);
    unanswered.on("error", () => undefined);
    const long = { tokens: tensor(60 * 1024, 1), rowCounts: new Array<number>(60).fill(1024) };
    unanswered.write({ index: { version: "v2" }, queryIds: long.rowCounts.map((_, i) => BigInt(i)), queries: long });
    await new Promise((resolve) => unanswered.once("readable", resolve));
    unanswered.cancel();
    dropped.cancel();
    slow.end();
    const { messages } = await readAll<SearchStreamResponse>(slow as never);
    const outcomes = messages.flatMap((each) => each.outcomes).map(({ outcome }) => hitsOf(outcome));
    expect(outcomes).toHaveLength(40);
    expect(outcomes.every((hits) => hits?.ids.every((id) => id.startsWith("old ")))).toBe(true);
    await expect.poll(labels).toEqual(["v2"]);
    await swap("v1");
    await expect.poll(labels).toEqual(["v1"]);
    await swapped.stop();
  });
});

it("Describe tells the attributes", async () => {
  const { attributes } = await served.client.unary(CatalogService.method.describe, {});
  const { KEYWORD, KEYWORDS, INTEGER, FLOAT, BOOLEAN, TIMESTAMP } = AttributeType;
  expect(attributes).toEqual({
    ...{ section: KEYWORD, tags: KEYWORDS, year: INTEGER, price: FLOAT, open: BOOLEAN, seen: TIMESTAMP, rare: KEYWORD },
  });
});
