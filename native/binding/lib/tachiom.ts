import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addon } from "./addon.js";
import { type BuildOptions, nativeBuildOptions, threadCount } from "./build-options.js";
import { withSignal } from "./cancel.js";
import { awaitNative, callNative, MaxsimError } from "./errors.js";
import { whole } from "./numbers.js";
import { progressListener } from "./progress.js";
import { resolveSearchParams, type SearchParams } from "./search-params.js";
import { type Tokens, tokenBytes } from "./tokens.js";

/** Bytes of one part of an index. */
export interface SpaceUsage {
  component: string;
  bytes: number;
}

/** What an index is. */
export interface IndexInfo {
  path: string;
  documents: number;
  tokens: number;
  dim: number;
  /** Coarse centroids; 0 where the index is small enough to be scanned exactly. */
  centroids: number;
  /** Residual codebooks; 0 where vectors are kept whole. */
  pqSubspaces: number;
  /** Size of the file. */
  bytes: number;
  /** Digest of the content, 64 hexadecimal digits. */
  digest: string;
  formatVersion: number;
  writerVersion: string;
  /** Parts in the order of the file; they add up to `bytes`. */
  spaceUsage: SpaceUsage[];
  /** Resolved parameters and digests of the inputs. */
  buildParams: Record<string, unknown>;
}

/** What a build will take. */
export interface BuildEstimate {
  seconds: number;
  /** Most anonymous memory at once. */
  memoryBytes: number;
  /** Size of the file, at most. */
  diskBytes: number;
  /** Bytes of the temporary copies of inputs that must be converted or inflated. */
  temporaryBytes: number;
  /** Coarse centroids; 0 where the corpus is kept whole. */
  centroids: number;
  stages: { stage: string; seconds: number }[];
}

/** One token type's share of the centroids. */
export interface TokenType {
  tokenId: number;
  count: number;
  /** Mean squared distance of its tokens to their mean. */
  spread: number;
  centroids: number;
}

/** Documents of one or more queries, `k` places each, best first; −Infinity and 4294967295 in unfilled places. */
export interface SearchResult {
  scores: Float32Array;
  docIds: Uint32Array;
}

/** As {@link SearchResult}, with each score divided by the query's number of tokens. */
export interface MeanSearchResult extends SearchResult {
  /** The mean over query tokens of their best similarity; comparable between queries of different lengths. */
  meanScores: Float32Array;
}

/** Options of a batch. */
export interface BatchOptions extends SearchParams {
  /** Query `i` has the rows `offsets[i]` to `offsets[i + 1]`; without it all queries are equally long. */
  offsets?: BigUint64Array | undefined;
  /** 0 all cores, 1 serial, n threads of its own. Default 0. */
  numThreads?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** IVF-PQ index for late interaction: an open, memory-mapped segment file. */
export class Tachiom {
  /** Process-wide id: hand it to worker threads, whose {@link Searcher} shares the mapping. */
  readonly id: number;
  readonly info: IndexInfo;
  readonly #temporary: string | undefined;
  #open = true;

  private constructor(id: number, temporary: string | undefined) {
    this.id = id;
    this.info = JSON.parse(callNative(() => addon.indexInfo(id))) as IndexInfo;
    this.#temporary = temporary;
  }

  /**
   * Builds an index from files. Each argument names an array: an `.npy` file, or an array in an archive, as
   * `corpus.npz:vectors` or `corpus.safetensors:vectors`. Without a name the array called `vectors`, `token_ids` or
   * `doclens` is taken, or the only one.
   *
   * - `vectors` [N, dim]: f16; bf16, f32 and f64 are rounded to f16, to the nearest and ties to even, and
   *   `info.buildParams` says so. A value beyond ±65504 is refused.
   * - `tokenIds` [N] and `doclens` [documents]: any integer type, values from 0 to 2^32 − 1. Without token ids (null)
   *   kinds of tokens are learned first, with about `sqrt(N) / 2` comparisons per token.
   *
   * An array that must be converted or inflated is copied to an unnamed temporary file in the output's folder.
   *
   * Rejects with INVALID_INPUT naming file and array, INVALID_PARAMETER, IO or CANCELLED.
   */
  static build(
    vectors: string,
    tokenIds: string | null,
    doclens: string,
    options: BuildOptions = {},
  ): Promise<Tachiom> {
    return Tachiom.#build(options, (output, native, threads, flag, told) =>
      addon.buildFromFiles(
        vectors,
        tokenIds ?? undefined,
        doclens,
        undefined,
        undefined,
        output,
        native,
        threads,
        flag,
        told,
      ),
    );
  }

