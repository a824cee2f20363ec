import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../testing/recorded-session.js";
import { EXIT } from "./exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-run-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CATALOG_COMMANDS = ["add", "delete", "compact", "versions", "rollback", "remove-versions"];
const SERVER_COMMANDS = ["list", "swap", "load", "unload"];
const COMMANDS = [
  "serve",
  "encode",
  "build",
  ...CATALOG_COMMANDS,
  "search",
  "why-not",
  "inspect",
  "verify",
  "report",
  "tac",
  ...SERVER_COMMANDS,
  "token",
];
/** The server prints its own help, and tac is only what its subcommands are under. */
const OWN_COMMANDS = [...COMMANDS.filter((name) => name !== "serve" && name !== "tac"), "tac train", "tac report"];

describe("help", () => {
  it("names every command and every exit code", async () => {
    const { exitCode, out } = await runCommand(["--help"]);
    expect(exitCode).toBe(EXIT.OK);
    const text = out.join("\n");
    for (const name of COMMANDS) expect(text).toMatch(new RegExp(`^  ${name} `, "m"));
    for (const code of Object.values(EXIT)) expect(text).toContain(String(code));
    const listed = text.split("Commands:")[1]?.matchAll(/^ {2}([a-z-]+) /gm) ?? [];
    expect([...listed].map(([, name]) => name)).toEqual([...COMMANDS, "help"]);
  });

  it("has a row in the README for every command", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    for (const name of [...OWN_COMMANDS, "serve"]) expect(readme).toMatch(new RegExp(`^\\| \`${name}[ \`]`, "m"));
  });

  it.each(OWN_COMMANDS)("of %s explains it, with --json and with examples of itself", async (name) => {
    const { exitCode, out, err } = await runCommand([...name.split(" "), "--help"]);
    expect(exitCode).toBe(EXIT.OK);
    expect(err).toEqual([]);
    const [usage = "", examples = ""] = out.join("\n").split("\nExamples:\n");
    expect(usage).toContain(`Usage: maxsimd ${name} `);
    expect(usage).toContain("--json");
    expect(examples.split("\n").filter((line) => line.includes(`maxsimd ${name}`)).length).toBeGreaterThan(0);
  });

  it.each(OWN_COMMANDS)("of %s shows no example with an option that it does not know", async (name) => {
    const { out } = await runCommand([...name.split(" "), "--help"]);
    const [usage = "", examples = ""] = out.join("\n").split("\nExamples:\n");
    const own = examples.split("\n").filter((line) => line.includes(`maxsimd ${name} `));
    const used = own.flatMap((line) => line.split("|")[0]?.match(/ --?[a-z][a-z-]*/g) ?? []);
    for (const option of used) expect(usage).toMatch(new RegExp(`${option}[ ,]`));
  });
});

