/** What an index must find in corpora that repeat themselves: each case builds one, asks, and compares with exact MaxSim. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exactMaxSim, Index, writeNpy } from "@maxsimd/native";
import { exactRankings, mean, rankings, recall } from "@maxsimd/report";
import { type DatasetFiles, readQueries } from "@maxsimd/report/dataset";
import { blanks, copies, oneAmongCopies, ownTokens, padded, type RepetitiveCorpus } from "../datasets/duplicates.js";

/** What a case found. `queries` with no answer at all are `empty`. */
export interface Finding {
  readonly corpus: string;
  readonly asked: string;
  readonly queries: number;
  readonly empty: number;
  /** Share of the queries that were answered as they must be. */
  readonly right: number;
  /** Least share that must be right. */
  readonly must: number;
}

/** Whether a finding is as it must be. */
export function isMet({ right, must, empty }: Finding): boolean {
  return right >= must && empty === 0;
}

/** How large the corpora are: 1 is the full size. */
export interface CaseSizes {
  /** Tokens of one vector alone, 50 a document. */
  readonly copies: number;
  /** Tokens of copies with one other among them, 100 a document. */
  readonly amongCopies: number;
  /** Documents of 60 tokens of which some are blank. */
  readonly blankDocuments: number;
}

export const FULL_SIZES: CaseSizes = { copies: 5000, amongCopies: 20_000, blankDocuments: 2000 };

/** Results asked for by every query. */
const K = 10;
/** Queries of a corpus with blanks. */
const BLANK_QUERIES = 50;
/**
 * An answer's first document may score this share less than the best by exact MaxSim. Documents tie where all that was asked for
 * is blank, and the codes of near copies tell them apart no better than this.
 */
const TIE = 1e-2;

const SHARES = [0.1, 0.3, 0.6, 0.9];
const NOISES = [0, 1e-4, 1e-3, 1e-2];

