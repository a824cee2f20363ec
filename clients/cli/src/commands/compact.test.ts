import { afterAll, beforeAll, expect, it } from "vitest";
import { buildCatalog, type SmallCatalog } from "../../testing/small-catalog.js";
import { EXIT } from "../exit-code.js";

// The promise: compact says which segments it merged, or that there was nothing to merge.

let papers: SmallCatalog;
beforeAll(async () => {
  papers = await buildCatalog();
});
afterAll(() => papers.remove());

it("does nothing if nothing is to be merged", async () => {
  await papers.add("a", "b");
  const { exitCode, out } = await papers.run("compact");
  expect(exitCode).toBe(EXIT.OK);
  expect(out).toEqual(["nothing to merge, or it is being merged already; version v1.1 of papers stays current"]);
  expect((await papers.run("compact", "--json")).json()).toEqual({ index: "papers", version: "v1.1", merged: false });
});

it("merges all segments on request, and the deleted documents leave", async () => {
  await papers.run("delete", "--ids", "b,3");
  const { exitCode, out } = await papers.run("compact", "--all");
  expect(exitCode).toBe(EXIT.OK);
  expect(out[0]).toMatch(/^compaction of 2 segments, 2 deleted documents left the files, in [\d.]+ (ms|s)$/);
  expect(out[1]).toMatch(/^version v1\.3 of papers, current: servers of this catalog serve it/);
});

it("merges neighbours that are small, and gives the number of segments", async () => {
  for (let i = 0; i < 8; i++) await papers.add(`n${i}`);
  const { json } = await papers.run("compact", "--json");
  expect(json()).toEqual({
    ...{ index: "papers", version: "v1.12", merged: true, segments: 1, seconds: expect.any(Number) },
    change: "compaction of 9 segments, 0 deleted documents left the files",
  });
});

it("does nothing if no document is left", async () => {
  const ids = [...Array(30).keys(), "a", ...Array.from({ length: 8 }, (_, i) => `n${i}`)].join();
  expect((await papers.run("delete", "--ids", ids)).exitCode).toBe(EXIT.OK);
  const { json } = await papers.run("compact", "--json");
  expect(json()).toEqual({ index: "papers", version: "v1.13", merged: false });
});