describe("a wrong command line", () => {
  it.each([
    [["serch"], "unknown command 'serch'"],
    [["search"], "say what to ask: either --queries <file> or --text <question>"],
    [["search", "--queries", "q.npy", "--text", "red"], "say what to ask: either"],
    [["search", "--text", " "], "expected a question, got no words"],
    [["search", "--text", "red", "--query", "0"], "--text is one query"],
    [["search", "--text", "red", "--file", process.execPath], "needs the model that encodes it: --encoder <folder>"],
    [["search", "--queries", "q.npy", "--encoder", "model"], "--encoder encodes the question of --text"],
    [["search", "--queries", "q.npy", "-k", "0"], "expected an integer of at least 1"],
    [["search", "--queries", "q.npy", "--alpha", "-1"], 'or "none"'],
    [["search", "--queries", "q.npy", "--query", "5:5"], "a range such as 0:10"],
    [["search", "--queries", "q.npy", "--filter", "year >= "], "--filter, column 8: expected a number"],
    [["search", "--queries", "q.npy", "--fields", "a,,b"], "names with commas between them, or all"],
    [["search", "--queries", "q.npy", "--file", "a", "--server", "b"], "either --file or --server"],
    [["build", "a.npy", "b.npy"], "b.npy could be token ids or document lengths"],
    [["build", "a.npy", "b.npy", "c.npy"], "say where the index goes"],
    [["build", "a.npy", "b.npy", "c.npy", "-o", "x", "--catalog", "y"], "either --output or --catalog"],
    [["build", "a.npy", "b.npy", "c.npy", "--catalog", "y"], "--catalog needs --index"],
    [["build", "a.npy", "b.npy", "c.npy", "-o", "x", "--centroids", "y"], "belong together"],
    [
      ["build", "a", "b", "c", "--catalog", folder, "--index", "../up", "--version", "1"],
      '"../up" cannot name an index',
    ],
    [["inspect"], "name one thing to inspect"],
    [["inspect", "a.maxsim", "--server"], "name one thing to inspect"],
    [["report", "a.npy", "b.npy", "c.npy"], "'-o, --output <file>' not specified"],
    [["report", "-o", "x.html"], "name the arrays <vectors> <token_ids> <doclens>, or --dataset"],
    [["tac", "train", "a.npy", "b.npy"], "'-o, --output <folder>' not specified"],
    [["tac", "report", "a.npy", "b.npy", "-o", "x.html", "--centroids", "y.npy"], "expected an integer of at least 1"],
    [["swap", "papers"], "missing required argument 'version'"],
    [["swap", "papers", "2"], "--admin <address>, or MAXSIMD_ADMIN"],
    [["list", "--timeout", "soon"], "expected an integer"],
  ])("%j ends with 2 and says why", async (args, reason) => {
    const { exitCode, out, err } = await runCommand(args);
    expect(exitCode).toBe(EXIT.USAGE);
    expect(out).toEqual([]);
    expect(err[0]).toMatch(/^maxsimd: /);
    expect(err.join("\n")).toContain(reason);
  });

  it("gives the failure as an object with --json", async () => {
    const { exitCode, json } = await runCommand(["list", "--bogus", "--json"]);
    expect(exitCode).toBe(EXIT.USAGE);
    const message = "unknown option '--bogus'";
    expect(json()).toEqual({ error: { code: "USAGE", exitCode: EXIT.USAGE, message } });
  });
});

describe("what does not exist", () => {
  it.each([
    ["inspect", `${folder}/none.maxsim`],
    ["search", "--queries", `${folder}/none.npy`],
    ["build", `${folder}/none.npy`, "b", "c", "-o", `${folder}/new.maxsim`],
  ])("%s ends with 3", async (...args) => {
    const { exitCode, err } = await runCommand(args);
    expect(exitCode).toBe(EXIT.NOT_FOUND);
    expect(err[0]).toMatch(/^maxsimd: there is no file .*none\./);
  });
});

describe("an address where nobody listens", () => {
  it.each([
    ["list", "--server", "127.0.0.1:1"],
    ["inspect", "--server"],
    ["swap", "papers", "2", "--admin", "127.0.0.1:1"],
    ["load", "papers", "2", "--admin", "127.0.0.1:1"],
    ["unload", "papers", "--admin", "127.0.0.1:1"],
  ])("%s ends with 4, in one sentence", async (...args) => {
    const { exitCode, err } = await runCommand(args);
    expect(exitCode).toBe(EXIT.UNAVAILABLE);
    expect(err).toHaveLength(1);
    expect(err[0]).toContain("nothing listens there: start the server or correct the address");
  });

  it("with --json gives the failure as an object too", async () => {
    const { exitCode, json } = await runCommand(["list", "--json"]);
    expect(exitCode).toBe(EXIT.UNAVAILABLE);
    expect(json()).toMatchObject({ error: { code: "UNAVAILABLE", exitCode: 4 } });
  });
});

it("refuses to send a token in plain text to another machine", async () => {
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, "secret\n");
  const { exitCode, err } = await runCommand(["list", "--server", "example.org:50051", "--token-file", tokenFile]);
  expect(exitCode).toBe(EXIT.USAGE);
  expect(err.join()).not.toContain("secret");
});