  /**
   * Builds an index from clusters made earlier: centroids [K, dim], f32, f16 or bf16, and assignments [N], any integer
   * type; otherwise as {@link build}. Tokens are not centred.
   */
  static buildFromTac(
    vectors: string,
    tokenIds: string | null,
    doclens: string,
    centroids: string,
    assignments: string,
    options: BuildOptions = {},
  ): Promise<Tachiom> {
    return Tachiom.#build(options, (output, native, threads, flag, told) =>
      addon.buildFromFiles(
        vectors,
        tokenIds ?? undefined,
        doclens,
        centroids,
        assignments,
        output,
        native,
        threads,
        flag,
        told,
      ),
    );
  }

  /**
   * Builds an index from arrays: f16 bit patterns [N, dim], vocabulary ids [N], document lengths. They must not change
   * before the promise settles.
   */
  static buildFromArrays(
    vectors: Uint16Array,
    tokenIds: Uint32Array | null,
    doclens: Int32Array,
    options: BuildOptions & { dim: number },
  ): Promise<Tachiom> {
    const dim = whole("dim", options.dim, 1);
    return Tachiom.#build(options, (output, native, threads, flag, told) =>
      addon.buildFromArrays(vectors, dim, tokenIds ?? undefined, doclens, output, native, threads, flag, told),
    );
  }

  /** What {@link build} of these files would take. Reads the token ids and checks the input; builds nothing. */
  static async estimateBuild(
    vectors: string,
    tokenIds: string | null,
    doclens: string,
    options: BuildOptions = {},
  ): Promise<BuildEstimate> {
    const native = nativeBuildOptions(options);
    const threads = threadCount(options.numThreads);
    const json = await awaitNative(() => addon.estimateBuild(vectors, tokenIds ?? undefined, doclens, native, threads));
    return JSON.parse(json) as BuildEstimate;
  }

  static async #build(
    options: BuildOptions,
    run: (
      output: string,
      native: ReturnType<typeof nativeBuildOptions>,
      threads: number,
      flag: number,
      told: ReturnType<typeof progressListener>,
    ) => Promise<void>,
  ): Promise<Tachiom> {
    const temporary = options.output === undefined ? join(tmpdir(), `maxsimd-${randomUUID()}.maxsim`) : undefined;
    const output = options.output ?? temporary ?? "";
    const native = nativeBuildOptions(options);
    const threads = threadCount(options.numThreads);
    const told = progressListener(options.onProgress);
    return withSignal(options.signal, async (flag) => {
      await awaitNative(() => run(output, native, threads, flag, told));
      const id = await awaitNative(() => addon.openIndex(output, false));
      return new Tachiom(id, temporary);
    });
  }

  /**
   * Opens a segment file. "full" compares every byte with its checksum and checks that every value can be searched, once
   * per file: it is remembered beside it. "quick" checks sizes and counts alone.
   *
   * Rejects with INDEX_FORMAT if the file is no index or of another version, INDEX_CORRUPT if it is damaged, IO.
   */
  static async load(path: string, options: { verify?: "full" | "quick" } = {}): Promise<Tachiom> {
    const id = await awaitNative(() => addon.openIndex(path, options.verify !== "quick"));
    return new Tachiom(id, undefined);
  }

  /** Writes the index to `path`, which holds the old file or the whole new one at every moment. */
  save(path: string): Promise<void> {
    return awaitNative(() => addon.saveIndex(this.id, path));
  }

  /** Compares every byte and value again, whatever is remembered. */
  verify(options: { signal?: AbortSignal } = {}): Promise<void> {
    return withSignal(options.signal, (flag) => awaitNative(() => addon.verifyIndex(this.id, flag)));
  }

  /** The best documents for one query, [tokens, dim]; runs off the event loop. */
  search(query: Tokens, params: SearchParams = {}): Promise<SearchResult> {
    return this.batchSearch(query, 1, { ...params, numThreads: 1 });
  }

  /** As {@link search}, with the mean per query token beside each score. */
  async searchWithMeans(query: Tokens, params: SearchParams = {}): Promise<MeanSearchResult> {
    const result = await this.search(query, params);
    const rows = query.length / this.dim;
    return { ...result, meanScores: result.scores.map((score) => score / rows) };
  }

  /**
   * The best documents for many queries: `tokens` holds the rows of all, in order. Uniform without `offsets`: the rows are
   * shared equally. The answers do not depend on the number of threads.
   */
  async batchSearch(tokens: Tokens, nQueries: number, options: BatchOptions = {}): Promise<SearchResult> {
    const { bytes, half } = tokenBytes(tokens);
    const queries = whole("nQueries", nQueries, 1);
    const { offsets } = options;
    if (offsets !== undefined && offsets.length !== queries + 1) {
      const expected = `${queries + 1} numbers`;
      const message = `offsets: expected ${expected}, got ${offsets.length}`;
      throw new MaxsimError({
        code: "SHAPE_MISMATCH",
        message,
        field: "offsets",
        expected,
        got: String(offsets.length),
      });
    }
    const params = resolveSearchParams(options);
    const threads = threadCount(options.numThreads);
    return withSignal(options.signal, (flag) =>
      awaitNative(() => addon.batchSearch(this.id, bytes, half, queries, offsets, params, threads, flag)),
    );
  }

  /** Number of documents. */
  get len(): number {
    return this.info.documents;
  }

  /** Values in a token vector. */
  get dim(): number {
    return this.info.dim;
  }

  /** Number of tokens. */
  get nTokens(): number {
    return this.info.tokens;
  }

  /** Number of coarse centroids; 0 where the index is scanned exactly. */
  get nCentroids(): number {
    return this.info.centroids;
  }

  /** Bytes of each part. */
  spaceUsage(): SpaceUsage[] {
    return this.info.spaceUsage;
  }

  /** Prints the bytes of each part and its share. */
  printSpaceUsage(write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)): void {
    for (const { component, bytes } of this.info.spaceUsage) {
      const share = (100 * bytes) / this.info.bytes;
      write(`${component.padEnd(20)} ${(bytes / 1e9).toFixed(6).padStart(12)} GB ${share.toFixed(1).padStart(6)} %`);
    }
    write(`${"total".padEnd(20)} ${(this.info.bytes / 1e9).toFixed(6).padStart(12)} GB`);
  }

  /** A document's token vectors as the index knows them, [tokens, dim]: `mean + centroid + norm * word(codes)`. */
  getDocumentEmbeddings(docId: number): Float32Array {
    const document = whole("docId", docId);
    return callNative(() => addon.documentEmbeddings(this.id, document));
  }

  /**
   * The residual codebooks, [256, dim]: row `w` holds word `w` of every subspace, side by side. Written with writeNpy, they
   * are what {@link BuildOptions.codebooks} takes. Empty where vectors are kept whole.
   */
  getCodebooks(): Float32Array {
    return callNative(() => addon.indexCodebooks(this.id));
  }

  /** Token types with their share of the centroids; empty where clustering was not token-aware. */
  tokenTypes(): TokenType[] {
    const rows = JSON.parse(callNative(() => addon.indexTypes(this.id))) as [number, number, number, number][];
    return rows.map(([tokenId, count, spread, centroids]) => ({ tokenId, count, spread, centroids }));
  }

  /** Takes the index out of service; it is unmapped when the last searcher lets go. Safe to call again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    addon.closeIndex(this.id);
    if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  toString(): string {
    const { documents, tokens, dim, centroids } = this.info;
    return `Tachiom(len=${documents}, dim=${dim}, nTokens=${tokens}, nCentroids=${centroids})`;
  }
}
