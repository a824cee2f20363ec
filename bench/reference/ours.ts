/** Runs one step of maxsimd: `ours.js STEP SPEC.json`. reference.py runs the same steps of the reference. */

import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { exactMaxSim, Index, type RawSearchParams, Searcher, Tac, writeNpy } from "@maxsimd/native";
import type { ComparisonOptions } from "@maxsimd/native/comparison";
import { readQueries, sliceQueries } from "@maxsimd/report/dataset";
import type { Point, Results, Specs } from "./steps.js";

async function trainTac(spec: Specs["tac"]): Promise<Results["tac"]> {
  const { nCentroids, microThreshold, smallThreshold } = spec;
  const tac = new Tac({ nCentroids, microThreshold, smallThreshold });
  const started = performance.now();
  await tac.train(spec.vectors, spec.tokenIds);
  const seconds = (performance.now() - started) / 1000;
  writeNpy(spec.centroids, tac.centroids, [tac.nCentroids, tac.dim]);
  writeNpy(spec.assignments, tac.assignments, [tac.assignments.length]);
  return { seconds, centroids: tac.nCentroids, spreads: tac.types.map(({ spread }) => spread) };
}

async function build(spec: Specs["build"]): Promise<Results["build"]> {
  const { vectors, tokenIds, doclens, centroids, assignments, pqSeed, pqSubspaces, codebooks, scaleNorms } = spec;
  const options: ComparisonOptions = { output: spec.index, pqSeed, pqSubspaces, codebooks, scaleNorms };
  const started = performance.now();
  const index =
    centroids !== undefined && assignments !== undefined
      ? await Index.buildFromTac(vectors, tokenIds, doclens, centroids, assignments, options)
      : await Index.build(vectors, tokenIds, doclens, options);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, bytes: index.info.bytes };
}

async function rankExactly({ vectors, doclens, queries, queryLens, k, out }: Specs["exact"]): Promise<void> {
  const { tokens, offsets, count } = await readQueries(queries, queryLens);
  const { docIds, scores } = await exactMaxSim(vectors, doclens, tokens, offsets, k);
  writeNpy(`${out}-0-scores.npy`, scores, [count, k]);
  writeNpy(`${out}-0-ids.npy`, docIds, [count, k]);
}

function parameters({ k, kCentroids, kDocsToScore, efSearch, alpha }: Point): Omit<RawSearchParams, "filter"> {
  return { k, kCentroids, kDocsToScore, efSearch, alpha };
}

async function search(spec: Specs["search"]): Promise<void> {
  const index = await Index.load(spec.index);
  const { tokens, offsets, count } = await readQueries(spec.queries, spec.queryLens);
  for (const [number, point] of spec.points.entries()) {
    const found = await index.batchSearch(tokens, count, { ...parameters(point), offsets, numThreads: 1 });
    writeNpy(`${spec.out}-${number}-scores.npy`, found.scores, [count, point.k]);
    writeNpy(`${spec.out}-${number}-ids.npy`, found.docIds, [count, point.k]);
  }
}

async function embeddings(spec: Specs["embeddings"]): Promise<void> {
  const index = await Index.load(spec.index);
  const parts = spec.documents.map((document) => index.getDocumentEmbeddings(document));
  const all = new Float32Array(await new Blob(parts).arrayBuffer());
  writeNpy(spec.out, all, [all.length / index.dim, index.dim]);
}

/** For each line of standard input, which is the number of a point: searches all queries, and prints the median time. */
async function timeSearches(spec: Specs["timing"]): Promise<void> {
  const index = await Index.load(spec.index);
  const queries = await readQueries(spec.queries, spec.queryLens);
  const searcher = new Searcher(index.id);
  const each = Array.from({ length: Math.min(spec.most, queries.count) }, (_, query) => {
    const { tokens, rows } = sliceQueries(queries, query, query + 1);
    const dtype = tokens instanceof Float32Array ? "f32" : "f16";
    return { bytes: new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength), rows, dtype } as const;
  });
  const known = spec.points.map((point) => parameters({ ...point, k: 10 }));
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const params = known[Number(line)] ?? {};
    const taken = each.map(({ bytes, rows, dtype }) => {
      const counts = Uint32Array.of(rows);
      const started = performance.now();
      searcher.searchRaw(bytes, dtype, counts, params, 0);
      return performance.now() - started;
    });
    taken.sort((a, b) => a - b);
    process.stdout.write(`${JSON.stringify({ milliseconds: taken[Math.floor(taken.length / 2)] })}\n`);
  }
  searcher.close();
}

const STEPS: Record<string, (spec: never) => Promise<unknown>> = {
  exact: rankExactly,
  tac: trainTac,
  build,
  search,
  embeddings,
  timing: timeSearches,
};

const [step = "", path = ""] = process.argv.slice(2);
const run = STEPS[step];
if (run === undefined) throw new Error(`no step is called "${step}"`);
const result = await run(JSON.parse(readFileSync(path, "utf8")) as never);
process.stdout.write(`${JSON.stringify(result ?? {})}\n`);