/** An index over arrays, with the files it was built from, for as long as `use` runs. */
async function withIndex<T>(
  corpus: RepetitiveCorpus,
  use: (index: Index, files: Pick<DatasetFiles, "vectors" | "doclens">) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-duplicates-"));
  const file = (name: string) => join(folder, `${name}.npy`);
  try {
    const tokens = corpus.tokenIds.length;
    writeNpy(file("vectors"), corpus.vectors, [tokens, corpus.dim]);
    writeNpy(file("token_ids"), corpus.tokenIds, [tokens]);
    writeNpy(file("doclens"), corpus.doclens, [corpus.doclens.length]);
    using index = await Index.build(file("vectors"), file("token_ids"), file("doclens"));
    return await use(index, { vectors: file("vectors"), doclens: file("doclens") });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every document ties, so any `K` are right if their scores are. */
async function copiesFound({ copies: tokens }: CaseSizes): Promise<Finding> {
  const corpus = copies({ tokens, tokensPerDocument: 50, dim: 128, seed: 1 });
  return withIndex(corpus, async (index, files) => {
    const query = corpus.vectors.slice(0, 4 * corpus.dim);
    const asked = "4 copies";
    return { corpus: `${tokens} copies of one vector`, asked, ...(await allTie(index, files, query, 4)) };
  });
}

/** Whether `K` documents come back, each with the best score by exact MaxSim. */
async function allTie(
  index: Index,
  { vectors, doclens }: Pick<DatasetFiles, "vectors" | "doclens">,
  query: Uint16Array,
  rows: number,
): Promise<Pick<Finding, "queries" | "empty" | "right" | "must">> {
  const exact = await exactMaxSim(vectors, doclens, query, BigUint64Array.of(0n, BigInt(rows)), 1);
  const best = exact.scores[0] as number;
  const { scores } = await index.search(query, { k: K });
  const found = Array.from(scores).filter(Number.isFinite);
  const right = found.length === K && found.every((score) => Math.abs(score - best) <= TIE * best);
  return { queries: 1, empty: found.length === 0 ? 1 : 0, right: right ? 1 : 0, must: 1 };
}

async function otherFound({ amongCopies: tokens }: CaseSizes): Promise<Finding> {
  const tokensPerDocument = 100;
  const corpus = oneAmongCopies({ tokens, tokensPerDocument, dim: 128, types: 97, seed: 2 });
  return withIndex(corpus, async (index) => {
    const { dim, other } = corpus;
    const { docIds, scores } = await index.search(corpus.vectors.slice(other * dim, (other + 1) * dim), { k: K });
    return {
      corpus: `${tokens - 1} copies and one other vector, 97 token ids`,
      asked: "the other vector",
      queries: 1,
      empty: Number.isFinite(scores[0]) ? 0 : 1,
      right: docIds[0] === Math.floor(other / tokensPerDocument) ? 1 : 0,
      must: 1,
    };
  });
}

/** A document's own tokens find it, or one that is as good. */
async function ownDocumentFound(documents: number, share: number, noise: number): Promise<Finding> {
  const corpus = blanks({ documents, tokensPerDocument: 60, dim: 128, share, noise, seed: 3 });
  return withIndex(corpus, async (index, { vectors, doclens }) => {
    const rows = 8;
    const step = Math.floor(documents / BLANK_QUERIES);
    const asked = Array.from({ length: BLANK_QUERIES }, (_, i) => ownTokens(corpus, i * step, rows, i));
    const tokens = new Uint16Array(asked.flatMap((query) => Array.from(query)));
    const offsets = BigUint64Array.from({ length: BLANK_QUERIES + 1 }, (_, i) => BigInt(rows * i));
    // All documents, so that the exact score of the one that the index puts first is among them.
    const exact = await exactMaxSim(vectors, doclens, tokens, offsets, documents);
    const truth = rankings(exact, BLANK_QUERIES);
    const found = rankings(await index.batchSearch(tokens, BLANK_QUERIES, { k: K }), BLANK_QUERIES);
    const right = found.filter((answer, i) => {
      const { docIds, scores } = truth[i] as (typeof truth)[number];
      const score = scores[Array.from(docIds).indexOf(answer.docIds[0] ?? -1)];
      return score !== undefined && score >= (scores[0] as number) * (1 - TIE);
    });
    return {
      corpus: `${documents} documents of 60 random vectors, ${Math.round(100 * share)} % blank, noise ${noise}`,
      asked: "8 of a document's own tokens",
      queries: BLANK_QUERIES,
      empty: found.filter((answer) => answer.docIds.length === 0).length,
      right: right.length / BLANK_QUERIES,
      // Where nine tenths are near copies, dozens of centroids lie among them. One other token then does not always bring its
      // document among the 500 of 2,000 that are refined by default.
      must: share < 0.9 ? 0.99 : 0.95,
    };
  });
}

/** A collection with 64 equal pads a document: the pads find `K` documents, and its questions what they found without. */
async function paddedFound(original: RepetitiveCorpus, files: DatasetFiles): Promise<Finding[]> {
  const corpus = padded(original, 64, 4);
  return withIndex(corpus, async (index, padded) => {
    const name = "the sample, each document with 64 equal pads";
    const query = Uint16Array.from({ length: 32 * corpus.dim }, (_, i) => corpus.pad[i % corpus.dim] as number);
    const pads = { corpus: name, asked: "32 pads", ...(await allTie(index, padded, query, 32)) };
    const queries = await readQueries(files.queries, files.queryLens);
    const work = { onProgress: () => undefined, signal: new AbortController().signal };
    const exact = (await exactRankings(padded, queries, K, work)).ranked;
    const { tokens, offsets, count } = queries;
    const found = rankings(await index.batchSearch(tokens, count, { k: K, offsets }), count);
    return [
      pads,
      {
        corpus: name,
        asked: "its questions: recall@10",
        queries: count,
        empty: found.filter((answer) => answer.docIds.length === 0).length,
        right: mean(found.map((answer, i) => recall(answer.docIds, exact[i]?.docIds ?? [], K))),
        // What the sample's own index reaches.
        must: 0.95,
      },
    ];
  });
}

/** Runs every case, one after another. */
export async function* findings(
  sizes: CaseSizes,
  sample: RepetitiveCorpus,
  files: DatasetFiles,
): AsyncGenerator<Finding> {
  yield await copiesFound(sizes);
  yield await otherFound(sizes);
  for (const share of SHARES) {
    for (const noise of NOISES) yield await ownDocumentFound(sizes.blankDocuments, share, noise);
  }
  yield* await paddedFound(sample, files);
}
