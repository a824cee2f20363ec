import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  SearchParams as AddonParams,
  WhyNot as AddonWhyNot,
  BuildEstimate,
  BuildParameters,
  CorpusInput,
  Drift,
  IndexInfo,
  SearchResult,
  SpaceUsage,
  TokenType,
} from "../gen/addon.js";
import { addon } from "./addon.js";
import { withSignal } from "./cancel.js";
import { badArgument } from "./errors.js";
import { type AttributeType, type Filter, filterJson } from "./filter.js";
import { type OnProgress, progressListener } from "./progress.js";
import { addonRecords, type DocumentRecords } from "./records.js";
import { type Tokens, tokenBytes } from "./tokens.js";

/** How to build. */
export interface BuildOptions extends Omit<BuildParameters, "scaleNorms">, DocumentRecords {
  /** Path of the index file. Default: a temporary file that is deleted when the index is closed. */
  output?: string | undefined;
  /** Number of threads; 0 uses all cores. The file does not depend on it. Default 0. */
  numThreads?: number | undefined;
  /** Called about 20 times a second at most. */
  onProgress?: OnProgress | undefined;
  /** Stops the build within 100 ms; no file is left. */
  signal?: AbortSignal | undefined;
}

/** How to search. An absent parameter takes its default. Names and meaning of the others are the reference's. */
export interface SearchParams extends Omit<AddonParams, "filter"> {
  /** Only documents that match are returned. Default: all. */
  filter?: Filter | undefined;
}

/** A {@link SearchResult} with each score divided by the number of query tokens. */
export interface MeanSearchResult extends SearchResult {
  /** The mean over query tokens of their best similarity; comparable between queries of different lengths. */
  meanScores: Float32Array;
}

/** Why a document has its score for a query. */
export interface Explanation {
  /** Position of the document. */
  docId: number;
  /** For each query token the number of the document's token that matches it best. */
  tokens: Uint32Array;
  /** Their similarities, which add up to the score. */
  similarities: Float32Array;
}

/** Why a document is not in an answer, see {@link Index.whyNot}. */
export interface WhyNot extends Omit<AddonWhyNot, "change"> {
  /** Parameters that differ from the given ones, with which the search returns the document; absent if no parameters bring it. */
  change?: Omit<SearchParams, "filter">;
}

/** Search parameters with the filter as the addon takes it. */
function addonParams({ filter, ...params }: SearchParams): AddonParams {
  return filter === undefined ? params : { ...params, filter: filterJson(filter) };
}

/** Options of a batch. */
export interface BatchOptions extends SearchParams {
  /** Query `i` has the rows `offsets[i]` to `offsets[i + 1]`. Default: all queries are equally long. */
  offsets?: BigUint64Array | undefined;
  /** Number of threads; 0 uses all cores, 1 is serial. Default 0. */
  numThreads?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Whether the files of an open index are what they were: "intact"; "relinked", if only the number of a file's names differs; "changed", if a
 * file may have been written to in place; "damaged", if bytes of a file are wrong or cannot be read.
 */
export type IndexCondition = "intact" | "relinked" | "changed" | "damaged";

/**
 * An index for late interaction: an open, memory-mapped index file.
 *
 * Files are to be replaced by rename. If one is cut short or written to in place while it is open, calls that read the index throw or reject
 * with INDEX_CORRUPT, or with INDEX_CHANGED until {@link recheck} finds that its bytes are the same.
 */
export class Index {
  /** Identifies the open index in this process. A {@link Searcher} of any thread takes it and shares the mapping. */
  readonly id: number;
  readonly info: IndexInfo;
  readonly #temporary: string | undefined;

