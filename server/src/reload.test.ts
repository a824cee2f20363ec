import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { credentials, status as GrpcCode } from "@grpc/grpc-js";
import { AdminService, CatalogService, CollectionService, SearchService } from "@maxsimd/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Certificates } from "../testing/certificates.js";
import { errorOf, RawClient, statusOf } from "../testing/raw-client.js";
import { buildSample, temporaryFolder } from "../testing/sample-index.js";
import { serveCatalog, tensor } from "../testing/test-server.js";
import { bearer, type MadeToken, makeToken, writeTokens } from "../testing/tokens.js";

// The promise: tokens and certificates are replaced without a restart, a bad file changes nothing, and no secret reaches log or metrics.

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const { listIndexes } = CatalogService.method;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const path = (name: string): string => join(folder.path, name);
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) {
    await cleanUp();
  }
  await folder.remove();
});

type Line = { readonly msg: string; readonly [field: string]: unknown };

/** A server in a process of its own, whose log is read. */
class Daemon {
  /** All that it has written, in its own words. */
  text = "";
  readonly lines: Line[] = [];
  readonly exited: Promise<unknown[]>;
  readonly child: ChildProcess;
  #onLine: () => void = () => undefined;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args, "--port", "0", "--workers", "1"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = once(this.child, "exit");
    this.child.stdout?.on("data", (data) => {
      this.text += data;
    });
    createInterface({ input: this.child.stderr as never }).on("line", (line) => {
      this.text += `${line}\n`;
      this.lines.push(JSON.parse(line));
      this.#onLine();
    });
    cleanups.push(() => this.stop());
  }

  /** Resolves to the first line with this message from a position on. */
  async line(msg: string, from = 0): Promise<Line> {
    for (;;) {
      const found = this.lines.slice(from).find((line) => line.msg === msg);
      if (found !== undefined) {
        return found;
      }
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
  }

  hangUp(): void {
    this.child.kill("SIGHUP");
  }

  async stop(): Promise<unknown[]> {
    this.child.kill("SIGTERM");
    return this.exited;
  }
}

function clientOf(address: unknown, creds = credentials.createInsecure()): RawClient {
  const client = new RawClient(address as string, {}, creds);
  cleanups.push(() => client.close());
  return client;
}

async function codeOf(client: RawClient, token: MadeToken): Promise<number> {
  return client.unary(listIndexes, {}, bearer(token)).then(
    () => GrpcCode.OK,
    ({ code }) => code,
  );
}

