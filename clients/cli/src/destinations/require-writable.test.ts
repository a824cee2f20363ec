import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { writeTypedCorpus } from "../../testing/typed-corpus.js";
import { EXIT, type ExitCode } from "../exit-code.js";

// The promise: a command checks where its output goes before it works, and leaves nothing when it cannot write there.

const folder = mkdtempSync(join(tmpdir(), "maxsimd-outputs-"));
const at = (...names: string[]) => join(folder, ...names);
let commands: Record<string, string[]>;

beforeAll(() => {
  const { vectors, tokenIds, doclens, queries, queryLens } = writeTypedCorpus(at("in"));
  commands = {
    build: ["build", vectors, tokenIds, doclens],
    report: ["report", vectors, tokenIds, doclens, "--queries", queries, "--query-lens", queryLens],
    "tac report": ["tac", "report", vectors, tokenIds],
  };
  mkdirSync(at("folder"));
  writeFileSync(at("taken"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Progress is shown as soon as a command works. */
async function refused(args: readonly string[]): Promise<{ exitCode: ExitCode; message: string | undefined }> {
  const before = readdirSync(folder);
  const { exitCode, err } = await runCommand(args);
  expect(err).toHaveLength(1);
  expect(readdirSync(folder)).toEqual(before);
  return { exitCode: exitCode as ExitCode, message: err[0] };
}

const CASES: [what: string, output: string, exitCode: ExitCode, message: string][] = [
  ["a folder", at("folder"), EXIT.USAGE, "is a folder: name a file in it"],
  ["a file that exists", at("taken"), EXIT.USAGE, "exists: name another file, or replace it with --force"],
  ["a file in a folder that does not exist", at("none", "x"), EXIT.NOT_FOUND, "there is no folder"],
  ["a file below a file", at("taken", "x"), EXIT.USAGE, "taken is not a folder: name another"],
  ["a file where nothing can be written", "/proc/x", EXIT.FAILURE, "no file can be written into /proc (E"],
];

describe.each(["build", "report", "tac report"])("%s refuses before it works, as its output,", (name) => {
  it.each(CASES)("%s", async (_, output, exitCode, message) => {
    const failure = await refused([...(commands[name] as string[]), "-o", output]);
    expect(failure).toEqual({ exitCode, message: expect.stringContaining(message) });
  });
});

it("tac train refuses a folder that cannot be made, and files that exist in it", async () => {
  const [, ...inputs] = commands["tac report"] as string[];
  const train = (output: string) => refused(["tac", "train", ...inputs.slice(1), "-o", output]);
  expect(await train(at("taken", "x"))).toMatchObject({ exitCode: EXIT.USAGE });
  expect((await train("/proc/x")).message).toContain("no file can be written into /proc");
  writeFileSync(at("folder", "assignments.npy"), "");
  expect((await train(at("folder"))).message).toContain("assignments.npy exists");
});

it("build refuses a catalog that cannot be made", async () => {
  const args = [...(commands["build"] as string[]), "--index", "papers", "--version", "1", "--catalog"];
  expect((await refused([...args, "/proc/catalog"])).message).toContain("no file can be written into /proc");
  expect((await refused([...args, at("taken")])).message).toContain("taken is not a folder");
});

it("report refuses one file for the page and the index", async () => {
  const args = [...(commands["report"] as string[]), "-o", at("same"), "--keep-index", at("same")];
  expect(await refused(args)).toEqual({ exitCode: EXIT.USAGE, message: expect.stringContaining("two outputs") });
});
