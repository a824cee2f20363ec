import { ErrorCode, VersionState } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../errors/service-error.js";
import { Catalog } from "./catalog.js";
import type { CatalogSource } from "./catalog-source.js";
import type { Opened } from "./version-handle.js";

/** A stand-in for an index that counts how often it was closed. */
class Counted implements Opened {
  inService = true;
  readonly digest: string;
  readonly bytes = 1;
  readonly documents = 1;
  closed = 0;
  constructor(path: string) {
    this.digest = path;
  }
  close(): void {
    this.closed++;
  }
}

/** A catalog over names alone; opening `bad` fails, and remembering `unsaved` as current does. */
function setUp(): { catalog: Catalog<Counted>; opened: Map<string, Counted>; remembered: string[] } {
  const opened = new Map<string, Counted>();
  const remembered: string[] = [];
  const source: CatalogSource = {
    description: "names",
    currents: () => Promise.resolve([{ index: "books", version: "v1" }]),
    folder: (index) => Promise.resolve(index),
    current: () => Promise.resolve(remembered.at(-1)?.split("/")[1]),
    locate: (index, version) => Promise.resolve(`${index}/${version}`),
    setCurrent: (index, version) => {
      if (version === "unsaved") {
        return Promise.reject(new Error("disk full"));
      }
      remembered.push(`${index}/${version}`);
      return Promise.resolve();
    },
  };
  const catalog = new Catalog<Counted>(source, (path) => {
    if (path.endsWith("bad")) {
      return Promise.reject(new ServiceError(ErrorCode.INDEX_CORRUPT, "damaged"));
    }
    const index = new Counted(path);
    opened.set(path, index);
    return Promise.resolve(index);
  });
  return { catalog, opened, remembered };
}

async function serving(): Promise<ReturnType<typeof setUp>> {
  const parts = setUp();
  await parts.catalog.openCurrents((_index, _version, error) => {
    throw error;
  });
  return parts;
}

function code(act: () => unknown): ErrorCode | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as ServiceError).code;
  }
}

describe("Catalog", () => {
  it("serves the current version by name, or without one when it is the only index", async () => {
    const { catalog } = await serving();
    expect(catalog.acquire("books", "").version).toMatchObject({ index: "books", version: "v1", digest: "books/v1" });
    expect(catalog.acquire("", "").version.index).toBe("books");
    expect(catalog.acquire("books", "v1").version.version).toBe("v1");
    expect(code(() => catalog.acquire("films", ""))).toBe(ErrorCode.UNKNOWN_INDEX);
    expect(code(() => catalog.acquire("books", "v2"))).toBe(ErrorCode.UNKNOWN_VERSION);
    await catalog.swap("films", "v1");
    expect(code(() => catalog.acquire("", ""))).toBe(ErrorCode.UNKNOWN_INDEX);
  });

  it("swaps in one step; the version before closes with its last request, once", async () => {
    const { catalog, opened, remembered } = await serving();
    const first = catalog.acquire("books", "");
    const second = catalog.acquire("books", "v1");
    const { current, previous } = await catalog.swap("books", "v2");
    expect([current.label, previous?.label]).toEqual(["v2", "v1"]);
    expect(remembered).toEqual(["books/v2"]);
    expect(catalog.acquire("books", "").version.version).toBe("v2");
    expect(code(() => catalog.acquire("books", "v1"))).toBe(ErrorCode.UNKNOWN_VERSION);
    first.release();
    first.release();
    expect(opened.get("books/v1")?.closed).toBe(0);
    const states = catalog.list()[0]?.versions.map((version) => [version.label, version.state]);
    expect(states).toEqual([
      ["v2", VersionState.CURRENT],
      ["v1", VersionState.RETIRING],
    ]);
    second.release();
    expect(opened.get("books/v1")?.closed).toBe(1);
    expect(catalog.list()[0]?.versions.map((version) => version.label)).toEqual(["v2"]);
  });

  it("serves what a change made current, after changes that came before; a change that fails leaves what is served", async () => {
    const { catalog, remembered } = await serving();
    const order: string[] = [];
    const change = (version: string): Promise<unknown> =>
      catalog.change("books", async (folder) => {
        order.push(`${folder} ${version}`);
        await Promise.resolve();
        remembered.push(`books/${version}`);
      });
    await Promise.all([change("v2"), change("v3")]);
    expect(order).toEqual(["books v2", "books v3"]);
    expect(catalog.acquire("books", "").version.version).toBe("v3");
    await expect(catalog.change("books", () => Promise.reject(new Error("disk full")))).rejects.toThrow("disk full");
    expect(catalog.acquire("books", "").version.version).toBe("v3");
    remembered.push("books/v4");
    const { current, previous } = await catalog.follow("books");
    expect([current.label, previous?.label]).toEqual(["v4", "v3"]);
  });

  it("closes a version that nobody uses at the swap itself", async () => {
    const { catalog, opened } = await serving();
    await catalog.swap("books", "v2");
    expect(opened.get("books/v1")?.closed).toBe(1);
  });

  it.each(["bad", "unsaved"])("leaves the served version as it was when a swap to %s fails", async (version) => {
    const { catalog, opened } = await serving();
    await expect(catalog.swap("books", version)).rejects.toThrow();
    expect(catalog.acquire("books", "").version.version).toBe("v1");
    expect(opened.get("books/v1")?.closed).toBe(0);
  });

  it("opens a version once, however many ask for it at the same time", async () => {
    const { catalog, opened } = await serving();
    const handles = await Promise.all([catalog.load("books", "v2"), catalog.load("books", "v2")]);
    expect(handles[0]).toBe(handles[1]);
    expect(catalog.acquire("books", "v2").opened).toBe(opened.get("books/v2"));
    expect(catalog.acquire("books", "").version.version).toBe("v1");
  });

  it("swaps to the version that is current without harm", async () => {
    const { catalog, opened } = await serving();
    const { current, previous } = await catalog.swap("books", "v1");
    expect(current).toBe(previous);
    expect(opened.get("books/v1")?.closed).toBe(0);
    expect(catalog.acquire("books", "").version.version).toBe("v1");
  });

  it("unloads a loaded version, refuses the current one, and takes a whole index out of service", async () => {
    const { catalog, opened } = await serving();
    await catalog.load("books", "v2");
    await catalog.unload("books", "v2");
    expect(opened.get("books/v2")?.closed).toBe(1);
    await expect(catalog.unload("books", "v2")).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_VERSION });
    await expect(catalog.unload("books", "v1")).rejects.toMatchObject({ code: ErrorCode.VERSION_IN_USE });
    await expect(catalog.unload("films", "")).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_INDEX });
    await catalog.unload("books", "");
    expect(opened.get("books/v1")?.closed).toBe(1);
    expect(catalog.isServing).toBe(false);
  });

  it("tells of each change of what is served", async () => {
    const { catalog } = setUp();
    const seen: boolean[] = [];
    catalog.onChange = () => seen.push(catalog.isServing);
    await catalog.load("books", "v1");
    await catalog.swap("books", "v1");
    await catalog.unload("books", "");
    expect(seen).toEqual([false, true, false]);
  });

  it("serves the other indexes when one does not open, and says which", async () => {
    const { catalog } = setUp();
    const source = catalog as unknown as { openCurrents: Catalog<Counted>["openCurrents"] };
    await source.openCurrents(() => undefined);
    await expect(catalog.load("films", "bad")).rejects.toMatchObject({ code: ErrorCode.INDEX_CORRUPT });
    expect(catalog.acquire("books", "").version.version).toBe("v1");
    expect(catalog.list().map(({ index }) => index)).toEqual(["books"]);
  });

  it("opens a version that is out of service anew, and keeps it where it was", async () => {
    const { catalog, opened } = await serving();
    const damaged = opened.get("books/v1") as Counted;
    damaged.inService = false;
    expect(catalog.isServing).toBe(false);
    const { current, previous } = await catalog.swap("books", "v1");
    expect([current.opened === damaged, previous?.opened]).toEqual([false, current.opened]);
    expect([catalog.isServing, damaged.closed, current.state]).toEqual([true, 1, VersionState.CURRENT]);
    expect(catalog.list().flatMap(({ versions }) => versions)).toEqual([current]);
  });

  it("keeps a version that is out of service if it cannot be opened anew", async () => {
    const { catalog, opened } = await serving();
    await catalog.load("books", "v2");
    const damaged = opened.get("books/v2") as Counted;
    damaged.inService = false;
    opened.set("fail", damaged);
    await expect(catalog.swap("books", "bad")).rejects.toMatchObject({ code: ErrorCode.INDEX_CORRUPT });
    expect([catalog.isServing, damaged.closed]).toEqual([true, 0]);
  });
});