describe("the token file", () => {
  const [a, b] = [makeToken("a", ["search"]), makeToken("b", ["search"])];

  it("is read again on SIGHUP; a bad one leaves the tokens as they are, with an error in log and metrics", async () => {
    await buildSample(path("books.maxsim"));
    await writeTokens(path("tokens"), [a]);
    const daemon = new Daemon(path("books.maxsim"), "--tokens", path("tokens"), "--metrics", "127.0.0.1:0");
    const { data, metrics } = await daemon.line("serving");
    const client = clientOf(data);
    expect([await codeOf(client, a), await codeOf(client, b)]).toEqual([GrpcCode.OK, GrpcCode.UNAUTHENTICATED]);

    await writeTokens(path("tokens"), [a, b]);
    daemon.hangUp();
    expect(await daemon.line("tokens loaded")).toMatchObject({ level: "info", tokens: 2 });
    expect([await codeOf(client, a), await codeOf(client, b)]).toEqual([GrpcCode.OK, GrpcCode.OK]);

    let from = daemon.lines.length;
    await writeFile(path("tokens"), "{");
    daemon.hangUp();
    const bad = await daemon.line("tokens not loaded; those before stay in force", from);
    expect(bad).toMatchObject({
      level: "error",
      err: { message: expect.stringContaining(`${path("tokens")}: expected JSON`) },
    });
    from = daemon.lines.length;
    await writeTokens(path("tokens"), [a]);
    await chmod(path("tokens"), 0o644);
    daemon.hangUp();
    const open = await daemon.line("tokens not loaded; those before stay in force", from);
    expect(open).toMatchObject({ err: { message: expect.stringContaining("got mode 644; chmod 600 it") } });
    expect([await codeOf(client, a), await codeOf(client, b)]).toEqual([GrpcCode.OK, GrpcCode.OK]);
    const text = await (await fetch(`http://${metrics}/metrics`)).text();
    expect(text).toMatch(/maxsimd_reloads_total\{what="tokens",outcome="failed"\} [2-9]/);
    expect(text).toMatch(/maxsimd_reloads_total\{what="tokens",outcome="ok"\} [1-9]/);
    expect(text).toContain('maxsimd_reloads_total{what="certificates",outcome="failed"} 0');
    expect(text).toContain('maxsimd_refused_calls_total{reason="unknown token"} 1');
    expect(text).toContain('maxsimd_rpc_requests_total{method="maxsimd.v1.CatalogService/ListIndexes",code="16"} 1');
    expect(await daemon.stop()).toEqual([0, null]);
  });

  it("is read again when it changes, also when another is renamed over it", async () => {
    await writeTokens(path("tokens"), [a]);
    const { client, stop } = await serveCatalog({ v1: {} }, { tokens: path("tokens") });
    cleanups.push(stop);
    // The stream ends when the file without its token is read.
    const ended = statusOf(client.bidi(SearchService.method.searchStream, bearer(a)) as never);
    await client.unary(listIndexes, {}, bearer(a));
    await writeTokens(path("next"), [b]);
    await rename(path("next"), path("tokens"));
    expect((await ended).code).toBe(GrpcCode.UNAUTHENTICATED);
    expect([await codeOf(client, a), await codeOf(client, b)]).toEqual([GrpcCode.UNAUTHENTICATED, GrpcCode.OK]);
  });

  it("keeps a server from starting that cannot be used, and says where it is wrong", async () => {
    const config = { tokens: path("tokens") };
    await expect(serveCatalog({}, config)).rejects.toMatchObject({
      code: "CONFIGURATION",
      message: `${path("tokens")}: it does not exist; check the path`,
    });
    await writeTokens(path("tokens"), [{ ...a, entry: { ...a.entry, scopes: ["all"] } }]);
    await expect(serveCatalog({}, config)).rejects.toThrow("tokens: tokens[0].scopes[0]: expected search or admin");
    await writeTokens(path("tokens"), [a], [{ name: "x", scopes: ["search"], identity: "dns:x" }]);
    await expect(serveCatalog({}, config)).rejects.toThrow("certificates: expected the setting tls.clientCa");
  });
});

it("SIGHUP does not end a server without a token file, not even one that is still starting", async () => {
  await buildSample(path("books.maxsim"));
  const daemon = new Daemon(path("books.maxsim"));
  const { data } = await daemon.line("index loaded").then(() => {
    daemon.hangUp();
    return daemon.line("serving");
  });
  daemon.hangUp();
  const client = clientOf(data);
  for (let i = 0; i < 3; i++) {
    daemon.hangUp();
    await client.unary(listIndexes, {});
  }
  expect(await daemon.stop()).toEqual([0, null]);
});

