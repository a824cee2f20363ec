import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-admin-"));
const catalog = join(folder, "catalog");
let server: RunningServer;

beforeAll(async () => {
  const { vectors, tokenIds, doclens } = writeCorpus(folder, 20);
  const build = ["build", vectors, tokenIds, doclens, "--catalog", catalog, "--index", "papers"];
  await runCommand([...build, "--version", "v1"]);
  await runCommand([...build, "--version", "v2", "--exact-below", "0"]);
  const admin = `unix:${join(folder, "admin.sock")}`;
  server = await start({ data: catalog, port: 0, admin, workers: 1, log: { level: "silent" } });
});
afterAll(async () => {
  await server.drain();
  rmSync(folder, { recursive: true });
});

const command = (...args: string[]) =>
  runCommand(args, { settings: { server: server.dataAddress, admin: server.adminAddress } });

const states = async () => {
  const { json } = await command("list", "--json");
  const { indexes } = json() as unknown as {
    indexes: { index: string; versions: { indexVersion: { version: string }; state: string }[] }[];
  };
  return indexes.flatMap(({ index, versions }) =>
    versions.map(({ indexVersion, state }) => `${index} ${indexVersion.version} ${state}`),
  );
};

it("loads, swaps and unloads, and list shows each step", async () => {
  expect(await states()).toEqual(["papers v1 CURRENT"]);

  const loaded = await command("load", "papers", "v2", "--json");
  expect(loaded.json()).toMatchObject({ loaded: { index: "papers", version: "v2" } });
  expect(await states()).toEqual(["papers v1 CURRENT", "papers v2 LOADED"]);

  const swapped = await command("swap", "papers", "v2", "--json");
  expect(swapped.json()).toMatchObject({ current: { version: "v2" }, previous: { version: "v1" } });
  expect((await states()).filter((state) => state.endsWith("CURRENT"))).toEqual(["papers v2 CURRENT"]);
  const { out } = await command("list");
  expect(out.join("\n")).toMatch(/^papers +v2 +current +20 +[\d.]+ KiB +[0-9a-f]{12}$/m);

  const back = await command("swap", "papers", "v1");
  expect(back.out[0]).toMatch(/^papers: v1 answers now, instead of v2 \([0-9a-f]{12}\)$/);

  const gone = await command("unload", "papers", "--json");
  expect(gone.json()).toEqual({ unloaded: { index: "papers", version: null } });
  expect(await states()).toEqual([]);
  expect((await command("list")).out).toEqual(["no indexes"]);
  await command("swap", "papers", "v1");
});

it("refuses what it cannot do, with the exit code for each kind of failure", async () => {
  const current = await command("unload", "papers", "v1");
  expect(current.exitCode).toBe(EXIT.FAILURE);
  expect(current.err[0]).toContain("current");
  expect((await command("swap", "papers", "v9")).exitCode).toBe(EXIT.NOT_FOUND);
  expect((await command("swap", "../papers", "v1")).exitCode).toBe(EXIT.USAGE);
});