  private constructor(id: number, temporary: string | undefined) {
    this.id = id;
    this.info = addon.indexInfo(id);
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
   * Rejects with INVALID_INPUT naming file and array, or the line and field of ids and attributes; INVALID_PARAMETER, IO or CANCELLED.
   */
  static build(vectors: string, tokenIds: string | null, doclens: string, options: BuildOptions = {}): Promise<Index> {
    return Index.#build({ vectors, tokenIds: tokenIds ?? undefined, doclens }, options);
  }

  /**
   * Builds an index from earlier clusters: centroids [K, dim], f32, f16 or bf16, and assignments [N], any integer
   * type; otherwise as {@link build}. The tokens are not centred.
   */
  static buildFromTac(
    vectors: string,
    tokenIds: string | null,
    doclens: string,
    centroids: string,
    assignments: string,
    options: BuildOptions = {},
  ): Promise<Index> {
    return Index.#build({ vectors, tokenIds: tokenIds ?? undefined, doclens, centroids, assignments }, options);
  }

  /**
   * Builds an index from arrays: f16 bit patterns [tokens, dim], vocabulary ids [tokens], document lengths [documents]. The
   * arrays must not change before the promise settles.
   */
  static buildFromArrays(
    vectors: Uint16Array,
    tokenIds: Uint32Array | null,
    doclens: Int32Array,
    { dim, ...options }: BuildOptions & { dim: number },
  ): Promise<Index> {
    return Index.#build({ vectors, dim, tokenIds: tokenIds ?? undefined, doclens }, options);
  }

  /** Estimates the resources that {@link build} takes. It checks the input and builds nothing. */
  static async estimateBuild(
    vectors: string,
    tokenIds: string | null,
    doclens: string,
    { numThreads, ids: _ids, attributes: _attributes, schema: _schema, ...parameters }: BuildOptions = {},
  ): Promise<BuildEstimate> {
    return addon.estimateBuild({ vectors, tokenIds: tokenIds ?? undefined, doclens }, parameters, numThreads);
  }

  static async #build(input: CorpusInput, options: BuildOptions): Promise<Index> {
    const { output, numThreads, onProgress, signal, ids, attributes, schema, ...parameters } = options;
    const records = addonRecords({ ids, attributes, schema });
    const path = output ?? join(tmpdir(), `maxsimd-${randomUUID()}.maxsim`);
    return withSignal(signal, async (flag) => {
      await addon.buildIndex(
        { ...input, ...records },
        path,
        parameters,
        numThreads,
        flag,
        progressListener(onProgress),
      );
      return new Index(await addon.openIndex(path, false), output === undefined ? path : undefined);
    });
  }

  /**
   * Opens an index file. "full" compares every byte with its checksum and checks that every value can be searched. A file is
   * checked so once, and the result is stored next to it. "quick" checks sizes and counts only.
   *
   * Rejects with INDEX_FORMAT if the file is not an index or has another format version, INDEX_CORRUPT if it is damaged, IO.
   */
  static async load(path: string, options: { verify?: "full" | "quick" } = {}): Promise<Index> {
    return new Index(await addon.openIndex(path, options.verify !== "quick"), undefined);
  }

  /**
   * Writes the index to the file `path`, which at every moment holds the old content or the whole new one. A version of several segments
   * becomes one index file, without its deleted documents.
   */
  async save(path: string): Promise<void> {
    await addon.saveIndex(this.id, path);
  }

  /** The condition of the worst of its files: one system call for each. */
  condition(): Promise<IndexCondition> {
    return addon.indexCondition(this.id);
  }

  /**
   * Verifies the files that are not intact, after which they are. Rejects with INDEX_CORRUPT if bytes are wrong, or what was computed from
   * wrong bytes is kept: the index must be opened again then. Rejects with INDEX_CHANGED if a file changes meanwhile, CANCELLED.
   */
  recheck(options: { signal?: AbortSignal } = {}): Promise<void> {
    return withSignal(options.signal, (flag) => addon.recheckIndex(this.id, flag));
  }

  /**
   * Compares every byte and value again, even if the files were checked before, and remembers success as {@link load} does. Bytes of files that
   * this process verified less than `recentMs` ago are not read again (default 0: all are). Progress has the one stage "check", in bytes.
   *
   * Rejects with INDEX_CORRUPT, INDEX_CHANGED if a file changes meanwhile, IO, CANCELLED.
   */
  verify(
    options: { signal?: AbortSignal | undefined; onProgress?: OnProgress | undefined; recentMs?: number } = {},
  ): Promise<void> {
    const { signal, onProgress, recentMs = 0 } = options;
    return withSignal(signal, (flag) => addon.verifyIndex(this.id, recentMs, flag, progressListener(onProgress)));
  }

