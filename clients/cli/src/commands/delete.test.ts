import { join } from "node:path";
import { Collection } from "@maxsimd/native";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildCatalog, type SmallCatalog } from "../../testing/small-catalog.js";
import { EXIT } from "../exit-code.js";

// The promise: delete removes the documents with the given ids as one version, and leaves out ids that no document has.

let papers: SmallCatalog;
beforeAll(async () => {
  papers = await buildCatalog();
});
afterAll(() => papers.remove());

async function found(...ids: string[]): Promise<(number | null)[]> {
  const index = await (await Collection.open(join(papers.catalog, "papers"))).load();
  const positions = ids.map((id) => index.find(id));
  index.close();
  return positions;
}

it("deletes the documents of a list, each once", async () => {
  const { exitCode, out } = await papers.run("delete", "--ids", "3,5,nobody,3");
  expect(exitCode).toBe(EXIT.OK);
  expect(out[0]).toBe("deleted 2 documents; 1 of the ids belong to no document");
  expect(out[1]).toMatch(/^version v1\.1 of papers, current: servers of this catalog serve it/);
  expect(await found("3", "4", "5")).toEqual([null, 4, null]);
});

it("deletes the documents of a file", async () => {
  const file = papers.file("gone.txt", "7", "8", "9");
  const { json } = await papers.run("delete", "--ids-file", file, "--base", "v1.1", "--json");
  expect(json()).toEqual({ index: "papers", version: "v1.2", deleted: 3, absent: 0 });
  expect(await found("7", "8", "9", "10")).toEqual([null, null, null, 10]);
});

it("deletes the documents that match a filter", async () => {
  const { out } = await papers.run("delete", "--filter", 'id in ("11", "12", "nobody")');
  expect(out[0]).toBe("deleted 2 documents");
  expect(await found("10", "11", "12", "13")).toEqual([10, null, null, 13]);
  const { json } = await papers.run("delete", "--filter", 'id = "11"', "--json");
  expect(json()).toEqual({ index: "papers", version: "v1.3", deleted: 0 });
});

it("makes no version if there is nothing to delete", async () => {
  const { exitCode, out } = await papers.run("delete", "--ids", "7,nobody");
  expect(exitCode).toBe(EXIT.OK);
  expect(out).toEqual(["nothing to delete: no document of papers has an id of these 2; version v1.3 stays current"]);
});

it.each([
  [[], EXIT.USAGE, "say what to delete"],
  [["--ids", "1", "--ids-file", "x"], EXIT.USAGE, "either --ids or --ids-file"],
  [["--ids", "1", "--filter", 'id = "1"'], EXIT.USAGE, "either ids or --filter"],
  [["--filter", 'id = "1"', "--base", "v1"], EXIT.FAILURE, "v1.3 is current"],
  [["--filter", "year > 3"], EXIT.USAGE, "year"],
  [["--ids", "1,,2"], EXIT.USAGE, "got an empty id"],
  [["--ids-file", "none.txt"], EXIT.NOT_FOUND, "there is no file none.txt"],
  [["--ids", "1", "--base", "v1"], EXIT.FAILURE, "v1.3 is current; run the command again against that version"],
] as const)("%j ends with %i and says why", async (args, exitCode, reason) => {
  expect(await papers.run("delete", ...args)).toMatchObject({ exitCode, err: [expect.stringContaining(reason)] });
  expect(await found("1")).toEqual([1]);
});

it("refuses an empty line, by its number", async () => {
  const { exitCode, err } = await papers.run("delete", "--ids-file", papers.file("holes.txt", "1", "", "2"));
  expect([exitCode, err[0]]).toEqual([EXIT.BAD_DATA, expect.stringMatching(/holes\.txt, line 2: expected an id/)]);
  expect(await found("1")).toEqual([1]);
});
