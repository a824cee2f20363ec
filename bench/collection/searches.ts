import { Index, type RawSearchParams, Searcher } from "@maxsimd/native";
import { median } from "simple-statistics";
import type { Corpus } from "./corpus.js";

/** An open version, and a searcher of it on this thread. */
export class Searched {
  readonly index: Index;
  readonly #searcher: Searcher;

  private constructor(index: Index) {
    this.index = index;
    this.#searcher = new Searcher(index.id);
  }

  static async open(path: string): Promise<Searched> {
    return new Searched(await Index.load(path));
  }

  /** Ids and scores of one query's documents, whether all were scored, and microseconds. */
  search(corpus: Corpus, query: number, params: RawSearchParams) {
    const data = corpus.queries[query] ?? new Uint8Array();
    const rows = Uint32Array.of(corpus.queryRows[query] ?? 0);
    const { docIds, scores, outcomes, micros } = this.#searcher.searchRaw(data, "f16", rows, params, 0);
    const found = { positions: docIds, ids: this.index.ids(docIds), scores };
    return { ...found, exhausted: outcomes[0] === 1, micros: micros[0] ?? 0 };
  }

  /** Why documents, by position, have their scores for one query. */
  explain(corpus: Corpus, query: number, positions: Uint32Array) {
    return this.#searcher.explain(corpus.queries[query] ?? new Uint8Array(), "f16", positions);
  }

  /** Why a search with the default parameters does not return a document. */
  whyNot(corpus: Corpus, query: number, id: string) {
    return this.index.whyNotRaw(corpus.queries[query] ?? new Uint8Array(), "f16", id, {});
  }

  /** Median time of all queries, in microseconds. */
  time(corpus: Corpus, params: RawSearchParams): number {
    return median(corpus.queries.map((_, query) => this.search(corpus, query, params).micros));
  }

  close(): void {
    this.#searcher.close();
    this.index.close();
  }
}

/** Share of the ids of `truth` that are in `found`; 1 if there are no such ids. */
export function recall(found: readonly string[], truth: readonly string[]): number {
  const ids = new Set(found);
  return truth.length === 0 ? 1 : truth.filter((id) => ids.has(id)).length / truth.length;
}
