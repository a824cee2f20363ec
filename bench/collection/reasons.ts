/** What an explanation costs and adds up to, and whether the changes that `whyNot` names bring the document. */

import { join } from "node:path";
import { Collection } from "@maxsimd/native";
import { median } from "simple-statistics";
import type { BenchmarkRecord } from "../record/record.js";
import { type Corpus, generator } from "./corpus.js";
import { Searched } from "./searches.js";

const ROUNDS = 9;
/** Random pairs of a query and a document. */
const PAIRS = 1000;

export async function measureReasons(record: BenchmarkRecord, corpus: Corpus, folder: string): Promise<void> {
  const collection = await Collection.open(folder);
  const version = await Searched.open(join(folder, `${await collection.current()}.maxsim`));
  try {
    explanations(record, corpus, version);
    await missing(record, corpus, version);
  } finally {
    version.close();
  }
}

/** Searches with and without an explanation of the 10 hits, alternating. */
function explanations(record: BenchmarkRecord, corpus: Corpus, version: Searched): void {
  const ratios: number[] = [];
  let difference = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const [plain, explained]: [number[], number[]] = [[], []];
    corpus.queries.forEach((_, query) => {
      const [first, second] = round % 2 === 0 ? [plain, explained] : [explained, plain];
      for (const times of [first, second]) {
        const started = performance.now();
        const { positions, scores } = version.search(corpus, query, { k: 10 });
        if (times === explained) {
          const { similarities } = version.explain(corpus, query, positions);
          difference = Math.max(difference, largestDifference(scores, similarities));
        }
        times.push(performance.now() - started);
      }
    });
    ratios.push(median(explained) / median(plain));
  }
  record.add("maxsimd", {}, "explain ratio", "", median(ratios), Math.min(...ratios), Math.max(...ratios));
  record.add("maxsimd", {}, "explain difference", "", difference);
}

/** The largest difference between a score and the sum of its similarities, as a share of the score. */
function largestDifference(scores: Float32Array, similarities: Float32Array): number {
  const rows = similarities.length / scores.length;
  const of = (score: number, i: number): number => {
    const sum = similarities.subarray(i * rows, (i + 1) * rows).reduce((total, value) => total + value, 0);
    return Math.abs(sum - score) / Math.abs(score);
  };
  return Math.max(0, ...Array.from(scores, of));
}

/** Asks for random pairs why the document is missing, and runs each change of parameters that is named. */
async function missing(record: BenchmarkRecord, corpus: Corpus, version: Searched): Promise<void> {
  const next = generator(11);
  const counts: Record<string, number> = { found: 0, "brought back": 0, "not brought back": 0, "no change": 0 };
  for (let pair = 0; pair < PAIRS; pair++) {
    const query = Math.floor(next() * corpus.queries.length);
    const document = `${Math.floor(next() * corpus.doclens.length)}`;
    const why = await version.whyNot(corpus, query, document);
    const { change } = why;
    let outcome = why.lost === "found" || why.lost === "no tokens" ? "found" : "no change";
    if (change !== undefined) {
      outcome = version.search(corpus, query, change).ids.includes(document) ? "brought back" : "not brought back";
    }
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  for (const [outcome, count] of Object.entries(counts)) record.add("maxsimd", { outcome }, "pairs", "", count);
}
