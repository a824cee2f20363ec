import { afterAll, beforeAll, expect, it } from "vitest";
import { buildCatalog, type SmallCatalog } from "../../testing/small-catalog.js";
import { EXIT } from "../exit-code.js";

// The promise: the versions of an index in a catalog are listed, and one can go back to them until they are removed.

let papers: SmallCatalog;
beforeAll(async () => {
  papers = await buildCatalog();
  await papers.add("a", "b");
  await papers.add("b", "c");
  await papers.run("delete", "--ids", "1,a");
});
afterAll(() => papers.remove());

const labels = async () => {
  const { json } = await papers.run("versions", "--json");
  const { versions } = json() as unknown as { versions: { version: string; current: boolean }[] };
  return versions.map(({ version, current }) => (current ? `*${version}` : version));
};

it("versions lists what each version holds and what made it", async () => {
  const { exitCode, out } = await papers.run("versions");
  expect(exitCode).toBe(EXIT.OK);
  const time = "2\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ";
  expect(out).toHaveLength(5);
  for (const [i, line] of [
    /^version +current +documents +deleted +segments +made +change$/,
    /^v1 +30 +0 +1 +build$/,
    new RegExp(`^v1\\.1 +32 +0 +2 +${time} +upsert of 2 documents, 0 of them replaced$`),
    new RegExp(`^v1\\.2 +33 +1 +3 +${time} +upsert of 2 documents, 1 of them replaced$`),
    // The segment of v1.1 is left out: all of its documents are deleted or replaced.
    new RegExp(`^v1\\.3 +current +31 +1 +2 +${time} +delete of 2 documents$`),
  ].entries()) {
    expect(out[i]).toMatch(line);
  }
});

it("versions gives all with --json", async () => {
  const { json } = await papers.run("versions", "--json");
  const versions = json()["versions"] as object[];
  expect(versions[0]).toEqual({
    ...{ version: "v1", current: false, documents: 30, deleted: 0, segments: 1, change: "build" },
  });
  expect(versions[3]).toMatchObject({ version: "v1.3", current: true, documents: 31, deleted: 1, parent: "v1.2" });
});

it("rollback goes back to a version, and forward again", async () => {
  const { exitCode, out } = await papers.run("rollback", "v1.1");
  expect(exitCode).toBe(EXIT.OK);
  expect(out[0]).toBe("went from v1.3 to v1.1");
  expect(out[1]).toMatch(/^version v1\.1 of papers, current: servers of this catalog serve it/);
  expect(await labels()).toEqual(["v1", "*v1.1", "v1.2", "v1.3"]);
  expect((await papers.run("rollback", "v1.1")).out[0]).toBe("v1.1 was current already");
  const { json } = await papers.run("rollback", "v1.3", "--json");
  expect(json()).toEqual({ index: "papers", version: "v1.3", previous: "v1.1" });
});

it("rollback to a version that does not exist ends with 3 and names those that do", async () => {
  const { exitCode, err } = await papers.run("rollback", "v2");
  expect(exitCode).toBe(EXIT.NOT_FOUND);
  expect(err).toEqual(["maxsimd: papers has no version v2: it has v1, v1.1, v1.2, v1.3"]);
});

it("remove-versions keeps the current version, the newest and what was built", async () => {
  const { exitCode, out } = await papers.run("remove-versions", "--keep", "2");
  expect(exitCode).toBe(EXIT.OK);
  expect(out).toEqual([
    expect.stringMatching(
      /^removed versions v1\.1 of papers and 0 files of segments and codecs, [\d.]+ KiB; a running server goes on serving what it has open$/,
    ),
  ]);
  expect(await labels()).toEqual(["v1", "v1.2", "*v1.3"]);
  expect((await papers.run("remove-versions", "--keep", "2")).out[0]).toMatch(/^nothing to remove/);
});

it("remove-versions with --built removes what was built, too, once no version needs it", async () => {
  expect((await papers.run("remove-versions", "--keep", "0", "--built", "--json")).json()).toMatchObject({
    ...{ versions: ["v1.2"], parts: 1 },
  });
  await papers.run("compact", "--all");
  expect((await papers.run("remove-versions", "--keep", "1", "--json")).json()).toMatchObject({
    ...{ versions: ["v1.3"], parts: 1 },
  });
  const { json } = await papers.run("remove-versions", "--keep", "0", "--built", "--json");
  expect(json()).toEqual({ index: "papers", versions: ["v1"], parts: 0, bytes: expect.any(Number) });
  expect(json()["bytes"]).toBeGreaterThan(1000);
  expect(await labels()).toEqual(["*v1.4"]);
});

it("remove-versions needs a number of versions to keep", async () => {
  expect((await papers.run("remove-versions")).err[0]).toContain("required option '--keep <n>'");
  expect((await papers.run("remove-versions", "--keep", "-1")).exitCode).toBe(EXIT.USAGE);
});
