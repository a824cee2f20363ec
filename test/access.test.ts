/** A token made by the command opens what its scope says, through the command and the client, until it is taken out of the file. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdminClient, MaxsimClient, type MaxsimRpcError } from "@maxsimd/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Command, type Finished, runCommand } from "./support/command.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

const folder = useTemporaryFolder();
const path = (name: string) => join(folder.path, name);
const NOT_ALLOWED = 6;
let server: Command;
let data: string;
let admin: string;
let reader: string;
let operator: string;

/** Makes a token with the command, as an operator does. */
async function makeToken(name: string, scope: string): Promise<string> {
  const { stdout } = await runCommand(`maxsimd token --name ${name} --scope ${scope} --file ${path("tokens.json")}`);
  return stdout.trim();
}

/** Runs a command with a token in its environment. */
function command(line: string, token?: string): Promise<Finished> {
  const env = { MAXSIMD_SERVER: data, MAXSIMD_ADMIN: admin, MAXSIMD_TOKEN: token ?? "" };
  return new Command(line, { env }).finished;
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "OK",
    ({ code }: MaxsimRpcError) => code,
  );
}

beforeAll(async () => {
  reader = await makeToken("reader", "search");
  operator = await makeToken("operator", "admin");
  await runCommand(`maxsimd build bench/sample --catalog ${path("catalog")} --index papers --version v1`);
  copyFileSync(path("catalog/papers/v1.maxsim"), path("catalog/papers/v2.maxsim"));
  const options = `--tokens ${path("tokens.json")} --admin 127.0.0.1:0 --port 0 --workers 1`;
  server = new Command(`maxsimd serve ${path("catalog")} ${options}`);
  const [log] = await server.stderr(/^\{.*"msg":"serving".*\}$/m);
  ({ data, admin } = JSON.parse(log));
});
afterAll(async () => {
  server.signal("SIGTERM");
  expect((await server.finished).code).toBe(0);
});

describe("the command", () => {
  it("is let in with the token in MAXSIMD_TOKEN or in --token-file, and sends it to the admin listener too", async () => {
    writeFileSync(path("reader.token"), `${reader}\n`);
    for (const ran of [
      await command("maxsimd list", reader),
      await command(`maxsimd list --token-file ${path("reader.token")}`),
      await command("maxsimd search --queries bench/sample --query 3", reader),
      await command("maxsimd swap papers v2", operator),
    ]) {
      expect([ran.code, ran.stderr]).toEqual([0, ""]);
    }
  });

  it.each([
    ["maxsimd list", (): string | undefined => undefined, "UNAUTHENTICATED", "got no token"],
    ["maxsimd list", () => `${reader.slice(0, -2)}xy`, "UNAUTHENTICATED", "got a token that is not valid"],
    ["maxsimd list", () => operator, "PERMISSION_DENIED", "needs the scope search"],
    ["maxsimd swap papers v1", () => reader, "PERMISSION_DENIED", "needs the scope admin"],
  ] as const)("%s is refused in a sentence, with an exit code of its own", async (line, token, code, words) => {
    const { code: exitCode, stdout, stderr } = await command(`${line} --json`, token());
    expect(exitCode).toBe(NOT_ALLOWED);
    expect(JSON.parse(stdout).error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(stderr).toContain(words);
    if (code === "UNAUTHENTICATED") expect(stderr).toContain("a valid token in MAXSIMD_TOKEN or with --token-file");
  });
});

describe("the client", () => {
  it("is let in by its token, and fails typed without a valid one", async () => {
    const query = Array.from({ length: 4 }, () => Array.from({ length: 128 }, () => 0.1));
    const open = async (token: string | undefined) => {
      const client = new MaxsimClient(data, { token });
      const streamed = async (): Promise<void> => {
        for await (const { error } of client.searchStream([{ id: 1, query }])) if (error) throw error;
      };
      const codes = [
        await codeOf(client.describe()),
        await codeOf(client.search(query, { k: 1 })),
        await codeOf(client.searchBatchAll([query, query], { k: 1 })),
        await codeOf(streamed()),
        await codeOf(client.health()),
      ];
      client.close();
      return codes;
    };
    const all = (code: string) => [code, code, code, code, "OK"];
    expect(await open(reader)).toEqual(all("OK"));
    expect(await open(undefined)).toEqual(all("UNAUTHENTICATED"));
    expect(await open("mxs_wrong")).toEqual(all("UNAUTHENTICATED"));
    expect(await open(operator)).toEqual(all("PERMISSION_DENIED"));
    const swap = async (token: string) => {
      const client = new AdminClient(admin, { token });
      const code = await codeOf(client.swapIndex("papers", "v1"));
      client.close();
      return code;
    };
    expect([await swap(operator), await swap(reader)]).toEqual(["OK", "PERMISSION_DENIED"]);
  });

  it("is let in with a second token of the same name at once, and with the first no more when it is taken out", async () => {
    const next = await makeToken("reader", "search");
    server.signal("SIGHUP");
    await server.stderr(/"tokens":3,.*"msg":"tokens loaded"/);
    const [old, fresh] = [reader, next].map((token) => new MaxsimClient(data, { token })) as [
      MaxsimClient,
      MaxsimClient,
    ];
    expect([await codeOf(old.describe()), await codeOf(fresh.describe())]).toEqual(["OK", "OK"]);
    const { tokens } = JSON.parse(readFileSync(path("tokens.json"), "utf8"));
    writeFileSync(path("tokens.json"), JSON.stringify({ tokens: tokens.slice(1) }));
    server.signal("SIGHUP");
    await server.stderr(/"tokens":2,.*"msg":"tokens loaded"/);
    expect([await codeOf(old.describe()), await codeOf(fresh.describe())]).toEqual(["UNAUTHENTICATED", "OK"]);
    old.close();
    fresh.close();
  });
});
