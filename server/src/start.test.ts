import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, credentials, status as GrpcCode } from "@grpc/grpc-js";
import { AdminService, CatalogService, ErrorCode, SearchService, type SearchStreamResponse } from "@maxsimd/proto";
import { service as healthService } from "grpc-health-check";
import { afterEach, describe, expect, it } from "vitest";
import { detailOf, RawClient, readAll } from "../testing/raw-client.js";
import { buildSample, temporaryFolder } from "../testing/sample-index.js";
import { serveCatalog, type TestServer, tensor } from "../testing/test-server.js";
import { start } from "./start.js";

const { search, searchStream } = SearchService.method;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) {
    await cleanUp();
  }
});

async function serve(...parameters: Parameters<typeof serveCatalog>): Promise<TestServer> {
  const served = await serveCatalog(...parameters);
  cleanups.push(served.stop);
  return served;
}

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  cleanups.push(remove);
  return path;
}

function health(address: string, service = ""): Promise<string> {
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = healthService["Check"]!;
  return new Promise<string>((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, response) =>
      error === null ? resolve((response as { status: string }).status) : reject(error),
    );
  }).finally(() => client.close());
}

describe("start", () => {
  it("serves an empty catalog, NOT_SERVING, until an index is swapped in", async () => {
    const { server, admin, root } = await serve({});
    expect(await health(server.dataAddress)).toBe("NOT_SERVING");
    expect(await health(server.adminAddress as string, AdminService.typeName)).toBe("SERVING");
    await buildSample(join(root, "books", "v1.maxsim"));
    await admin.unary(AdminService.method.swapIndex, { index: "books", version: "v1" });
    expect(await health(server.dataAddress)).toBe("SERVING");
    expect(await health(server.dataAddress, SearchService.typeName)).toBe("SERVING");
    await admin.unary(AdminService.method.unloadIndex, { index: "books", version: "" });
    expect(await health(server.dataAddress)).toBe("NOT_SERVING");
  });

  it("serves the indexes that open when one does not", async () => {
    const path = await folder();
    await buildSample(join(path, "x.maxsim"));
    const data = join(path, "catalog");
    for (const [name, content] of [
      ["good", await readFile(join(path, "x.maxsim"))],
      ["bad", "no index"],
    ] as const) {
      await mkdir(join(data, name), { recursive: true });
      await writeFile(join(data, name, "a.maxsim"), content);
      await writeFile(join(data, name, "current"), "a\n");
    }
    const server = await start({ data, port: 0, log: { level: "silent" } });
    cleanups.push(() => server.drain());
    const client = new RawClient(server.dataAddress);
    const { indexes } = await client.unary(CatalogService.method.listIndexes, {});
    expect(indexes.map(({ index }) => index)).toEqual(["good"]);
    client.close();
  });

  it("does not start on a file that does not open, or settings that cannot be used, and says why", async () => {
    const path = await folder();
    const file = join(path, "a.maxsim");
    await writeFile(file, "no index");
    const quiet = { port: 0, log: { level: "silent" as const } };
    await expect(start({ ...quiet, index: file })).rejects.toThrow(file);
    await expect(start({ ...quiet, index: join(path, "none.maxsim") })).rejects.toThrow(
      "none.maxsim: it does not exist",
    );
    await expect(start({ ...quiet, index: path })).rejects.toThrow("it is not a file");
    await expect(start({ ...quiet, data: file })).rejects.toThrow("it is not a directory");
    await expect(start({ ...quiet, data: path, workers: 0 })).rejects.toMatchObject({ code: "CONFIGURATION" });
    await expect(start({ ...quiet, data: path, tls: { cert: file, key: file } })).rejects.toThrow(
      "expected a PEM file",
    );
    await buildSample(join(path, "Wrong Name.maxsim"));
    await expect(start({ ...quiet, index: join(path, "Wrong Name.maxsim") })).rejects.toThrow("--name");
  });

  it("does not start on an address in use", async () => {
    const { server, root } = await serve({ v1: {} });
    const other = start({ data: root, port: server.dataPort, log: { level: "silent" } });
    await expect(other).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("has the admin listener on a socket file that its owner alone may use, and takes over one left behind", async () => {
    const path = join(await folder(), "admin.sock");
    // A process that is killed leaves its socket file.
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow();
    expect(statSync(path).isSocket()).toBe(true);
    const { server } = await serve({ v1: {} }, { admin: `unix:${path}` });
    expect(server.adminAddress).toBe(`unix:${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const admin = new RawClient(`unix:${path}`);
    expect(
      (await admin.unary(AdminService.method.loadIndex, { index: "books", version: "v1" })).indexVersion?.version,
    ).toBe("v1");
    admin.close();
    await expect(serveCatalog({ v1: {} }, { admin: `unix:${path}` })).rejects.toThrow("another process listens there");
    const file = join(path, "..", "file");
    await writeFile(file, "");
    await expect(serveCatalog({ v1: {} }, { admin: `unix:${file}` })).rejects.toThrow(
      "a file is there that is not a socket",
    );
  });

  it("reports what it does to Prometheus, and whether it serves to probes", async () => {
    const { server, client } = await serve({ v1: {} }, { metrics: "127.0.0.1:0" });
    await client.unary(search, { query: tensor(2, 1) });
    await client.unary(search, {}).catch(() => undefined);
    const get = async (path: string): Promise<{ status: number; text: string }> => {
      const response = await fetch(`http://${server.metricsAddress}${path}`);
      return { status: response.status, text: await response.text() };
    };
    const { text } = await get("/metrics");
    const method = 'method="maxsimd.v1.SearchService/Search"';
    expect(text).toContain(`maxsimd_rpc_requests_total{${method},code="0"} 1`);
    expect(text).toContain(`maxsimd_rpc_requests_total{${method},code="3"} 1`);
    expect(text).toContain(`maxsimd_rpc_seconds_count{${method}} 2`);
    expect(text).toContain(`maxsimd_rpc_in_flight{${method}} 0`);
    expect(text).toContain("maxsimd_task_queries_count 1");
    expect(text).toMatch(/maxsimd_index_info\{index="books",version="v1",digest="[0-9a-f]{64}",state="current"\} 1/);
    expect(text).toContain("process_resident_memory_bytes");
    expect(await get("/healthz")).toEqual({ status: 200, text: "serving\n" });
    expect((await get("/")).status).toBe(404);
  });

  it("serves over TLS, and with an authority only to callers that it knows", async () => {
    const path = await folder();
    makeCertificates(path);
    const at = (name: string): string => join(path, name);
    const pem = (name: string): Buffer => readFileSync(at(name));
    const { server } = await serve(
      { v1: {} },
      { tls: { cert: at("server.crt"), key: at("server.key"), clientCa: at("ca.crt") } },
    );
    const known = new RawClient(
      server.dataAddress,
      {},
      credentials.createSsl(pem("ca.crt"), pem("client.key"), pem("client.crt")),
    );
    expect((await known.unary(search, { query: tensor(1, 1) })).hits?.docIds).toHaveLength(10);
    known.close();
    for (const stranger of [credentials.createInsecure(), credentials.createSsl(pem("ca.crt"))]) {
      const client = new RawClient(server.dataAddress, {}, stranger);
      await expect(client.unary(search, { query: tensor(1, 1) }, { deadline: Date.now() + 5000 })).rejects.toThrow();
      client.close();
    }
  });
});

describe("two servers on one catalog", () => {
  it("serve the same version soon after one of them was swapped", async () => {
    const { root, admin } = await serve({ v1: {}, v2: { seed: 2 } });
    const other = await start({ data: root, port: 0, log: { level: "silent" } });
    cleanups.push(() => other.drain());
    const client = new RawClient(other.dataAddress);
    const version = async (): Promise<string | undefined> =>
      (await client.unary(search, { query: tensor(1, 1) })).indexVersion?.version;
    expect(await version()).toBe("v1");
    await admin.unary(AdminService.method.swapIndex, { index: "books", version: "v2" });
    await expect.poll(version, { timeout: 20_000 }).toBe("v2");
    client.close();
  });
});

describe("drain", () => {
  it("answers what a stream has had accepted, ends it with SHUTTING_DOWN, and closes everything", async () => {
    const { server, client } = await serve({ v1: {} });
    const call = client.bidi(searchStream);
    const all = readAll<SearchStreamResponse>(call as never);
    call.write({ queryIds: [1n], queries: { tokens: tensor(2, 1), rowCounts: [2] } });
    await new Promise((resolve) => call.once("data", resolve));
    const drained = server.drain();
    expect(server.drain()).toBe(drained);
    await drained;
    const { messages, status } = await all;
    expect(messages.flatMap(({ outcomes }) => outcomes)).toHaveLength(1);
    expect(status.code).toBe(GrpcCode.UNAVAILABLE);
    expect(detailOf(status)?.code).toBe(ErrorCode.SHUTTING_DOWN);
    await expect(client.unary(search, {}, { deadline: Date.now() + 200 })).rejects.toThrow();
  });
});

/** An authority, and a server's and a client's certificate that it signed, as files. */
function makeCertificates(path: string): void {
  const openssl = (...args: string[]): Buffer => execFileSync("openssl", args, { cwd: path, stdio: "pipe" });
  openssl(
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-subj",
    "/CN=ca",
    "-days",
    "1",
  );
  for (const name of ["server", "client"]) {
    openssl(
      "req",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
      "-subj",
      `/CN=${name}`,
      "-addext",
      "subjectAltName=IP:127.0.0.1",
    );
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-out",
      `${name}.crt`,
      "-days",
      "1",
      "-copy_extensions",
      "copyall",
    );
  }
}
