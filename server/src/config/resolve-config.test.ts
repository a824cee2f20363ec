import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Environment, type Resolved, resolveConfig } from "./resolve-config.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maxsimd-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(content: unknown): Promise<string> {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function resolve(argv: string[], env: Environment = {}): Promise<Resolved> {
  const resolved = await resolveConfig(argv, env);
  if ("help" in resolved) {
    throw new Error(resolved.help);
  }
  return resolved;
}

async function refusal(argv: string[], env: Environment = {}): Promise<string> {
  const error = await resolve(argv, env).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "StartError", code: "CONFIGURATION" });
  return (error as Error).message;
}

describe("resolveConfig", () => {
  it("takes flags over environment over file over defaults", async () => {
    const file = await fileWith({
      index: "a.maxsim",
      port: 1,
      workers: 1,
      drainGraceMs: 1,
      limits: { k: 1, queueMs: 1 },
    });
    const env = { MAXSIMD_CONFIG: file, MAXSIMD_PORT: "2", MAXSIMD_WORKERS: "2", MAXSIMD_LIMIT_QUEUE_MS: "2" };
    const { config, sources } = await resolve(["--port", "3", "--limit", "k=3"], env);
    expect(config.port).toBe(3);
    expect(config.workers).toBe(2);
    expect(config.drainGraceMs).toBe(1);
    expect(config.host).toBe("127.0.0.1");
    expect(config.limits).toMatchObject({ k: 3, queueMs: 2, batchQueries: 1024 });
    expect(sources).toMatchObject({
      port: "--port",
      workers: "MAXSIMD_WORKERS",
      drainGraceMs: file,
      "limits.k": "--limit",
    });
  });

  it("takes the argument for a catalog when it is a folder, else for an index file", async () => {
    expect((await resolve([folder])).config).toMatchObject({ data: folder });
    expect((await resolve(["a.maxsim"])).config).toMatchObject({ index: "a.maxsim" });
  });

  it("refuses unknown settings of the file, nested ones too, and says where they are", async () => {
    const file = await fileWith({ index: "a", prot: 1, limits: { kk: 1 } });
    const message = await refusal(["--config", file]);
    expect(message).toContain(`prot: unknown setting (from ${file})`);
    expect(message).toContain(`limits.kk: unknown setting (from ${file})`);
  });

  it("says what was expected and got, and where it came from", async () => {
    expect(await refusal(["a.maxsim"], { MAXSIMD_PORT: "70000" })).toMatch(
      /^port: .*65535.*, got 70000 \(from MAXSIMD_PORT\)$/,
    );
    expect(await refusal(["a.maxsim", "--port", "x"])).toMatch(/^port: .*expected number.*, got "x" \(from --port\)$/);
    expect(await refusal(["a.maxsim", "--log-level", "loud"])).toMatch(
      /^log.level: .*"info".*, got "loud" \(from --log-level\)$/,
    );
  });

  it("refuses a server with nothing, or two things, to serve", async () => {
    expect(await refusal([])).toContain("expected a catalog directory or one index file");
    expect(await refusal(["--data", "d", "--index", "i"])).toContain("expected a catalog directory or one index file");
  });

  it("refuses an admin listener that others than this machine can reach", async () => {
    expect(await refusal(["a.maxsim", "--admin", "0.0.0.0:1"])).toContain(
      "admin: expected an address of this machine, as in 127.0.0.1:50052 or unix:/path",
    );
    expect((await resolve(["a.maxsim", "--admin", "unix:/tmp/x"])).config.admin).toBe("unix:/tmp/x");
  });

  it("takes a switch as a flag, from the environment, and from the file", async () => {
    const file = await fileWith({ index: "a.maxsim", insecure: true });
    for (const [argv, env] of [
      [["a.maxsim", "--insecure"], {}],
      [["a.maxsim"], { MAXSIMD_INSECURE: "true" }],
      [["--config", file], {}],
      [["a.maxsim", "--insecure"], { MAXSIMD_INSECURE: "false" }],
    ] as const) {
      expect((await resolve([...argv], env)).config.insecure).toBe(true);
    }
    expect((await resolve(["a.maxsim"], { MAXSIMD_INSECURE: "false" })).config.insecure).toBe(false);
    expect(await refusal(["a.maxsim"], { MAXSIMD_INSECURE: "yes" })).toContain('got "yes" (from MAXSIMD_INSECURE)');
  });

  it("names the token file from flag, environment and file", async () => {
    const file = await fileWith({ index: "a.maxsim", tokens: "from-file" });
    expect((await resolve(["--config", file])).config.tokens).toBe("from-file");
    const env = { MAXSIMD_TOKENS: "from-env" };
    expect((await resolve(["--config", file], env)).config.tokens).toBe("from-env");
    expect((await resolve(["--config", file, "--tokens", "from-flag"], env)).config.tokens).toBe("from-flag");
  });

  it("refuses a default deadline beyond the longest", async () => {
    const message = await refusal(["a.maxsim", "--limit", "maxDeadlineMs=5000"]);
    expect(message).toBe("limits.deadlineMs: expected at most maxDeadlineMs, which is 5000, got 10000");
  });

  it("refuses a file that is missing or is not a JSON object", async () => {
    expect(await refusal(["--config", join(folder, "none")])).toContain("none: it does not exist; check the path");
    expect(await refusal(["--config", await fileWith("{")])).toContain("expected a JSON file");
    expect(await refusal(["--config", await fileWith([1])])).toContain("expected a JSON object, got [1]");
  });

  it("reports variables that begin like ours but are not settings", async () => {
    const { unknownVariables } = await resolve(["a.maxsim"], { MAXSIMD_PROT: "1", PATH: "/bin", MAXSIMD_PORT: "1" });
    expect(unknownVariables).toEqual(["MAXSIMD_PROT"]);
  });
});

describe("the command line", () => {
  it("gives a help text that names every flag and variable", async () => {
    const end = await resolveConfig(["--help"], {}, "program");
    const { help: text } = end as { help: string };
    for (const word of [
      "--port",
      "MAXSIMD_PORT",
      "--tls-client-ca",
      "Examples:",
      "Exit codes:",
      "program books.maxsim",
    ]) {
      expect(text).toContain(word);
    }
  });

  it("refuses an unknown flag or limit, and says how to see which there are", async () => {
    expect(await refusal(["--prot", "1"])).toContain("unknown option '--prot'");
    expect(await refusal(["--prot", "1"])).toContain("see maxsimd-server --help");
    expect(await refusal(["a", "--limit", "kk=1"])).toContain("name one of requestBytes");
  });
});
