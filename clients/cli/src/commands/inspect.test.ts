import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Index, readNpy } from "@maxsimd/native";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { DIM, writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-inspect-"));
const file = join(folder, "papers.maxsim");
let server: RunningServer;

beforeAll(async () => {
  const { vectors, tokenIds, doclens } = writeCorpus(folder, 60);
  await runCommand(["build", vectors, tokenIds, doclens, "-o", file, "--exact-below", "0", "--pq-subspaces", "8"]);
  server = await start({ index: file, port: 0, workers: 1, log: { level: "silent" } });
});
afterAll(async () => {
  await server.drain();
  rmSync(folder, { recursive: true });
});

describe("inspect of a file", () => {
  it("shows its content, the bytes of each part, and how it was built", async () => {
    const text = (await runCommand(["inspect", file])).out.join("\n");
    expect(text).toMatch(/^documents +60$/m);
    expect(text).toMatch(/^codes +8 bytes per token$/m);
    expect(text).toMatch(/^codes +[\d.]+ K?i?B +[\d.]+ %$/m);
    expect(text).toMatch(/^parameters\.pqSubspaces +8$/m);
    expect(text).not.toContain("[object");
  });

  it("gives parts that add up to the file with --json", async () => {
    const info = (await runCommand(["inspect", file, "--json"])).json();
    const parts = info["spaceUsage"] as { bytes: number }[];
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(readFileSync(file).length);
    expect(info).toMatchObject({ verified: false, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it("says whether what it shows was verified", async () => {
    const quick = await runCommand(["inspect", file]);
    expect(quick.out.at(-1)).toBe("not verified: only sizes and counts were checked (--verify checks every byte)");
    const served = await runCommand(["inspect", "--server", server.dataAddress]);
    expect(served.out.at(-1)).toBe("verified: the server checked every byte and value before it served this version");
    expect((await runCommand(["inspect", "--server", server.dataAddress, "--json"])).json()).toMatchObject({
      verified: true,
    });
  });

  it("checks again with --verify, whatever an earlier check found", async () => {
    const copy = join(folder, "copy.maxsim");
    writeFileSync(copy, readFileSync(file));
    (await Index.load(copy)).close();
    // A bit that the disk loses changes neither size nor times: the record of the check still fits the file.
    const bytes = readFileSync(copy);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(copy, bytes);
    const { mtimeNs, ctimeNs } = statSync(copy, { bigint: true });
    const times = { mtime_ns: `${mtimeNs}`, ctime_ns: `${ctimeNs}` };
    const record = JSON.parse(readFileSync(`${copy}.verified`, "utf8"));
    writeFileSync(`${copy}.verified`, JSON.stringify({ ...record, ...times }));
    (await Index.load(copy)).close();
    const { exitCode, json } = await runCommand(["inspect", copy, "--verify", "--json"]);
    expect(exitCode).toBe(EXIT.BAD_DATA);
    expect(json()).toMatchObject({ error: { code: "INDEX_CORRUPT" } });
  });

  it("checks every byte with --verify", async () => {
    const whole = await runCommand(["inspect", file, "--verify"]);
    expect(whole.exitCode).toBe(EXIT.OK);
    expect(whole.out.at(-1)).toBe("verified: every byte and value was checked now");
    expect((await runCommand(["inspect", file, "--verify", "--json"])).json()).toMatchObject({ verified: true });
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    const damaged = join(folder, "damaged.maxsim");
    writeFileSync(damaged, bytes);
    const { exitCode, json } = await runCommand(["inspect", damaged, "--verify", "--json"]);
    expect(exitCode).toBe(EXIT.BAD_DATA);
    expect(json()).toMatchObject({ error: { code: "INDEX_CORRUPT" } });
  });
});

describe("codebooks of an index", () => {
  const words = join(folder, "words.npy");

  it("are written as rows of words, and replace no file without --force", async () => {
    const { exitCode, out } = await runCommand(["inspect", file, "--codebooks", words]);
    expect([exitCode, out.at(-1)]).toEqual([EXIT.OK, expect.stringContaining(words)]);
    const { shape, dtype } = readNpy(words);
    expect([shape, dtype]).toEqual([[256 + DIM, DIM], "f32"]);
    const again = await runCommand(["inspect", file, "--codebooks", words]);
    expect([again.exitCode, again.err.at(-1)]).toEqual([EXIT.USAGE, expect.stringContaining("exists")]);
  });

  it("cannot be read from a server, or from an index without codebooks", async () => {
    const served = await runCommand(["inspect", "--server", server.dataAddress, "--codebooks", words]);
    expect(served.exitCode).toBe(EXIT.USAGE);
    const { vectors, tokenIds, doclens } = writeCorpus(join(folder, "whole"), 10);
    const whole = join(folder, "whole.maxsim");
    await runCommand(["build", vectors, tokenIds, doclens, "-o", whole]);
    const refused = await runCommand(["inspect", whole, "--codebooks", join(folder, "none.npy")]);
    expect([refused.exitCode, refused.err.at(-1)]).toEqual([EXIT.BAD_DATA, expect.stringContaining("kept whole")]);
  });
});

describe("inspect of a server", () => {
  it("shows the same index", async () => {
    const info = (await runCommand(["inspect", file, "--json"])).json();
    const served = (await runCommand(["inspect", "--server", server.dataAddress, "--json"])).json();
    expect(served).toMatchObject({
      indexVersion: { index: "papers", version: "1", digest: info["digest"] },
      documents: 60,
      pqSubspaces: 8,
      indexBytes: info["bytes"],
      defaults: { k: 10, alpha: 0.45 },
    });
    const text = (await runCommand(["inspect", "--server"], { settings: { server: server.dataAddress } })).out.join(
      "\n",
    );
    expect(text).toMatch(/^index +papers$/m);
    expect(text).toMatch(/^alpha +0\.45$/m);
  });
});
