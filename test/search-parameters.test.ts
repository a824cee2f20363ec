import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MaxsimClient, type SearchParams } from "@maxsimd/client";
import { Index } from "@maxsimd/native";
import { corpus, QUICK, unitVectors } from "@maxsimd/native/testing";
import { SearchParamsSchema } from "@maxsimd/proto";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "./support/root.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: every search parameter of the wire contract passes from the client through the server and the addon to the core,
// and changes the answer there. One that is forgotten on the way fails here.

/** For each parameter a value that changes the answers of `BASE`, and values outside its range. */
const PARAMETERS: Record<keyof SearchParams, { changed: number | null; outside: number[] }> = {
  k: { changed: 3, outside: [0, 1_000_000] },
  kCentroids: { changed: 20, outside: [0] },
  kDocsToScore: { changed: 12, outside: [0] },
  efSearch: { changed: 300, outside: [0] },
  alpha: { changed: null, outside: [-1] },
  beta: { changed: 1, outside: [0] },
  lambda: { changed: 0.9, outside: [-1] },
};
const BASE: SearchParams = { k: 10, kCentroids: 2, efSearch: 2, alpha: 0.05 };
const DIM = 32;
const QUERIES = 60;

const folder = useTemporaryFolder();
const names = SearchParamsSchema.fields.map((field) => field.localName);
const vectors = unitVectors(QUERIES * 6, DIM, 8);
const queries = Array.from({ length: QUERIES }, (_, i) => ({
  data: vectors.subarray(i * 6 * DIM, (i + 1) * 6 * DIM),
  dim: DIM,
}));
let index: Index;
let server: RunningServer;
let client: MaxsimClient;

beforeAll(async () => {
  const data = corpus({ seed: 3, documents: 500, dim: DIM, types: 25, longest: 24 });
  const output = join(folder.path, "small.maxsim");
  index = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, { ...QUICK, output, dim: DIM });
  server = await start({ index: output, port: 0, workers: 1, log: { level: "error" } });
  client = new MaxsimClient(server.dataAddress, { dtype: "f32" });
});
afterAll(async () => {
  client?.close();
  index?.close();
  await server?.drain();
});

async function served(params: SearchParams): Promise<number[][]> {
  const outcomes = await client.searchBatchAll(queries, params);
  return outcomes.map((outcome) => [...(outcome.error === undefined ? outcome.docIds : [])]);
}

async function native(params: SearchParams): Promise<number[][]> {
  const answers = await Promise.all(queries.map(({ data }) => index.search(data, params)));
  return answers.map(({ docIds }) => [...docIds]);
}

it("every parameter of the contract is tried here, and the addon has the same ones", () => {
  expect(Object.keys(PARAMETERS)).toEqual(names);
  const declarations = readFileSync(join(root, "native/binding/gen/addon.d.ts"), "utf8");
  const [, body = ""] = /interface SearchParams \{(.*?)\n\}/s.exec(declarations) ?? [];
  // The filter is a field of requests, as it is longer than parameters.
  expect([...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name)).toEqual([...names, "filter"]);
});

it.each(names)("%s has the effect through client and server that it has in the core", async (name) => {
  const params = { ...BASE, [name]: PARAMETERS[name as keyof SearchParams].changed };
  const answers = await served(params);
  expect(answers).not.toEqual(await served(BASE));
  expect(answers).toEqual(await native(params));
});

it.each(names)("the server rejects %s outside its range, by its name", async (name) => {
  const field = SearchParamsSchema.field[name as keyof typeof SearchParamsSchema.field].name;
  for (const value of PARAMETERS[name as keyof SearchParams].outside) {
    const failure = client.search(queries[0] as (typeof queries)[0], { [name]: value });
    const code = expect.stringMatching(/^(INVALID_PARAMETER|LIMIT_EXCEEDED)$/);
    await expect(failure).rejects.toMatchObject({ code, field: `params.${field}`, got: String(value) });
  }
});