describe("following", () => {
  /** Follows once; resolves to what was followed and what was not. */
  async function follow({ catalog }: ReturnType<typeof setUp>): Promise<string[]> {
    const seen: string[] = [];
    await catalog.followCurrents(
      (index, { current, previous }) => seen.push(`${index} ${previous?.label} to ${current.label}`),
      (index, version) => seen.push(`${index} not to ${version}`),
    );
    return seen;
  }

  function current({ catalog }: ReturnType<typeof setUp>): string {
    const lease = catalog.acquire("books", "");
    lease.release();
    return lease.version.version;
  }

  it("serves what another process has made current, and closes what was served", async () => {
    const parts = await serving();
    parts.remembered.push("books/v1");
    expect(await follow(parts)).toEqual([]);
    parts.remembered.push("books/v2");
    expect(await follow(parts)).toEqual(["books v1 to v2"]);
    expect(current(parts)).toBe("v2");
    expect(parts.opened.get("books/v1")?.closed).toBe(1);
    expect(await follow(parts)).toEqual([]);
  });

  it("goes on serving when that does not open, says so once, and follows the next", async () => {
    const parts = await serving();
    parts.remembered.push("books/bad");
    expect(await follow(parts)).toEqual(["books not to bad"]);
    expect(await follow(parts)).toEqual([]);
    expect(current(parts)).toBe("v1");
    parts.remembered.push("books/v3");
    expect(await follow(parts)).toEqual(["books v1 to v3"]);
    parts.remembered.push("books/bad");
    expect(await follow(parts)).toEqual(["books not to bad"]);
  });

  it("leaves alone what is unloaded or not current, and an index whose pointer is gone", async () => {
    const parts = await serving();
    expect(await follow(parts)).toEqual([]);
    expect(current(parts)).toBe("v1");
    await parts.catalog.unload("books", "");
    await parts.catalog.load("more", "v1");
    parts.remembered.push("books/v2");
    expect(await follow(parts)).toEqual([]);
    expect(parts.catalog.isServing).toBe(false);
  });
});
