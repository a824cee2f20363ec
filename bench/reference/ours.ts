/** Runs one step of maxsimd: `ours.js STEP SPEC.json`. reference.py runs the same steps of the reference. */

import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { readNpy, Searcher, type SearchParams, Tac, Tachiom, writeNpy } from "@maxsimd/native";
import type { BuildSpec, EmbeddingsSpec, Point, Results, SearchSpec, TacSpec, TimingSpec } from "./steps.js";

async function trainTac(spec: TacSpec): Promise<Results["tac"]> {
  const { nCentroids, microThreshold, smallThreshold } = spec;
  const tac = new Tac({ nCentroids, microThreshold, smallThreshold });
  const started = performance.now();
  await tac.train(spec.vectors, spec.tokenIds);
  const seconds = (performance.now() - started) / 1000;
  writeNpy(spec.centroids, tac.centroids, [tac.nCentroids, tac.dim]);
  writeNpy(spec.assignments, tac.assignments, [tac.assignments.length]);
  return { seconds, centroids: tac.nCentroids };
}

async function build(spec: BuildSpec): Promise<Results["build"]> {
  const { vectors, tokenIds, doclens, centroids, assignments, pqSeed, pqSubspaces, codebooks, scaleNorms } = spec;
  const options = { output: spec.index, pqSeed, pqSubspaces, codebooks, scaleNorms };
  const started = performance.now();
  const index =
    centroids !== undefined && assignments !== undefined
      ? await Tachiom.buildFromTac(vectors, tokenIds, doclens, centroids, assignments, options)
      : await Tachiom.build(vectors, tokenIds, doclens, options);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, bytes: index.info.bytes, centroids: index.nCentroids };
}

function readQueries(spec: { queries: string; offsets: string }): { rows: Float32Array; offsets: BigUint64Array } {
  const rows = readNpy(spec.queries).data as Float32Array;
  return { rows, offsets: BigUint64Array.from(readNpy(spec.offsets).data as BigInt64Array) };
}

function parameters({ k, kCentroids, kDocsToScore, efSearch, alpha }: Point): SearchParams {
  return { k, kCentroids, kDocsToScore, efSearch, alpha };
}

async function search(spec: SearchSpec): Promise<Results["search"]> {
  const index = await Tachiom.load(spec.index);
  const { rows, offsets } = readQueries(spec);
  const queries = offsets.length - 1;
  for (const [number, point] of spec.points.entries()) {
    const found = await index.batchSearch(rows, queries, { ...parameters(point), offsets, numThreads: 1 });
    writeNpy(`${spec.out}-${number}-scores.npy`, found.scores, [queries, point.k]);
    writeNpy(`${spec.out}-${number}-ids.npy`, found.docIds, [queries, point.k]);
  }
  return { points: spec.points.length };
}

async function embeddings(spec: EmbeddingsSpec): Promise<Results["embeddings"]> {
  const index = await Tachiom.load(spec.index);
  const parts = spec.documents.map((document) => index.getDocumentEmbeddings(document));
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  const rows = all.length / index.dim;
  writeNpy(spec.out, all, [rows, index.dim]);
  return { rows };
}

/** For each line of standard input, which is the number of a point: searches all queries, and prints the median time. */
async function timeSearches(spec: TimingSpec): Promise<{ ended: true }> {
  const index = await Tachiom.load(spec.index);
  const { rows, offsets } = readQueries(spec);
  const searcher = new Searcher(index.id);
  const each = Array.from({ length: Math.min(spec.most, offsets.length - 1) }, (_, query) => {
    const part = rows.subarray(Number(offsets[query]) * index.dim, Number(offsets[query + 1]) * index.dim);
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  });
  const known = spec.points.map((point) => parameters({ ...point, k: 10 }));
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const params = known[Number(line)] ?? {};
    const taken = each.map((query) => {
      const counts = Uint32Array.of(query.byteLength / 4 / index.dim);
      const started = performance.now();
      searcher.searchRaw(query, "f32", counts, params, 0);
      return performance.now() - started;
    });
    taken.sort((a, b) => a - b);
    process.stdout.write(`${JSON.stringify({ milliseconds: taken[Math.floor(taken.length / 2)] })}\n`);
  }
  searcher.close();
  return { ended: true };
}

const STEPS: Record<string, (spec: never) => Promise<object>> = {
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
process.stdout.write(`${JSON.stringify(result)}\n`);