describe("the log", () => {
  it("has a line for each admin call and for refused calls, and never a secret", async () => {
    await mkdir(path("data/books"), { recursive: true });
    await buildSample(path("data/books/v1.maxsim"));
    await buildSample(path("data/books/v2.maxsim"), { seed: 2 });
    await writeFile(path("data/books/current"), "v1\n");
    const operator = makeToken("operator", ["admin"]);
    const old = makeToken("old", ["admin"], new Date(Date.now() - 1000));
    const stranger = makeToken("stranger", ["admin"]);
    await writeTokens(path("tokens"), [operator, old]);
    const args = ["--tokens", path("tokens"), "--admin", `unix:${path("admin.sock")}`, "--metrics", "127.0.0.1:0"];
    const daemon = new Daemon("--data", path("data"), ...args, "--log-level", "trace");
    const { admin, data, metrics } = await daemon.line("serving");
    const client = clientOf(admin);
    const { swapIndex } = AdminService.method;

    await client.unary(swapIndex, { index: "books", version: "v2" }, bearer(operator));
    await errorOf(client.unary(swapIndex, { index: "books", version: "none" }, bearer(operator)));
    await client.unary(CollectionService.method.listVersions, { index: "books" }, bearer(operator));
    await errorOf(client.clientStream(CollectionService.method.upsert, [{ index: "books" }], bearer(operator)));
    await errorOf(client.unary(swapIndex, Buffer.from([0xff]), bearer(operator)));
    const calls = () => daemon.lines.filter(({ msg }) => msg === "admin call");
    // The log comes through a pipe, the answers through a socket.
    await expect.poll(() => calls().length).toBeGreaterThanOrEqual(5);
    const audits = calls();
    const line = (method: string, outcome: string, index?: string) => ({
      method: `maxsimd.v1.${method}`,
      outcome,
      index,
    });
    expect(audits.map(({ method, outcome, index }) => ({ method, outcome, index }))).toEqual([
      line("AdminService/SwapIndex", "OK", "books"),
      line("AdminService/SwapIndex", "NOT_FOUND", "books"),
      line("CollectionService/ListVersions", "OK", "books"),
      line("CollectionService/Upsert", "INVALID_ARGUMENT", "books"),
      line("AdminService/SwapIndex", "INVALID_ARGUMENT"),
    ]);
    expect(new Set(audits.map(({ caller }) => caller))).toEqual(new Set(["operator"]));

    const canaries = [operator, old, stranger].map(({ token }) => token);
    const errors: unknown[] = [];
    for (const to of [client, clientOf(data)]) {
      for (const token of canaries) {
        for (const authorization of [`Bearer ${token}`, `Basic ${token}`, token, `Bearer ${token} ${token}`]) {
          const headers = { authorization };
          errors.push(
            await to.unary(listIndexes, {}, { headers }).catch(({ details, metadata }) => [details, metadata.getMap()]),
          );
          errors.push(await statusOf(to.bidi(SearchService.method.searchStream, { headers }) as never));
        }
      }
    }
    // A token where its hash belongs, in a file that is read again.
    for (const content of [
      { tokens: [{ name: "a", scopes: ["search"], sha256: stranger.token }] },
      { tokens: [{ name: "a", scopes: ["search"], [stranger.token]: 1 }] },
      `{"tokens": [${stranger.token}]}`,
    ]) {
      const from = daemon.lines.length;
      await writeFile(path("tokens"), typeof content === "string" ? content : JSON.stringify(content));
      daemon.hangUp();
      await daemon.line("tokens not loaded; those before stay in force", from);
    }
    const refused = daemon.lines.filter(({ msg }) => msg === "call refused");
    expect(refused).toHaveLength(10);
    const method = "maxsimd.v1.CatalogService/ListIndexes";
    expect(refused[0]).toMatchObject({
      level: "warn",
      reason: "missing scope",
      caller: "operator",
      method,
      leftOut: 0,
    });
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(
      new Set(["missing scope", "unknown token", "expired token"]),
    );
    const scrape = await (await fetch(`http://${metrics}/metrics`)).text();
    expect(scrape).toContain("maxsimd_refused_calls_total");
    expect(await daemon.stop()).toEqual([0, null]);
    for (const token of canaries) {
      // After the beginning that all tokens share.
      const secret = token.slice(4, 14);
      expect(daemon.text).not.toContain(secret);
      expect(JSON.stringify(errors)).not.toContain(secret);
      expect(scrape).not.toContain(secret);
    }
  });

  it("warns once of an admin listener that every user of the machine can call", async () => {
    await buildSample(path("books.maxsim"));
    const warning = "every user of this machine may change what is served";
    const open = new Daemon(path("books.maxsim"), "--admin", "127.0.0.1:0");
    await open.line("serving");
    expect(open.lines.filter(({ msg }) => msg === warning)).toHaveLength(1);
    await writeTokens(path("tokens"), [a()]);
    for (const args of [
      ["--admin", "127.0.0.1:0", "--tokens", path("tokens")],
      ["--admin", `unix:${path("admin.sock")}`],
    ]) {
      const closed = new Daemon(path("books.maxsim"), ...args);
      await closed.line("serving");
      expect(closed.lines.map(({ msg }) => msg)).not.toContain(warning);
    }
  });
});

function a(): MadeToken {
  return makeToken("a", ["search"]);
}

