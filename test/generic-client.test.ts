import { spawn } from "node:child_process";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { Index } from "@maxsimd/native";
import { corpus, corpusFiles } from "@maxsimd/native/testing";
import { ErrorCode, ErrorDetailSchema } from "@maxsimd/proto";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./support/root.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: a gRPC tool that knows nothing of maxsimd finds its services, sees its health and calls it.

const folder = useTemporaryFolder();
const data = corpus({ documents: 30, dim: 8, types: 5 });
let server: RunningServer;

beforeAll(async () => {
  const { vectors, tokenIds, doclens } = corpusFiles(data, folder.path);
  const output = join(folder.path, "small.maxsim");
  const attributes = Array.from({ length: 30 }, (_, i) => ({
    id: `doc-${i}`,
    year: 2000 + i,
    tags: ["all", `t${i % 3}`],
  }));
  (await Index.build(vectors, tokenIds, doclens, { output, attributes })).close();
  server = await start({ index: output, port: 0, log: { level: "error" } });
});

afterAll(async () => server?.drain());

/** Runs `buf curl`, which learns the services from the server itself. */
function curl(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const common = ["curl", "--protocol", "grpc", "--http2-prior-knowledge"];
  const child = spawn(join(root, "node_modules/.bin/buf"), [...common, ...args], { cwd: folder.path });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const url = (path: string) => `http://${server.dataAddress}/${path}`;
const call = (method: string, request: unknown) => curl("--data", JSON.stringify(request), url(method));

it("the services of the data listener are listed, and the admin service is not", async () => {
  const { stdout } = await curl("--list-services", url(""));
  const services = stdout.trim().split("\n").sort();
  expect(services).toContain("maxsimd.v1.CatalogService");
  expect(services).toContain("maxsimd.v1.SearchService");
  expect(services).toContain("grpc.health.v1.Health");
  expect(services).not.toContain("maxsimd.v1.AdminService");
});

it("health answers SERVING", async () => {
  const { stdout } = await call("grpc.health.v1.Health/Check", {});
  expect(JSON.parse(stdout)).toEqual({ status: "SERVING" });
});

describe("Search", () => {
  const tensor = (values: Uint16Array) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
  const query = () => ({ dtype: "DTYPE_F16", dim: 8, rows: 3, data: tensor(data.vectors.subarray(0, 3 * 8)) });

  it("answers a request written as JSON", async () => {
    const { stdout } = await call("maxsimd.v1.SearchService/Search", { query: query(), params: { k: 3 } });
    const { hits, indexVersion } = JSON.parse(stdout);
    expect(hits.docIds).toHaveLength(3);
    expect(hits.scores).toHaveLength(3);
    expect(indexVersion).toMatchObject({ index: "small", version: "1" });
    expect(indexVersion.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("takes a filter, and brings ids and stored fields", async () => {
    const { stdout: described } = await call("maxsimd.v1.CatalogService/Describe", {});
    const types = { tags: "ATTRIBUTE_TYPE_KEYWORDS", year: "ATTRIBUTE_TYPE_INTEGER" };
    expect(JSON.parse(described).attributes).toEqual(types);
    const filter = {
      allOf: {
        filters: [
          { range: { field: "year", gte: { integer: "2003" }, lt: { integer: "2009" } } },
          { noneOf: { filters: [{ equals: { field: "tags", value: { text: "t1" } } }] } },
          { ids: { ids: ["doc-3", "doc-4", "doc-5", "doc-20"] } },
        ],
      },
    };
    const request = { query: query(), filter, fields: { names: ["year"] } };
    const { hits } = JSON.parse((await call("maxsimd.v1.SearchService/Search", request)).stdout);
    const withTokens = [3, 5].filter((i) => (data.doclens[i] ?? 0) > 0);
    expect([...hits.docIds].sort()).toEqual(withTokens);
    expect(hits.ids).toEqual(hits.docIds.map((position: number) => `doc-${position}`));
    expect(hits.fields).toEqual(hits.docIds.map((position: number) => ({ year: 2000 + position })));
    expect(hits.exhausted).toBe(true);
  });

  const halves = (...bits: number[]) => tensor(Uint16Array.from(bits));
  const refused: [fault: string, code: string, reason: string, request: () => unknown][] = [
    ["no dtype", "invalid_argument", "INVALID_DTYPE", () => ({ query: { ...query(), dtype: 0 } })],
    ["an unknown dtype", "invalid_argument", "INVALID_DTYPE", () => ({ query: { ...query(), dtype: 9 } })],
    ["another dim", "invalid_argument", "DIM_MISMATCH", () => ({ query: { ...query(), dim: 6, rows: 4 } })],
    [
      "a byte count that is not the shape's",
      "invalid_argument",
      "SHAPE_MISMATCH",
      () => ({ query: { ...query(), rows: 2 } }),
    ],
    [
      "NaN",
      "invalid_argument",
      "NON_FINITE",
      () => ({ query: { ...query(), rows: 1, data: halves(0, 0, 0, 0x7e00, 0, 0, 0, 0) } }),
    ],
    ["no token", "invalid_argument", "EMPTY_QUERY", () => ({ query: { ...query(), rows: 0, data: "" } })],
    ["no query", "invalid_argument", "EMPTY_QUERY", () => ({})],
    ["k = 0", "invalid_argument", "INVALID_PARAMETER", () => ({ query: query(), params: { k: 0 } })],
    [
      "a filter on what is no attribute",
      "invalid_argument",
      "INVALID_FILTER",
      () => ({ query: query(), filter: { exists: { field: "yeer" } } }),
    ],
    ["an unknown index", "not_found", "UNKNOWN_INDEX", () => ({ query: query(), index: { index: "other" } })],
    [
      "an unknown version",
      "not_found",
      "UNKNOWN_VERSION",
      () => ({ query: query(), index: { index: "small", version: "2" } }),
    ],
  ];

  it.each(refused)("refuses %s, typed", async (_fault, code, reason, request) => {
    const { code: exit, stderr } = await call("maxsimd.v1.SearchService/Search", request());
    expect(exit).not.toBe(0);
    const error = JSON.parse(stderr);
    expect(error.code).toBe(code);
    const [{ type, value }] = error.details;
    expect(type).toBe("maxsimd.v1.ErrorDetail");
    const detail = fromBinary(ErrorDetailSchema, Buffer.from(value, "base64"));
    expect(ErrorCode[detail.code]).toBe(reason);
    expect(detail.message).not.toBe("");
  });
});
