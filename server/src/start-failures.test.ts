import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { AdminService } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf, RawClient } from "../testing/raw-client.js";
import { buildSample, temporaryFolder } from "../testing/sample-index.js";
import { serveCatalog } from "../testing/test-server.js";
import type { ServerConfigInput } from "./config/server-config.js";
import { StartError } from "./errors/start-error.js";
import { start } from "./start.js";

/** Any user may open it, and nobody can map it into memory. */
const UNMAPPABLE = "/sys/devices/system/cpu/online";

// The promise: whatever keeps a server from starting ends in one sentence that names what is at fault and how to fix it.

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const path = (name: string) => join(folder.path, name);
let taken: ReturnType<typeof createServer>;
let takenPort: number;

beforeAll(async () => {
  folder = await temporaryFolder();
  await buildSample(path("a.maxsim"));
  await writeFile(path("text"), "not an index");
  for (const name of ["one", "two"]) {
    execFileSync("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
      ...["-keyout", path(`${name}.key`), "-out", path(`${name}.crt`), "-subj", "/CN=localhost"],
    ]);
  }
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  takenPort = (taken.address() as { port: number }).port;
});
afterAll(async () => {
  taken.close();
  await folder.remove();
});

async function failure(config: ServerConfigInput): Promise<StartError> {
  const quiet = { port: 0, workers: 1, log: { level: "silent" as const } };
  const error = await start({ ...quiet, ...config }).then(
    () => expect.fail("it started"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StartError);
  return error as StartError;
}

describe("a server does not start", () => {
  const index = () => path("a.maxsim");
  const tls = (cert: string, key: string) => ({ index: index(), tls: { cert: path(cert), key: path(key) } });
  const cases: [string, () => ServerConfigInput, string, string][] = [
    ["on a missing file", () => ({ index: path("none") }), "ENOENT", "none: it does not exist; check the path"],
    ["on a missing catalog", () => ({ data: path("none") }), "ENOENT", "none: it does not exist; check the path"],
    [
      "on a file as a catalog",
      () => ({ data: index() }),
      "ENOTDIR",
      "it is not a directory; serve a single file with --index",
    ],
    ["on a file that is not an index", () => ({ index: path("text") }), "INDEX_FORMAT", "build it again"],
    ["on a file that cannot be read", () => ({ index: UNMAPPABLE, name: "a" }), "", UNMAPPABLE],
    ["on a taken port", () => ({ index: index(), port: takenPort }), "EADDRINUSE", "choose another address"],
    [
      "with a taken admin port",
      () => ({ index: index(), admin: `127.0.0.1:${takenPort}` }),
      "EADDRINUSE",
      "the admin listener at 127.0.0.1:",
    ],
    [
      "with a taken metrics port",
      () => ({ index: index(), metrics: `127.0.0.1:${takenPort}` }),
      "EADDRINUSE",
      "the metrics listener at 127.0.0.1:",
    ],
    [
      "on another machine's address",
      () => ({ index: index(), host: "192.0.2.1", insecure: true }),
      "EADDRNOTAVAIL",
      "or 0.0.0.0",
    ],
    [
      "on a host that does not resolve",
      () => ({ index: index(), host: "no.invalid", insecure: true }),
      "ENOTFOUND",
      "does not resolve",
    ],
    [
      "on a host with a port",
      () => ({ index: index(), host: "127.0.0.1:1" }),
      "CONFIGURATION",
      "without scheme and port",
    ],
    [
      "on a host with a scheme",
      () => ({ index: index(), host: "http://a" }),
      "CONFIGURATION",
      "without scheme and port",
    ],
    [
      "with an admin address without port",
      () => ({ index: index(), admin: "localhost" }),
      "CONFIGURATION",
      "as in 127.0.0.1:",
    ],
    [
      "with a metrics address without port",
      () => ({ index: index(), metrics: "localhost" }),
      "CONFIGURATION",
      "host:port",
    ],
    ["with certificate and key swapped", () => tls("one.key", "one.crt"), "CONFIGURATION", "are swapped"],
    [
      "with another certificate's key",
      () => tls("one.crt", "two.key"),
      "CONFIGURATION",
      "not the key of the certificate",
    ],
    [
      "with a certificate twice",
      () => tls("one.crt", "one.crt"),
      "CONFIGURATION",
      "expected a PEM file with an unencrypted",
    ],
    [
      "with a text as a certificate",
      () => tls("text", "one.key"),
      "CONFIGURATION",
      "expected a PEM file with a certificate",
    ],
    ["with a missing certificate", () => tls("none", "one.key"), "CONFIGURATION", "it does not exist; check the path"],
    [
      "on a socket's path that is too long",
      () => ({ index: index(), host: `unix:/${"a".repeat(110)}` }),
      "CONFIGURATION",
      "",
    ],
    [
      "in a directory that is missing",
      () => ({ index: index(), host: `unix:${path("no/s")}` }),
      "ENOENT",
      "its directory does not exist",
    ],
  ];
  it.each(cases)("%s, and says so in a sentence", async (_, config, code, words) => {
    const error = await failure(config());
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/^[a-z/].*[^.]$/s);
    expect(error.message).not.toMatch(/\bE[A-Z]{4,}|undefined|grpc|Error/);
    if (code !== "") {
      expect(error.code).toBe(code);
    }
  });

  it("and has the cause in its log", async () => {
    const log = path("log");
    const script = `
      const { start } = await import(${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)});
      await start({ index: "${UNMAPPABLE}", name: "a", port: 0, workers: 1 }).catch((error) => console.log(error.message));
    `;
    execFileSync("sh", ["-c", `exec "$0" --input-type=module -e "$1" 2>"$2"`, process.execPath, script, log]);
    const lines = readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const failed = lines.find(({ msg }) => msg === "not started");
    expect(failed.err.stack).toMatch(/caused by: MaxsimError: \/sys\/.*\(os error \d+\)/);
  });
});

it("a swap that the disk refuses says so in a sentence", async () => {
  const { admin, root, stop } = await serveCatalog({ v1: {}, v2: {} });
  // What a label is written to is a directory: the rename fails, whoever runs the test.
  await mkdir(join(root, "books", "next"));
  execFileSync("sh", ["-c", 'rm "$0/current" && mkdir "$0/current"', join(root, "books")]);
  const error = await errorOf(admin.unary(AdminService.method.swapIndex, { index: "books", version: "v2" }));
  expect(error.details).toBe(
    "the catalog cannot store which version of books is current: it is a directory, not a file; check the path",
  );
  await stop();
});

it("a data listener on a Unix socket answers, and its group may connect", async () => {
  const address = `unix:${path("data.sock")}`;
  const server = await start({ index: path("a.maxsim"), host: address, workers: 1, log: { level: "silent" } });
  expect([server.dataAddress, server.dataPort]).toEqual([address, 0]);
  const { mode } = await import("node:fs").then(({ statSync }) => statSync(path("data.sock")));
  expect(mode & 0o777).toBe(0o660);
  const client = new RawClient(server.dataAddress);
  const { CatalogService } = await import("@maxsimd/proto");
  const { indexes } = await client.unary(CatalogService.method.listIndexes, {});
  expect(indexes.map(({ index }) => index)).toEqual(["a"]);
  client.close();
  await server.drain();
});
