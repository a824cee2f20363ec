import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ErrorCode } from "@maxsimd/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectorySource } from "./directory-source.js";

let outside: string;
let root: string;
beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), "maxsimd-catalog-"));
  root = join(outside, "root");
  await mkdir(join(root, "books"), { recursive: true });
  await writeFile(join(root, "books", "v1.maxsim"), "");
  await writeFile(join(root, "books", "current"), "v1\n");
});
afterEach(() => rm(outside, { recursive: true }));

describe("DirectorySource", () => {
  it("finds the current version of each index, and skips entries that are not versions", async () => {
    await mkdir(join(root, "empty"));
    await mkdir(join(root, "Wrong Name"));
    await mkdir(join(root, "bad"));
    await writeFile(join(root, "bad", "current"), "../../etc\n");
    await writeFile(join(root, "file"), "");
    const source = await DirectorySource.open(root, () => undefined);
    expect(await source.currents()).toEqual([{ index: "books", version: "v1" }]);
  });

  it("locates a version's file inside the root", async () => {
    const source = await DirectorySource.open(root, () => undefined);
    expect(await source.locate("books", "v1")).toBe(join(root, "books", "v1.maxsim"));
    await expect(source.locate("books", "v2")).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_VERSION, got: "v2" });
    await expect(source.locate("films", "v1")).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_INDEX, got: "films" });
  });

  it.each(["..", ".", "", "a/b", "/etc", "a\0b", "A", "é", "-a", ".a", "a".repeat(64)])(
    "rejects %j as a name",
    async (name) => {
      const source = await DirectorySource.open(root, () => undefined);
      const refused = { code: ErrorCode.INVALID_PARAMETER };
      await expect(source.locate(name, "v1")).rejects.toMatchObject({ ...refused, field: "index" });
      await expect(source.locate("books", name)).rejects.toMatchObject({ ...refused, field: "version" });
    },
  );

  it("answers a link as it answers nothing, wherever it points and whether its target exists or not", async () => {
    await writeFile(join(outside, "secret.maxsim"), "");
    await symlink(join(outside, "secret.maxsim"), join(root, "books", "link.maxsim"));
    await symlink(join(outside, "none"), join(root, "books", "dangling.maxsim"));
    await symlink(outside, join(root, "folder"));
    await symlink(join(root, "books"), join(root, "inside"));
    const source = await DirectorySource.open(root, () => undefined);
    const missing = await source.locate("books", "missing").catch((error: Error) => error.message);
    for (const version of ["link", "dangling"]) {
      await expect(source.locate("books", version)).rejects.toMatchObject({
        code: ErrorCode.UNKNOWN_VERSION,
        message: missing,
      });
    }
    for (const index of ["folder", "inside"]) {
      await expect(source.locate(index, "v1")).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_INDEX });
    }
  });

  it("replaces the current label whole, and leaves nothing else behind", async () => {
    const source = await DirectorySource.open(root, () => undefined);
    await source.setCurrent("books", "v2");
    expect(await readFile(join(root, "books", "current"), "utf8")).toBe("v2\n");
    expect((await readdir(join(root, "books"))).sort()).toEqual(["current", "v1.maxsim"]);
    await rm(join(root, "books", "current"));
    await mkdir(join(root, "books", "current"));
    await expect(source.setCurrent("books", "v3")).rejects.toThrow();
    expect((await readdir(join(root, "books"))).sort()).toEqual(["current", "v1.maxsim"]);
  });
});

describe("links", () => {
  it("in a catalog are reported, each once, if they would be served otherwise", async () => {
    // As Kubernetes mounts a volume: the entries are links into a directory that a link names.
    const mount = join(outside, "mount");
    await mkdir(join(mount, "..2026"), { recursive: true });
    await rename(join(root, "books"), join(mount, "..2026", "books"));
    await symlink("..2026", join(mount, "..data"));
    await symlink("..data/books", join(mount, "books"));
    const links: string[] = [];
    const source = await DirectorySource.open(mount, (entry) => links.push(entry));
    expect([await source.currents(), await source.currents()]).toEqual([[], []]);
    await expect(source.locate("books", "v1")).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_INDEX });
    expect(links).toEqual(["books"]);
    await mkdir(join(mount, "films"));
    await symlink("../..data/books/v1.maxsim", join(mount, "films", "v1.maxsim"));
    await symlink("../..data/books/current", join(mount, "films", "current"));
    expect(await source.currents()).toEqual([]);
    await expect(source.locate("films", "v1")).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_VERSION });
    expect(links).toEqual(["books", "films/current", "films/v1.maxsim"]);
  });

  it("to a catalog are followed, to where they lead at the time", async () => {
    const data = join(outside, "..data");
    await symlink("root", data);
    const source = await DirectorySource.open(data, () => expect.fail("no link is inside"));
    expect(await source.currents()).toEqual([{ index: "books", version: "v1" }]);
    // A new content beside the old one; then the link changes in one step, and the old content goes.
    await mkdir(join(outside, "next", "books"), { recursive: true });
    await writeFile(join(outside, "next", "books", "v2.maxsim"), "");
    await symlink("next", `${data}_tmp`);
    await rename(`${data}_tmp`, data);
    await rm(root, { recursive: true });
    expect(await source.locate("books", "v2")).toBe(join(outside, "next", "books", "v2.maxsim"));
    await source.setCurrent("books", "v2");
    expect(await source.currents()).toEqual([{ index: "books", version: "v2" }]);
  });
});
