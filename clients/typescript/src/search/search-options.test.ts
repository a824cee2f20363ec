// Promise: filter and fields reach the server in every kind of call, and ids and fields come back with the hits.

import { create, toJson } from "@bufbuild/protobuf";
import {
  HitsSchema,
  type SearchRequest,
  SearchRequestSchema,
  SearchResponseSchema,
  type SearchStreamRequest,
} from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { collect, connect, serve } from "../../peer/stream-setup.js";
import type { Filter } from "./filter.js";
import type { SearchOptions } from "./search-options.js";

const only = (...ids: string[]): Filter => ({ ids });
const QUERY = [[1, 0]];

/** What requests say of filter and fields, in short. */
const saying = ({ filter, fields }: Pick<SearchStreamRequest, "filter" | "fields">) => [
  filter && (filter.condition.case === "ids" ? filter.condition.value.ids.join() : "all"),
  fields && (fields.all ? "all" : fields.names.join()),
];

describe("filter and fields", () => {
  it.each<[SearchOptions | undefined, object]>([
    [undefined, {}],
    [{ k: 3 }, { params: { k: 3 } }],
    [
      { k: 3, filter: only("d1"), fields: ["year", "title"] },
      { params: { k: 3 }, filter: { ids: { ids: ["d1"] } }, fields: { names: ["year", "title"] } },
    ],
    [{ fields: "all" }, { fields: { all: true } }],
    [{ filter: null, fields: null }, {}],
    [{ fields: [] }, {}],
  ])("of a single query are sent: %j", async (options, expected) => {
    let request: SearchRequest | undefined;
    const server = await serve({
      onSearch: (call) => {
        request = call.request;
        return server.answer(call.request);
      },
    });
    await connect(server).search(QUERY, options);
    const {
      index: _index,
      query: _query,
      ...sent
    } = toJson(SearchRequestSchema, request as SearchRequest) as object & {
      index?: unknown;
      query?: unknown;
    };
    expect(sent).toEqual(expected);
  });

  it("of a batch are sent once", async () => {
    const sent: unknown[] = [];
    const server = await serve({
      onBatch: (call) => {
        sent.push(saying(call.request));
        call.end();
      },
    });
    const failed = connect(server).searchBatchAll([QUERY], { filter: only("d1", "d2"), fields: ["year"] });
    await expect(failed).rejects.toMatchObject({ code: "INTERNAL" });
    expect(sent).toEqual([["d1,d2", "year"]]);
  });

  it("of a stream apply to queries that do not set them; null turns them off", async () => {
    const server = await serve();
    const each: (SearchOptions | undefined)[] = [
      ...[undefined, { k: 1 }, { filter: only("b") }, { filter: null }, { fields: "all" as const }],
      ...[{ fields: null, filter: null }, { fields: [] }],
    ];
    const source = each.map((params) => ({ query: QUERY, params }));
    const outcomes = await collect(
      connect(server).searchStream(source, { params: { k: 2, filter: only("a"), fields: ["year"] } }),
    );
    expect(outcomes.map(({ error }) => error)).toEqual(each.map(() => undefined));
    expect(server.messages.map((message) => [...saying(message), message.params?.k])).toEqual([
      ["a", "year", 2],
      [undefined, undefined, 1],
      ["b", undefined, 2],
      ["all", undefined, undefined],
      ["a", "all", undefined],
      ["all", "", undefined],
      ["a", undefined, undefined],
    ]);
  });

  it("that cannot be sent fail a call, and of a stream its query", async () => {
    const server = await serve();
    const client = connect(server);
    const filter: Filter = { equals: { field: "a", value: 2n ** 64n } };
    const refusal = { code: "INVALID_PARAMETER", field: "filter.equals.value" };
    await expect(client.search(QUERY, { filter })).rejects.toMatchObject(refusal);
    const outcomes = await collect(client.searchStream([{ query: QUERY, params: { filter } }, { query: QUERY }]));
    expect(outcomes.map(({ id, error }) => [id, error?.field])).toEqual([
      [0, "filter.equals.value"],
      [1, undefined],
    ]);
  });
});

describe("hits", () => {
  it("have ids and the fields that came", async () => {
    const fields = [{ year: 1991, note: { nested: [null, "x"] } }, {}];
    const server = await serve({
      onSearch: () =>
        create(SearchResponseSchema, { hits: { docIds: [4, 2], scores: [2, 1], ids: ["a", "b"], fields } }),
    });
    const answer = await connect(server).search(QUERY, { fields: "all" });
    expect(answer.hits).toEqual([
      { docId: 4, id: "a", score: 2, fields: fields[0] },
      { docId: 2, id: "b", score: 1, fields: {} },
    ]);
    expect([answer.ids, answer.fields, answer.exhausted]).toEqual([["a", "b"], fields, false]);
    expect(JSON.parse(JSON.stringify(answer))).toMatchObject({ hits: [{ id: "a" }, { id: "b" }], exhausted: false });
  });

  it("are named by their positions by a server that sends no ids", async () => {
    const hits = create(HitsSchema, { docIds: [4], scores: [2] });
    const server = await serve({ onSearch: () => create(SearchResponseSchema, { hits }) });
    expect((await connect(server).search(QUERY)).hits).toStrictEqual([{ docId: 4, id: "4", score: 2 }]);
  });
});

it("describe names the attributes, without types that this client does not know", async () => {
  const { attributes } = await connect(await serve()).describe();
  expect(attributes).toEqual({ year: "integer", tags: "keywords" });
});