describe("certificates", () => {
  it("let in callers by the names in them, each with its scopes; on the network the admin listener speaks TLS too", async () => {
    const made = new Certificates(folder.path);
    made.authority("ca");
    made.authority("other-ca");
    made.make("server");
    made.make("reader", { names: "URI:spiffe://prod/reader" });
    made.make("indexer");
    made.make("stranger");
    made.make("late", { names: "URI:spiffe://prod/reader", expired: true });
    made.make("forged", { names: "URI:spiffe://prod/reader", authority: "other-ca" });
    const ci = makeToken("ci", ["search"]);
    await writeTokens(
      path("tokens"),
      [ci],
      [
        { name: "reader", scopes: ["search"], identity: "uri:spiffe://prod/reader" },
        { name: "indexer", scopes: ["admin"], identity: "cn:indexer" },
      ],
    );
    const tls = { cert: made.path("server.crt"), key: made.path("server.key"), clientCa: made.path("ca.crt") };
    // Other spellings than those that the configuration knows for this machine count as the network.
    const remote = { host: "LocalHost", admin: "LocalHost:0" };
    const { server, stop } = await serveCatalog({ v1: {} }, { tokens: path("tokens"), tls, ...remote });
    cleanups.push(stop);
    const list = (name: string | undefined, token?: MadeToken): Promise<number> =>
      clientOf(server.dataAddress, made.client(name))
        .unary(listIndexes, {}, { ...(token === undefined ? {} : bearer(token)), deadline: Date.now() + 5000 })
        .then(
          () => GrpcCode.OK,
          ({ code }) => code,
        );
    const swap = (name: string): Promise<number> =>
      clientOf(server.adminAddress, made.client(name))
        .unary(AdminService.method.swapIndex, { index: "books", version: "v1" }, { deadline: Date.now() + 5000 })
        .then(
          () => GrpcCode.OK,
          ({ code }) => code,
        );
    const { OK, UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE } = GrpcCode;
    const table = {
      reader: [await list("reader"), await swap("reader")],
      indexer: [await list("indexer"), await swap("indexer")],
      stranger: [await list("stranger"), await swap("stranger")],
      "stranger with a token": [await list("stranger", ci)],
      "reader with a wrong token": [await list("reader", a())],
      late: [await list("late"), await swap("late")],
      forged: [await list("forged"), await swap("forged")],
      "no certificate": [await list(undefined), await list(undefined, ci)],
    };
    expect(table).toEqual({
      reader: [OK, PERMISSION_DENIED],
      indexer: [PERMISSION_DENIED, OK],
      stranger: [UNAUTHENTICATED, UNAUTHENTICATED],
      "stranger with a token": [OK],
      "reader with a wrong token": [UNAUTHENTICATED],
      late: [UNAVAILABLE, UNAVAILABLE],
      forged: [UNAVAILABLE, UNAVAILABLE],
      "no certificate": [UNAVAILABLE, UNAVAILABLE],
    });
  });

  it("of the server and its authority are replaced while it runs; a key that does not fit changes nothing", async () => {
    const made = new Certificates(folder.path);
    made.authority("ca");
    made.authority("other-ca");
    made.make("server");
    made.make("client");
    made.make("other-client", { authority: "other-ca" });
    const tls = { cert: made.path("server.crt"), key: made.path("server.key"), clientCa: made.path("callers.crt") };
    await writeFile(tls.clientCa, made.pem("ca.crt"));
    const { server, stop } = await serveCatalog({ v1: {} }, { tls });
    cleanups.push(stop);
    const port = server.dataPort;
    /** Serial number of the certificate that the server shows to a new connection. */
    const serial = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const [key, cert] = [made.pem("client.key"), made.pem("client.crt")];
        const socket = connect(
          { port, host: "127.0.0.1", ca: made.pem("ca.crt"), key, cert, ALPNProtocols: ["h2"] },
          () => {
            resolve(socket.getPeerCertificate().serialNumber);
            socket.destroy();
          },
        );
        socket.once("error", reject);
      });
    const calls = (name: string): Promise<boolean> =>
      clientOf(server.dataAddress, made.client(name))
        .unary(SearchService.method.search, { query: tensor(1, 1) }, { deadline: Date.now() + 5000 })
        .then(
          () => true,
          () => false,
        );
    const before = clientOf(server.dataAddress, made.client("client"));
    await before.unary(listIndexes, {});
    const first = await serial();
    expect([await calls("client"), await calls("other-client")]).toEqual([true, false]);

    made.make("server");
    await writeFile(tls.clientCa, made.pem("other-ca.crt"));
    await server.reload();
    expect([await calls("client"), await calls("other-client")]).toEqual([false, true]);
    // A connection that is open stays.
    await before.unary(listIndexes, {});

    await writeFile(tls.clientCa, made.pem("ca.crt"));
    await server.reload();
    const second = await serial();
    expect(second).not.toBe(first);
    made.make("server");
    await writeFile(tls.key, made.pem("client.key"));
    await server.reload();
    expect(await serial()).toBe(second);
  });
});
