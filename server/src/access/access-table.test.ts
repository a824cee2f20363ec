import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { status as GrpcCode, Metadata, type StatusObject } from "@grpc/grpc-js";
import { AdminService, CatalogService, CollectionService, ErrorCode, SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf, type RawClient } from "../../testing/raw-client.js";
import { temporaryFolder } from "../../testing/sample-index.js";
import { serveCatalog, type TestServer } from "../../testing/test-server.js";
import { type MadeToken, makeToken, writeTokens } from "../../testing/tokens.js";
import { RULES } from "./rules.js";

// The promise: on both listeners each method lets in exactly whom its rule names, and says the same to all whom it does not know.

const served: Readonly<Record<"data" | "admin", readonly DescService[]>> = {
  data: [SearchService, CatalogService],
  admin: [AdminService, CollectionService],
};
const WATCH = "/grpc.health.v1.Health/Watch";

const search = makeToken("reader", ["search"]);
const admin = makeToken("operator", ["admin"]);
const both = makeToken("all", ["search", "admin"]);
const expired = makeToken("old", ["search", "admin"], new Date(Date.now() - 1000));
const revoked = makeToken("gone", ["search", "admin"]);
const unknown = makeToken("stranger", ["search", "admin"]);

/** What a caller may do, and what it sends. */
const CALLERS: Readonly<Record<string, { scopes: readonly string[]; header: string | undefined }>> = {
  "no token": { scopes: [], header: undefined },
  "a wrong token": { scopes: [], header: `Bearer ${unknown.token}` },
  "a malformed token": { scopes: [], header: "Basic dXNlcjpwYXNz" },
  "an empty token": { scopes: [], header: "Bearer" },
  "an expired token": { scopes: [], header: `Bearer ${expired.token}` },
  "a revoked token": { scopes: [], header: `Bearer ${revoked.token}` },
  "a search token": { scopes: ["search"], header: `Bearer ${search.token}` },
  "an admin token": { scopes: ["admin"], header: `Bearer ${admin.token}` },
  "a token for both": { scopes: ["search", "admin"], header: `Bearer ${both.token}` },
};

/** The status that a caller gets, from the rules; undefined: whatever the method itself answers. */
function expected(path: string, isServed: boolean, scopes: readonly string[]): GrpcCode | undefined {
  const rule = RULES.get(path);
  if (rule === "open") {
    return undefined;
  }
  if (scopes.length === 0) {
    return GrpcCode.UNAUTHENTICATED;
  }
  if (rule !== undefined && !scopes.includes(rule)) {
    return GrpcCode.PERMISSION_DENIED;
  }
  return isServed ? undefined : GrpcCode.UNIMPLEMENTED;
}

let server: TestServer;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  const tokens = join(folder.path, "tokens.json");
  const kept: MadeToken[] = [search, admin, both, expired];
  await writeTokens(tokens, [...kept, revoked]);
  server = await serveCatalog({ v1: {} }, { tokens });
  // Before it is taken out, it is valid.
  const { code } = await call(
    server.client,
    "/maxsimd.v1.CatalogService/ListIndexes",
    CALLERS["a revoked token"]?.header,
  );
  expect(code).toBe(GrpcCode.OK);
  await writeTokens(tokens, kept);
  await server.server.reload();
});
afterAll(async () => {
  await server.stop();
  await folder.remove();
});

/** Calls any method with one empty message, as all shapes look alike on the wire. */
function call(client: RawClient, path: string, authorization: string | undefined): Promise<StatusObject> {
  const metadata = new Metadata();
  if (authorization !== undefined) {
    metadata.set("authorization", authorization);
  }
  const asIs = (bytes: Buffer): Buffer => bytes;
  const stream = client.client.makeBidiStreamRequest(path, asIs, asIs, metadata);
  return new Promise((resolve) => {
    stream.on("error", () => undefined);
    stream.on("status", resolve);
    // A watch does not end by itself.
    stream.on("metadata", () => path === WATCH && resolve({ code: GrpcCode.OK } as StatusObject));
    stream.on("data", () => path === WATCH && stream.cancel());
    stream.write(Buffer.alloc(0));
    stream.end();
  });
}

describe.each(["data", "admin"] as const)("on the %s listener", (listener) => {
  const services = served[listener].map(({ typeName }) => typeName);
  const paths = [...RULES.keys(), "/maxsimd.v1.SearchService/NoSuchMethod", "/"];

  it.each(Object.entries(CALLERS))("%s opens what the rules say", async (_, { scopes, header }) => {
    const client = listener === "data" ? server.client : server.admin;
    for (const path of paths) {
      const isServed = RULES.get(path) === "open" || services.some((name) => path.startsWith(`/${name}/`));
      const isMethod = RULES.has(path);
      const wanted = expected(path, isServed && isMethod, scopes);
      const { code } = await call(client, path, header);
      const refusals = [GrpcCode.UNAUTHENTICATED, GrpcCode.PERMISSION_DENIED, GrpcCode.UNIMPLEMENTED];
      const got = refusals.includes(code) ? code : undefined;
      expect([path, GrpcCode[got ?? 0]]).toEqual([path, GrpcCode[wanted ?? 0]]);
    }
  });
});

it("the answer is the same for tokens that are unknown, malformed, empty, expired and revoked", async () => {
  const answers = new Set<string>();
  for (const [name, { scopes, header }] of Object.entries(CALLERS)) {
    if (scopes.length === 0 && name !== "no token") {
      const { code, details, metadata } = await call(server.client, "/maxsimd.v1.SearchService/Search", header);
      const detail = detailOf({ metadata });
      expect(detail?.code).toBe(ErrorCode.UNAUTHENTICATED);
      metadata.remove("date");
      answers.add(JSON.stringify([code, details, metadata.getMap(), detail]));
    }
  }
  expect([...answers].slice(1)).toEqual([]);
});
