import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawClient } from "../testing/raw-client.js";
import { buildSample, temporaryFolder } from "../testing/sample-index.js";
import { tensor } from "../testing/test-server.js";
import type { Environment } from "./config/resolve-config.js";
import { ExitCode, runServer } from "./run-server.js";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, "books.maxsim");
  await buildSample(file);
});
afterAll(() => folder.remove());

async function run(argv: string[], env: Environment = {}): Promise<{ exitCode: number; out: string; error: string }> {
  let out = "";
  let error = "";
  const exitCode = await runServer({
    argv,
    env,
    writeOut: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    stopAsked: () => Promise.resolve("SIGTERM"),
    onReloadAsked: () => undefined,
  });
  return { exitCode, out, error };
}

describe("runServer", () => {
  it("runs until it is asked to stop, and ends with 0", async () => {
    expect(await run([file, "--port", "0", "--log-level", "silent"])).toEqual({ exitCode: 0, out: "", error: "" });
  });

  it("prints the resulting configuration and where it came from, and starts nothing", async () => {
    const { exitCode, out } = await run([file, "--print-config"], { MAXSIMD_PORT: "7" });
    expect(exitCode).toBe(ExitCode.STOPPED);
    expect(JSON.parse(out)).toMatchObject({
      index: file,
      port: 7,
      sources: { index: "the argument", port: "MAXSIMD_PORT" },
    });
  });

  it("prints help to the output, and wrong usage to the error output with exit code 2", async () => {
    const help = await run(["--help"]);
    expect([help.exitCode, help.error]).toEqual([0, ""]);
    expect(help.out).toContain("Usage: maxsimd-server");
    expect(await run(["--prot"])).toMatchObject({
      exitCode: ExitCode.USAGE,
      out: "",
      error: /unknown option '--prot'/,
    });
    expect((await run([])).error).toContain("expected a catalog directory or one index file");
    expect((await run([file, "--port", "x"])).exitCode).toBe(ExitCode.USAGE);
  });

  it("ends with 1 when it cannot start, and says why", async () => {
    const { exitCode, error } = await run([join(folder.path, "none.maxsim"), "--log-level", "silent"]);
    expect(exitCode).toBe(ExitCode.FAILED);
    expect(error).toContain("none.maxsim");
  });

  it("warns of variables that begin like settings but are not", async () => {
    const { error } = await run([file, "--port", "0", "--log-level", "silent"], { MAXSIMD_PROT: "1" });
    expect(error).toBe("warning: MAXSIMD_PROT is not a setting of the server\n");
  });
});

describe("the process", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "logs where it serves as JSON lines, and on %s drains and ends with 0",
    async (signal) => {
      const child = spawn(process.execPath, [MAIN, file, "--port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
      const exited = once(child, "exit");
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stderr })) {
        const { msg, data } = JSON.parse(line) as { msg: string; data: string };
        lines.push(msg);
        if (msg === "serving") {
          const client = new RawClient(data);
          const { hits } = await client.unary(SearchService.method.search, { query: tensor(1, 1) });
          expect(hits?.docIds).toHaveLength(10);
          client.close();
          child.kill(signal);
        }
      }
      expect(await exited).toEqual([0, null]);
      expect(lines).toEqual(["index loaded", "serving", "draining", "stopped"]);
    },
  );
});