  /** Finds the best documents for one query, [tokens, dim]. Runs off the event loop. */
  search(query: Tokens, params: SearchParams = {}): Promise<SearchResult> {
    return this.batchSearch(query, 1, { ...params, numThreads: 1 });
  }

  /** As {@link search}, with the mean score per query token. */
  async searchWithMeans(query: Tokens, params: SearchParams = {}): Promise<MeanSearchResult> {
    const result = await this.search(query, params);
    const rows = query.length / this.dim;
    return { ...result, meanScores: result.scores.map((score) => score / rows) };
  }

  /**
   * Finds the best documents for many queries. `tokens` holds the rows of all queries in order. Without `offsets` each query has
   * the same number of rows. The answers do not depend on the number of threads.
   */
  async batchSearch(tokens: Tokens, nQueries: number, options: BatchOptions = {}): Promise<SearchResult> {
    const { bytes, half } = tokenBytes(tokens);
    const { offsets, numThreads, signal, ...given } = options;
    const params = addonParams(given);
    if (offsets !== undefined && offsets.length !== nQueries + 1) {
      throw badArgument("SHAPE_MISMATCH", "offsets", `${nQueries + 1} numbers`, String(offsets.length));
    }
    return withSignal(signal, (flag) =>
      addon.batchSearch(this.id, bytes, half, offsets ?? nQueries, params, numThreads, flag),
    );
  }

  /**
   * Why documents, by position, have their scores for a query: for each query token the document's token that matches it best. The
   * similarities of a document add up to its score.
   */
  async explain(query: Tokens, docIds: Uint32Array): Promise<Explanation[]> {
    const { bytes, half } = tokenBytes(query);
    const rows = query.length / this.dim;
    const { tokens, similarities } = await addon.explain(this.id, bytes, half, docIds);
    return Array.from(docIds, (docId, i) => ({
      docId,
      tokens: tokens.subarray(i * rows, (i + 1) * rows),
      similarities: similarities.subarray(i * rows, (i + 1) * rows),
    }));
  }

  /**
   * Why the document with an id is not in the answer to a query, and which parameters bring it: a search with them was run, and returned the
   * document.
   */
  async whyNot(query: Tokens, id: string, params: SearchParams = {}): Promise<WhyNot> {
    const { bytes, half } = tokenBytes(query);
    return this.whyNotRaw(bytes, half ? "f16" : "f32", id, addonParams(params));
  }

  /**
   * How well the codec still fits, for each tier of tokens: those of types with one centroid (micro), two (small) or more (active). `error`
   * is the mean squared distance of the tokens to their centroids, `trained` that of the tokens that the codec was trained with. Empty for
   * an exact index, or if the files do not say how the codec was trained.
   */
  drift(): Promise<Drift[]> {
    return addon.indexDrift(this.id);
  }

  /** Whether another index is a version of the same collection with the same codec, which is then in memory once for both. */
  sharesCodec(other: Index): boolean {
    return addon.shareCodec(this.id, other.id);
  }

  /**
   * As {@link whyNot}, with the bytes of the rows, little-endian, and the filter as JSON. The bytes need no alignment and are not copied:
   * they must not change before the promise settles. Rejects with CANCELLED when the token is cancelled.
   */
  async whyNotRaw(
    data: Uint8Array,
    dtype: "f16" | "f32",
    id: string,
    params: AddonParams,
    cancelToken = 0,
  ): Promise<WhyNot> {
    const { change, ...why } = await addon.whyNot(this.id, data, dtype === "f16", params, id, cancelToken);
    if (change === undefined) return why;
    const { alpha, noBeta, ...counts } = change;
    return {
      ...why,
      change: {
        ...counts,
        ...(alpha === undefined ? {} : { alpha: alpha < 0 ? null : alpha }),
        ...(noBeta === undefined ? {} : { beta: null }),
      },
    };
  }

