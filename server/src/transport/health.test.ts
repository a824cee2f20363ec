import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ClientReadableStream, status as GrpcCode, Metadata, type ServiceError } from "@grpc/grpc-js";
import { AdminService, ErrorCode } from "@maxsimd/proto";
import { service as definition } from "grpc-health-check";
import { afterEach, expect, it } from "vitest";
import { detailOf, type RawClient } from "../../testing/raw-client.js";
import { temporaryFolder } from "../../testing/sample-index.js";
import { serveCatalog, type TestServer } from "../../testing/test-server.js";
import { makeToken, writeTokens } from "../../testing/tokens.js";

// The promise: health says of each index whether it answers, to callers who may search, and of the server as a whole what it always said.

const BOOKS = "maxsimd.v1.SearchService/books";
const PAPERS = "maxsimd.v1.SearchService/papers";
const { Check, Watch, List } = definition as Required<typeof definition>;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) {
    await cleanUp();
  }
});

/** Serves two indexes, `books` and `papers`. */
async function serveTwo(config: Parameters<typeof serveCatalog>[1] = {}): Promise<TestServer> {
  const served = await serveCatalog({ v1: {} }, config);
  cleanups.push(served.stop);
  const { root } = served;
  await mkdir(join(root, "papers"));
  await copyFile(join(root, "books/v1.maxsim"), join(root, "papers/v1.maxsim"));
  await writeFile(join(root, "papers/current"), "v1\n");
  return served;
}

function metadataOf(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) {
    metadata.set("authorization", `Bearer ${token}`);
  }
  return metadata;
}

/** The status of a name; rejects with the error of the call. */
function check({ client }: RawClient, service: string, token?: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = Check as NonNullable<typeof Check>;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { service },
      metadataOf(token),
      (error, response) => (error === null ? resolve((response as { status: string }).status) : reject(error)),
    );
  });
}

function watch({ client }: RawClient, service: string, token?: string): ClientReadableStream<{ status: string }> {
  const { path, requestSerialize, responseDeserialize } = Watch as NonNullable<typeof Watch>;
  const deserialize = responseDeserialize as (bytes: Buffer) => { status: string };
  return client.makeServerStreamRequest(path, requestSerialize, deserialize, { service }, metadataOf(token));
}

/** The next status that a watch brings. */
function next(call: ClientReadableStream<{ status: string }>): Promise<string> {
  return new Promise((resolve, reject) => {
    call.once("data", ({ status }) => resolve(status)).once("error", reject);
  });
}

async function refusal(
  answer: Promise<unknown>,
): Promise<{ code: number; reason: ErrorCode | undefined; text: string }> {
  const error = (await answer.then(
    (status) => Promise.reject(new Error(`expected a refusal, got ${status}`)),
    (thrown: unknown) => thrown,
  )) as ServiceError;
  return { code: error.code, reason: detailOf(error)?.code, text: error.details };
}

it("an index is SERVING while it answers, whatever the others do", async () => {
  const served = await serveTwo();
  const { client, admin } = served;
  expect(await check(client, BOOKS)).toBe("SERVING");
  expect(await refusal(check(client, PAPERS))).toMatchObject({
    code: GrpcCode.NOT_FOUND,
    reason: ErrorCode.UNKNOWN_INDEX,
  });
  await admin.unary(AdminService.method.swapIndex, { index: "papers", version: "v1" });
  expect(await check(client, PAPERS)).toBe("SERVING");
  await admin.unary(AdminService.method.unloadIndex, { index: "papers" });
  expect([await check(client, PAPERS), await check(client, BOOKS), await check(client, "")]).toEqual([
    "NOT_SERVING",
    "SERVING",
    "SERVING",
  ]);
});

it("a watch brings each change of an index, and SERVICE_UNKNOWN before it is served first", async () => {
  const { client, admin } = await serveTwo();
  const call = watch(client, PAPERS);
  expect(await next(call)).toBe("SERVICE_UNKNOWN");
  for (const [act, status] of [
    [() => admin.unary(AdminService.method.swapIndex, { index: "papers", version: "v1" }), "SERVING"],
    [() => admin.unary(AdminService.method.unloadIndex, { index: "papers" }), "NOT_SERVING"],
    [() => admin.unary(AdminService.method.swapIndex, { index: "papers", version: "v1" }), "SERVING"],
  ] as const) {
    const change = next(call);
    await act();
    expect(await change).toBe(status);
  }
  call.on("error", () => undefined).cancel();
});

it("a server that drains says NOT_SERVING of its indexes", async () => {
  const { client, server } = await serveTwo({ drainGraceMs: 100 });
  const call = watch(client, BOOKS);
  expect(await next(call)).toBe("SERVING");
  const last = next(call);
  call.on("error", () => undefined);
  await Promise.all([server.drain(), expect(last).resolves.toBe("NOT_SERVING")]);
});

it("with tokens, only callers who may search learn of an index, and List names none", async () => {
  const folder = await temporaryFolder();
  cleanups.push(folder.remove);
  const [reader, operator, gone] = [
    makeToken("reader", ["search"]),
    makeToken("operator", ["admin"]),
    makeToken("gone", ["search"]),
  ];
  const tokens = join(folder.path, "tokens.json");
  await writeTokens(tokens, [reader, operator, gone]);
  const { client, server } = await serveTwo({ tokens });
  const unknown = "maxsimd.v1.SearchService/other";
  for (const [token, code] of [
    [undefined, GrpcCode.UNAUTHENTICATED],
    [operator.token, GrpcCode.PERMISSION_DENIED],
  ] as const) {
    const there = await refusal(check(client, BOOKS, token));
    expect(there.code).toBe(code);
    expect(await refusal(check(client, unknown, token))).toEqual(there);
    expect(await refusal(next(watch(client, BOOKS, token)))).toEqual(there);
  }
  expect(await check(client, BOOKS, reader.token)).toBe("SERVING");
  expect((await refusal(check(client, unknown, reader.token))).code).toBe(GrpcCode.NOT_FOUND);
  expect(await check(client, "")).toBe("SERVING");
  const { path, requestSerialize, responseDeserialize } = List as NonNullable<typeof List>;
  const listed = await new Promise<{ statuses: object }>((resolve, reject) => {
    client.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, response) =>
      error === null ? resolve(response as { statuses: object }) : reject(error),
    );
  });
  expect(Object.keys(listed.statuses).sort()).toEqual(["", "maxsimd.v1.CatalogService", "maxsimd.v1.SearchService"]);

  const call = watch(client, BOOKS, gone.token);
  expect(await next(call)).toBe("SERVING");
  const ended = refusal(next(call));
  await writeTokens(tokens, [reader, operator]);
  await server.reload();
  expect((await ended).code).toBe(GrpcCode.UNAUTHENTICATED);
});
