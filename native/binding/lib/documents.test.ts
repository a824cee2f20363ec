/** Documents have ids and fields, searches are filtered by attributes, and faults of either are typed. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpus, unitVectors } from "../testing/corpus.js";
import { type BuildOptions, type Filter, Index } from "./index.js";

const DOCUMENTS = 300;
const data = corpus({ documents: DOCUMENTS, dim: 16, types: 12 });
const record = (i: number) => ({
  id: `d${i}`,
  year: 1900 + (i % 100),
  section: ["net", "admin", "doc"][i % 3],
  tags: i % 2 === 0 ? ["even", `t${i % 5}`] : [`t${i % 5}`],
  big: i,
  note: { nested: [i] },
});
const records = Array.from({ length: DOCUMENTS }, (_, i) => record(i));
const withTokens = (wanted: (i: number) => boolean): number[] =>
  records.flatMap((_, i) => (wanted(i) && (data.doclens[i] ?? 0) > 0 ? [i] : []));

let folder: string;
let index: Index;
let scanned: Index;

const build = (options: BuildOptions = {}): Promise<Index> =>
  Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, { dim: 16, attributes: records, ...options });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-documents-"));
  index = await build({ exactBelow: 0 });
  scanned = await build();
});
afterAll(() => {
  index.close();
  scanned.close();
  rmSync(folder, { recursive: true });
});

describe("ids and fields", () => {
  test("lead from results to documents and back, also after saving and loading", async () => {
    await index.save(join(folder, "saved.maxsim"));
    const loaded = await Index.load(join(folder, "saved.maxsim"));
    for (const each of [index, scanned, loaded]) {
      const { docIds } = await each.search(unitVectors(4, 16, 3), { k: 5 });
      const ids = each.ids(docIds);
      expect(ids).toEqual([...docIds].map((position) => `d${position}`));
      expect(ids.map((id) => each.find(id))).toEqual([...docIds]);
      const { id: _id, ...fields } = record(docIds[0] ?? 0);
      expect(each.fields(docIds[0] ?? 0)).toEqual(fields);
      expect(each.find("d300")).toBeNull();
      expect(each.ids(Uint32Array.of(4294967295))).toEqual([""]);
    }
    expect(loaded.attributes).toEqual({ year: "integer", section: "keyword", tags: "keywords", big: "integer" });
    loaded.close();
  });

  test("a document that was given no id is named by its position", async () => {
    const plain = await build({ attributes: undefined });
    expect(plain.ids(Uint32Array.of(7))).toEqual(["7"]);
    expect([plain.find("7"), plain.find("07"), plain.find("300")]).toEqual([7, null, null]);
    expect([plain.fields(7), plain.attributes]).toEqual([{}, {}]);
    const { docIds } = await plain.search(unitVectors(4, 16, 3), { filter: { ids: ["7", "8"] } });
    expect([...docIds].filter((position) => position < 300).sort()).toEqual(withTokens((i) => i === 7 || i === 8));
    plain.close();
  });

  test("files give the same index as arrays, byte for byte", async () => {
    const [attributes, ids] = [join(folder, "a.jsonl"), join(folder, "ids.txt")];
    writeFileSync(attributes, records.map(({ id: _id, ...fields }) => `${JSON.stringify(fields)}\n`).join(""));
    writeFileSync(ids, records.map(({ id }) => `${id}\n`).join(""));
    const built = await build({ exactBelow: 0, attributes, ids });
    expect(built.info.digest).toBe(index.info.digest);
    built.close();
  });
});

describe("filters", () => {
  const cases: [string, Filter, (i: number) => boolean][] = [
    ["a range", { range: { field: "year", gte: 1950, lt: 1960 } }, (i) => i % 100 >= 50 && i % 100 < 60],
    ["a value", { equals: { field: "section", value: "net" } }, (i) => i % 3 === 0],
    ["an element of a list", { oneOf: { field: "tags", values: ["t1", "t2"] } }, (i) => i % 5 === 1 || i % 5 === 2],
    ["a bigint", { equals: { field: "big", value: 17n } }, (i) => i === 17],
    ["ids", { ids: ["d3", "d299", "d300"] }, (i) => i === 3 || i === 299],
    [
      "a tree",
      {
        allOf: [
          { noneOf: [{ equals: { field: "section", value: "doc" } }] },
          { equals: { field: "tags", value: "even" } },
        ],
      },
      (i) => i % 3 !== 2 && i % 2 === 0,
    ],
    ["nothing", { anyOf: [] }, () => false],
  ];

  test.each(cases)(
    "%s: only documents that match come back, and all of them if asked for",
    async (_name, filter, matches) => {
      const expected = withTokens(matches);
      for (const each of [index, scanned]) {
        expect(each.count(filter)).toBe(expected.length);
        const { docIds, exhausted } = await each.search(unitVectors(4, 16, 5), { k: 300, filter });
        expect([...docIds].filter((position) => position < DOCUMENTS).sort((a, b) => a - b)).toEqual(expected);
        expect([...exhausted]).toEqual([1]);
      }
    },
  );

  test("a search that left documents out says so", async () => {
    const few = { k: 3, kDocsToScore: 3, kCentroids: 1 };
    const filter: Filter = { equals: { field: "section", value: "net" } };
    expect([...(await index.search(unitVectors(4, 16, 5), few)).exhausted]).toEqual([0]);
    expect([...(await index.search(unitVectors(4, 16, 5), { ...few, filter })).exhausted]).toEqual([0]);
    expect([...(await scanned.search(unitVectors(4, 16, 5), few)).exhausted]).toEqual([1]);
  });

  test.each<[Filter, string, string]>([
    [{ equals: { field: "yeer", value: 1 } }, "yeer", "one of the attributes big, section, tags, year"],
    [{ equals: { field: "note", value: 1 } }, "note", "one of the attributes big, section, tags, year"],
    [{ equals: { field: "year", value: "1950" } }, "year", "a whole number from -2^63 to 2^63 - 1"],
    [
      { range: { field: "section", gte: "a" } },
      "section",
      "an attribute of type integer, float or timestamp in a range",
    ],
    [{ every: [] } as never, "", "a filter"],
  ])("%j is refused", async (filter, field, expected) => {
    await expect(index.search(unitVectors(1, 16, 5), { filter })).rejects.toMatchObject({
      code: "INVALID_FILTER",
      field,
      expected,
    });
  });
});

describe("faults of ids and fields", () => {
  const [first, ...rest] = records as [object, ...object[]];
  test.each<[string, BuildOptions, string, string]>([
    [
      "an id twice",
      { ids: records.map((_, i) => `${Math.min(i, 298)}`) },
      "attributes: ids",
      '"298" of documents 298 and 299',
    ],
    ["an empty id", { ids: records.map((_, i) => (i === 4 ? "" : `${i}`)) }, "ids, line 5: id", "0"],
    ["too few ids", { ids: ["a"] }, "ids: ids", "1"],
    ["too few records", { attributes: rest }, "attributes: records", "299"],
    ["a record that is no object", { attributes: [[] as object, ...rest] }, "attributes, document 0: fields", "a list"],
    ["an id that is a number", { attributes: [{ id: 1 }, ...rest] }, "attributes, document 0: id", "a number"],
    ["a record without its id", { attributes: [{}, ...rest] }, "attributes: id", "document 0 without one"],
    [
      "another type than the schema's",
      { schema: { section: "integer" } },
      "attributes, line 1, field section: value",
      '"net"',
    ],
    [
      "an id of 513 bytes",
      { attributes: [{ ...first, id: "x".repeat(513) }, ...rest] },
      "attributes, document 0: id",
      "513",
    ],
  ])("%s is refused", async (_name, options, field, got) => {
    await expect(build(options)).rejects.toMatchObject({ code: "INVALID_INPUT", field, got });
  });

  test("a file that is not UTF-8, and a type that does not exist, are refused", async () => {
    const file = join(folder, "latin1.jsonl");
    writeFileSync(file, Buffer.from('{"a":1}\n{"b":"\xe9"}\n', "latin1"));
    await expect(build({ attributes: file })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      expected: "valid UTF-8",
      got: "other bytes in line 2",
    });
    await expect(build({ schema: { year: "number" as never } })).rejects.toMatchObject({
      code: "INVALID_PARAMETER",
      field: "schema",
    });
  });
});