  /** Number of documents. */
  get len(): number {
    return this.info.documents;
  }

  /** Number of values in a token vector. */
  get dim(): number {
    return this.info.dim;
  }

  /** Number of tokens. */
  get nTokens(): number {
    return this.info.tokens;
  }

  /** Number of coarse centroids; 0 if the index is scanned exactly. */
  get nCentroids(): number {
    return this.info.centroids;
  }

  /** Size of each part in bytes. */
  spaceUsage(): SpaceUsage[] {
    return this.info.spaceUsage;
  }

  /** Prints the size and share of each part. */
  printSpaceUsage(write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)): void {
    for (const { component, bytes } of this.info.spaceUsage) {
      const share = (100 * bytes) / this.info.bytes;
      write(`${component.padEnd(20)} ${(bytes / 1e9).toFixed(6).padStart(12)} GB ${share.toFixed(1).padStart(6)} %`);
    }
    write(`${"total".padEnd(20)} ${(this.info.bytes / 1e9).toFixed(6).padStart(12)} GB`);
  }

  /** The attributes of the documents, by which searches filter, with their types. */
  get attributes(): Readonly<Record<string, AttributeType>> {
    return this.info.attributes;
  }

  /** Ids of documents, by their positions in results; an empty text for an unfilled place. */
  ids(docIds: Uint32Array): string[] {
    return addon.documentIds(this.id, docIds);
  }

  /** Position of the document with an id; null if there is no such document. */
  find(id: string): number | null {
    return addon.findDocument(this.id, id);
  }

  /** The fields of the document at a position. */
  fields(docId: number): Record<string, unknown> {
    return JSON.parse(addon.documentFields(this.id, docId)) as Record<string, unknown>;
  }

  /** Number of documents that match a filter and have tokens. Throws INVALID_FILTER. */
  count(filter: Filter): number {
    return addon.countDocuments(this.id, filterJson(filter));
  }

  /** A document's token vectors as the index stores them, [tokens, dim]: `mean + centroid + norm * word(codes)`. */
  getDocumentEmbeddings(docId: number): Float32Array {
    return addon.documentEmbeddings(this.id, docId);
  }

  /**
   * The residual codebooks and the rotation of the vectors, [256 + dim, dim]: row `w` below 256 holds word `w` of every subspace,
   * and the other rows are the new axes. Without a rotation (more than 512 dimensions, or codebooks that were given without one)
   * the codebooks alone, [256, dim]. Written with writeNpy, they are what {@link BuildOptions.codebooks} takes. Empty if vectors are
   * stored whole.
   */
  getCodebooks(): Float32Array {
    return addon.indexCodebooks(this.id);
  }

  /** Token types with their share of the centroids; empty if the clustering was not token-aware. */
  tokenTypes(): TokenType[] {
    return addon.indexTypes(this.id);
  }

  /** Closes the index. It is unmapped when its last searcher is closed. Safe to call again. */
  close(): void {
    if (addon.closeIndex(this.id) && this.#temporary !== undefined) rmSync(this.#temporary, { force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  toString(): string {
    const { documents, tokens, dim, centroids } = this.info;
    return `Index(len=${documents}, dim=${dim}, nTokens=${tokens}, nCentroids=${centroids})`;
  }
}

/**
 * Exact MaxSim over the original vectors, the reference for recall: scores and document ids, `k` places per query, padded.
 * Query `i` has the rows `offsets[i]` to `offsets[i + 1]`. The files are as for {@link Index.build}.
 */
export async function exactMaxSim(
  vectors: string,
  doclens: string,
  queries: Tokens,
  offsets: BigUint64Array,
  k: number,
  options: { numThreads?: number; signal?: AbortSignal } = {},
): Promise<SearchResult> {
  const { bytes, half } = tokenBytes(queries);
  return withSignal(options.signal, (flag) =>
    addon.exactSearch(vectors, doclens, bytes, half, offsets, k, options.numThreads, flag),
  );
}
