import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { status as GrpcCode } from "@grpc/grpc-js";
import { ErrorCode, SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf, errorOf, RawClient } from "../testing/raw-client.js";
import { buildSample, temporaryFolder } from "../testing/sample-index.js";
import { HANGING_ROWS, hangingSearch, type ServerProcess, startProcess } from "../testing/server-process.js";
import { tensor } from "../testing/test-server.js";

// The promise: the process ends with 0 within the grace and one second of being asked to, whatever its peers and workers do. While it
// serves, a worker that does not come back is replaced.

const { search } = SearchService.method;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, "books.maxsim");
  await buildSample(file);
});
afterAll(() => folder.remove());

/** Asks a server to stop; resolves to how it ended, and after how many milliseconds. */
async function stop({ child, exited }: ServerProcess): Promise<{ ending: [number | null, string | null]; ms: number }> {
  const started = performance.now();
  child.kill("SIGTERM");
  const ending = await exited;
  return { ending, ms: performance.now() - started };
}

/** A client in another process that opens a connection and then does nothing. */
const CLIENT = `
  const session = require("node:http2").connect("http://" + process.argv[1]);
  session.once("remoteSettings", () => console.log("connected"));
`;

describe("the process", () => {
  it("ends without waiting for the grace although a peer without a call is stopped and never closes its side", async () => {
    const server = await startProcess([file, "--drain-grace-ms", "5000"]);
    const client = spawn(process.execPath, ["-e", CLIENT, server.data], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(client.stdout, "data");
      client.kill("SIGSTOP");
      const { ending, ms } = await stop(server);
      expect(ending).toEqual([0, null]);
      expect(ms).toBeLessThan(4000);
    } finally {
      client.kill("SIGKILL");
    }
  });

  it("ends after the grace although a search hangs, and /healthz says 503 until then", async () => {
    const { execArgv } = hangingSearch(await subfolder());
    const graceMs = 1500;
    const args = [file, "--workers", "1", "--metrics", "127.0.0.1:0", "--drain-grace-ms", String(graceMs)];
    const server = await startProcess(args, execArgv);
    const client = new RawClient(server.data);
    const healthz = async (): Promise<number> => (await fetch(`http://${server.metrics}/healthz`)).status;
    expect(await healthz()).toBe(200);
    const hung = errorOf(client.unary(search, { query: tensor(HANGING_ROWS, 1) }));
    await waitUntil(server, "maxsimd_queries_running 1");
    const stopped = stop(server);
    await server.logged("draining");
    expect(await healthz()).toBe(503);
    expect(detailOf(await hung)?.code).toBe(ErrorCode.SHUTTING_DOWN);
    const { ending, ms } = await stopped;
    expect(ending).toEqual([0, null]);
    expect(ms).toBeGreaterThan(graceMs);
    expect(ms).toBeLessThan(graceMs + 1000);
    client.close();
  });

  it("replaces a worker that does not come back, counts it, and takes it back or lets it end when it does", async () => {
    const { execArgv, release } = hangingSearch(await subfolder());
    const args = [file, "--workers", "1", "--metrics", "127.0.0.1:0", "--limit", "workerLostMs=50"];
    const server = await startProcess(args, execArgv);
    const client = new RawClient(server.data);
    const error = await errorOf(
      client.unary(search, { query: tensor(HANGING_ROWS, 1) }, { deadline: Date.now() + 200 }),
    );
    expect(error.code).toBe(GrpcCode.DEADLINE_EXCEEDED);
    const { serving, lost } = await server.logged("a worker thread does not return from a search that was stopped");
    expect([serving, lost]).toEqual([1, 1]);
    expect((await client.unary(search, { query: tensor(2, 1) })).hits?.docIds).toHaveLength(10);
    await waitUntil(server, "maxsimd_workers_lost_total 1");
    await waitUntil(server, "maxsimd_workers 1");
    await release();
    expect(await server.logged("a worker thread that was lost has returned")).toMatchObject({ serving: 1, lost: 0 });
    expect((await client.unary(search, { query: tensor(2, 1) })).hits?.docIds).toHaveLength(10);
    client.close();
    const { ending, ms } = await stop(server);
    expect(ending).toEqual([0, null]);
    expect(ms).toBeLessThan(5000);
  });

  it("is not serving once more workers are lost than are replaced, and still ends with 0", async () => {
    const { execArgv } = hangingSearch(await subfolder());
    const args = [file, "--workers", "1", "--metrics", "127.0.0.1:0", "--limit", "workerLostMs=1"];
    const server = await startProcess(args, execArgv);
    const client = new RawClient(server.data);
    // One at first, and four that replace it.
    for (let i = 0; i < 5; i++) {
      await errorOf(client.unary(search, { query: tensor(HANGING_ROWS, 1) }, { deadline: Date.now() + 200 }));
      await waitUntil(server, `maxsimd_workers_lost_total ${i + 1}`);
    }
    const error = await errorOf(client.unary(search, { query: tensor(2, 1) }));
    expect(detailOf(error)).toMatchObject({ code: ErrorCode.OVERLOADED, message: /no worker thread is left/ });
    expect((await fetch(`http://${server.metrics}/healthz`)).status).toBe(503);
    client.close();
    const { ending, ms } = await stop(server);
    expect(ending).toEqual([0, null]);
    expect(ms).toBeLessThan(5000);
  });
});

/** A folder for one test. */
function subfolder(): Promise<string> {
  return mkdtemp(join(folder.path, "test-"));
}

/** Resolves when the metrics hold a line. */
async function waitUntil(server: ServerProcess, line: string): Promise<void> {
  for (;;) {
    const text = await (await fetch(`http://${server.metrics}/metrics`)).text();
    if (text.split("\n").includes(line)) return;
  }
}
