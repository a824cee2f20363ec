// Written by npm run build:native from native/binding/src; not to be edited.

/** Parameters of a build. An absent parameter takes its default. Names and meaning are the reference's. */
export interface BuildParameters {
  /** Number of coarse centroids. Default `2^round(log2(tokens / 128))`, raised to what the token types need. */
  totalCentroids?: number | undefined
  /** Rounds of k-means per token type. Default 10. */
  tacNIter?: number | undefined
  /** Token types with fewer tokens get one centroid. Default `2^round(log2(tokens^0.25))`, 32 to 128. */
  tacMicroThreshold?: number | undefined
  /** Token types with fewer tokens get two centroids. Default twice `tacMicroThreshold`. */
  tacSmallThreshold?: number | undefined
  /** Maximum number of tokens of a type that train its centroids. Default: all, up to a million and more for large types. */
  maxSampleSize?: number | undefined
  /** Number of tokens that train the residual codebooks. Default 10,000,000. */
  pqSampleSize?: number | undefined
  /** Rounds of k-means of the residual codebooks. Default 10. */
  pqNIter?: number | undefined
  /** Whether residuals are scaled to norm 1 before they are coded. Default true. */
  normalize?: boolean | undefined
  /**
   * Whether the norms of coded residuals are scaled so that scores are right on average. Default true; without effect when
   * `normalize` is false. Only the comparison with the reference sets it to false.
   */
  scaleNorms?: boolean | undefined
  /** Seed of all random choices, 0 to 2^53 - 1. Default 42. */
  pqSeed?: number | undefined
  /**
   * How finely tokens are coded: "standard", which is the default, with 32 bytes of code per token, or "high" with 64. With "high" the
   * ranking is nearer to that of exact MaxSim (recall@10 on the Debian corpus 0.966 instead of 0.922, on Cranfield 0.987 instead of
   * 0.961, both with the default search parameters). The file is 1.4 to 1.7 times as large, and a query takes at most 1.4 times as long.
   */
  quality?: 'standard' | 'high' | undefined
  /**
   * Number of residual codebooks, 1 to 256, instead of `quality`; a token's code has as many bytes. Default 32; never more than
   * dim.
   */
  pqSubspaces?: number | undefined
  /** Links of a graph node; the base level has twice as many. Default 32. */
  hnswM?: number | undefined
  /** Beam width while the graph is built. Default 1500. */
  efConstruction?: number | undefined
  /** Whether the mean of all tokens is subtracted from each token; scores include its share again. Default true. */
  centerDataset?: boolean | undefined
  /** A corpus of fewer tokens is stored whole and scanned exactly. Default 4096. */
  exactBelow?: number | undefined
  /**
   * With fewer centroids than this no graph is built, and a search scans the centroids, from 8,192 of them on in groups. `hnswM`
   * and `efConstruction`, and `lambda` in a search, have an effect only with a graph. Default 262,144.
   */
  scanBelow?: number | undefined
  /**
   * Maximum anonymous memory in bytes; mapped input pages do not count. The build uses fewer threads to stay below it, and
   * fails with MEMORY, which says the least that suffices, if it cannot. Default: no limit.
   */
  maxMemory?: number | undefined
  /**
   * A file of residual codebooks to use instead of training them: f32 [256, dim], or [256 + dim, dim] with the rotation for
   * which they were trained. Row `w` holds word `w` of every subspace, as `getCodebooks` returns them. Indexes with the same codebooks have the same quantisation errors.
   */
  codebooks?: string | undefined
}

/** Builds the index of `input` and writes it to the file `output`. */
export declare function buildIndex(input: CorpusInput, output: string, parameters: BuildParameters, threads: number | undefined | null, cancelFlag: number, onProgress?: ((stage: string, done: number, total: number, overall: number) => void) | undefined): Promise<void>;

/** The resources that a build takes. */
export interface BuildEstimate {
  /** Duration in seconds. */
  seconds: number
  /** Maximum anonymous memory in bytes. */
  memoryBytes: number
  /** Upper bound of the size of the index file in bytes. */
  diskBytes: number
  /** Bytes of the temporary copies of inputs that must be converted or inflated. */
  temporaryBytes: number
  /** Number of coarse centroids; 0 if the corpus is stored whole. */
  centroids: number
  /** The stages, in the order of the build. */
  stages: Array<StageEstimate>
}

/** The duration of one stage of a build. */
export interface StageEstimate {
  /** Name of the stage. */
  stage: string
  /** Duration in seconds. */
  seconds: number
}

/** Estimates what `buildIndex` of the input takes, without building. */
export declare function estimateBuild(input: CorpusInput, parameters: BuildParameters, threads?: number | undefined | null): Promise<BuildEstimate>;

/** Parameters of a clustering. An absent parameter is resolved from the data. */
export interface TacParameters {
  /** Number of centroids over all token types. Default `2^round(log2(tokens / 128))`, raised to what the types need. */
  nCentroids?: number | undefined
  /** Rounds of k-means per token type. Default 10. */
  nIter?: number | undefined
  /** Maximum number of tokens of a type that train. Default: all, up to a million and more for large types. */
  maxSampleSize?: number | undefined
  /** Token types with fewer tokens get one centroid. */
  microThreshold?: number | undefined
  /** Token types with fewer tokens get two centroids. */
  smallThreshold?: number | undefined
  /** Seed of the first centroids, 0 to 2^53 - 1. Default 42. */
  seed?: number | undefined
}

/** The share of one token type. */
export interface TypeShare {
  /** Vocabulary id. */
  tokenId: number
  /** Number of tokens. */
  count: number
  /** Mean squared distance of its tokens to their mean. */
  spread: number
  /** Mean squared distance of its tokens to their centroids. */
  error: number
  /** Its first centroid; they are consecutive. */
  firstCentroid: number
  /** Number of its centroids. */
  centroids: number
}

/** A finished clustering. */
export interface Clustering {
  /** Number of values in a row. */
  dim: number
  /** Centroids by ascending token id, `[k][dim]`. */
  centroids: Float32Array
  /** Centroid of each token. */
  assignments: Uint32Array
  /** The share of each token type; a single one with id 0 if one global k-means ran. */
  types: Array<TypeShare>
  /** Whether one global k-means ran, because the budget was below the least one. */
  global: boolean
  /** Least budget of token-aware clustering. */
  minBudget: number
  /** Element type of the file of vectors, if its values were rounded to f16: bf16, f32 or f64. */
  roundedFrom?: string | undefined
}

/** Clusters the tokens of `input`. */
export declare function trainTac(input: CorpusInput, parameters: TacParameters, threads: number | undefined | null, cancelFlag: number, onProgress?: ((stage: string, done: number, total: number, overall: number) => void) | undefined): Promise<Clustering>;

/** Parameters that a build resolves. */
export interface AutoBuildParams {
  /** Number of coarse centroids. */
  totalCentroids: number
  /** Token types with fewer tokens get one centroid. */
  tacMicroThreshold: number
  /** Token types with fewer tokens get two centroids. */
  tacSmallThreshold: number
  /** Maximum number of centroids that the tokens can fill. */
  satCap: number
  /** Least budget of token-aware clustering. */
  minBudget: number
  /** The budget before it was raised or capped. */
  formula: number
  /** Whether an explicit budget above `satCap` was lowered to it. */
  capped: boolean
}

/** The parameters that a build resolves for tokens with these vocabulary ids. Given parameters are kept. */
export declare function autoBuildParams(tokenIds: Uint32Array, totalCentroids?: number | undefined | null, microThreshold?: number | undefined | null, smallThreshold?: number | undefined | null): AutoBuildParams;

/** What a change did. */
export interface Change {
  /** Label of the version that it made, which is current now; that of the version before, if nothing was to be changed. */
  version: string
  /** Number of documents added. */
  added: number
  /** Number of documents deleted or replaced. */
  deleted: number
}

/** A version of a collection. */
export interface CollectionVersion {
  /** Its label. */
  version: string
  /** Whether it is current. */
  current: boolean
  /** Number of documents; absent for an index file that was built. */
  documents?: number | undefined
  /** Number of deleted documents that its files still hold. */
  deleted: number
  /** Number of segments. */
  segments: number
  /** Label of the version from which it was made; absent for an index file that was built. */
  parent?: string | undefined
  /** When it was made, RFC 3339; absent for an index file that was built. */
  made?: string | undefined
  /** What made it. */
  change: string
}

/** What a removal of versions removed. */
export interface Removed {
  /** Labels of the versions. */
  versions: Array<string>
  /** Number of files of codecs and segments. */
  parts: number
  /** Bytes of all files. */
  bytes: number
}

/** Label of the current version of the collection in `folder`. */
export declare function collectionCurrent(folder: string): Promise<string>;

/** Stores in `folder` that a version is current, durably. */
export declare function collectionStoreCurrent(folder: string, version: string): Promise<void>;

/** Adds documents to a collection, or replaces those whose ids exist, as one change. */
export declare function collectionUpsert(folder: string, input: CorpusInput, base: string | undefined | null, threads: number | undefined | null, cancelFlag: number): Promise<Change>;

/** Deletes the documents with these ids, or that match this filter in JSON, as one change. */
export declare function collectionDelete(folder: string, what: Array<string> | string, base?: string | undefined | null): Promise<Change>;

/** Merges segments of a collection; with `all` every segment into one. Resolves to null if there was nothing to do. */
export declare function collectionCompact(folder: string, all: boolean, threads: number | undefined | null, cancelFlag: number): Promise<Change | null>;

/** The versions of a collection, oldest first. */
export declare function collectionVersions(folder: string): Promise<CollectionVersion[]>;

/** Makes a version current. */
export declare function collectionRollback(folder: string, version: string): Promise<void>;

/**
 * Removes versions but the current one, the `keep` newest and those in `in_use`; with `built` also index files that were built and that no
 * version needs.
 */
export declare function collectionRemoveVersions(folder: string, keep: number, inUse: Array<string>, built: boolean): Promise<Removed>;

/**
 * Ends the process with `code` after `ms` milliseconds, unless it has ended before. Does not wait for any thread, and runs no exit
 * handlers: Node's `process.exit` waits for worker threads, and so for a thread that native code keeps. Returns at once.
 * Throws if the system starts no thread.
 */
export declare function exitWithin(ms: number, code: number): void;

/** Maps and checks the index file at `path`; resolves to the id of the open index. */
export declare function openIndex(path: string, full: boolean): Promise<number>;

/** Checks every byte and value of an open index again, but for the bytes of files that were verified less than `recent_ms` ago. */
export declare function verifyIndex(indexId: number, recentMs: number, cancelFlag: number, onProgress?: ((stage: string, done: number, total: number, overall: number) => void) | undefined): Promise<void>;

/**
 * Writes the index to the file `path`, which at every moment holds the old file or the whole new one. An index file is copied; a version
 * of several segments becomes one index file, without its deleted documents.
 */
export declare function saveIndex(indexId: number, path: string): Promise<void>;

/** The size of one part of an index. */
export interface SpaceUsage {
  /** Name of the part. */
  component: string
  /** Size in bytes. */
  bytes: number
}

/** Describes an index. */
export interface IndexInfo {
  /** Path of the file. */
  path: string
  /** Number of documents, including documents without tokens. */
  documents: number
  /** Number of deleted documents that the files still hold. */
  deleted: number
  /** Number of segments. */
  segments: number
  /** Number of token vectors, with those of deleted documents. */
  tokens: number
  /** Number of values in a token vector. */
  dim: number
  /** Number of coarse centroids; 0 if the index is small enough to be scanned exactly. */
  centroids: number
  /** Number of residual codebooks; 0 if vectors are stored whole. */
  pqSubspaces: number
  /** Size of the version's files in bytes. */
  bytes: number
  /** Digest of the content, 64 hexadecimal digits. */
  digest: string
  /** Version of the file format. */
  formatVersion: number
  /** Version of the software that wrote the file. */
  writerVersion: string
  /** The parts in the order of the files; their sizes add up to `bytes`. */
  spaceUsage: Array<SpaceUsage>
  /** The attributes of the documents, by name. */
  attributes: Record<string, 'keyword' | 'keywords' | 'integer' | 'float' | 'boolean' | 'timestamp'>
  /** Resolved parameters and digests of the inputs. */
  buildParams: Record<string, unknown>
}

/** Describes an open index. */
export declare function indexInfo(indexId: number): IndexInfo;

/** How well the codec of an index fits the tokens of one tier. */
export interface Drift {
  /** The tier: tokens of types with one centroid, two, or more. */
  tier: 'micro' | 'small' | 'active'
  /** Number of tokens in it. */
  tokens: number
  /** Mean squared distance of the training tokens to their centroids. */
  trained: number
  /** Mean squared distance of the index's tokens to their centroids. */
  error: number
}

/** How well the codec still fits, tier by tier; empty for an exact index, or if the files do not say how the codec was trained. */
export declare function indexDrift(indexId: number): Promise<Drift[]>;

/** Whether two open indexes are versions of one collection with the same codec, which is mapped once for both. */
export declare function shareCodec(indexId: number, otherId: number): boolean;

/** The ids of documents, by their positions; empty text for a position that the index does not have. */
export declare function documentIds(indexId: number, positions: Uint32Array): Array<string>;

/** The fields of a document, a JSON object. */
export declare function documentFields(indexId: number, position: number): string;

/** The position of the document with an id; null if there is no such document. */
export declare function findDocument(indexId: number, id: string): number | null;

/** The number of documents that match a filter, in JSON, and have tokens. */
export declare function countDocuments(indexId: number, filter: string): number;

/** A document's token vectors as the index stores them, `[tokens][dim]`. */
export declare function documentEmbeddings(indexId: number, document: number): Float32Array;

/**
 * The residual codebooks of an open index, `[256][dim]`, and its rotation, `[dim][dim]`, if it has one; empty if it stores whole
 * vectors.
 */
export declare function indexCodebooks(indexId: number): Float32Array;

/** The share of one token type. */
export interface TokenType {
  /** Vocabulary id. */
  tokenId: number
  /** Number of tokens. */
  count: number
  /** Mean squared distance of its tokens to their mean. */
  spread: number
  /** Number of its centroids. */
  centroids: number
}

/** Token types of an open index; empty if the clustering was not token-aware. */
export declare function indexTypes(indexId: number): Array<TokenType>;

/**
 * Decompresses bytes in the format of gzip, or else of zlib. Resolves to null if they are more than `most` decompressed: no more than that is
 * ever in memory. Rejects with INVALID_INPUT if they are not whole, or in another format.
 */
export declare function inflate(data: Uint8Array, gzip: boolean, most: number): Promise<Uint8Array | null>;

/**
 * Token vectors, token ids and document lengths: all by name, or all as arrays. Arrays must not change before the promise
 * settles.
 */
export interface CorpusInput {
  /** A file, or f16 bit patterns `[tokens][dim]`. */
  vectors: string | Uint16Array
  /** The id of a buffer of tokens, which is taken in the place of an empty `vectors` and released. */
  tokenBuffer?: number | undefined
  /** Number of values in a token vector; needed with arrays. */
  dim?: number | undefined
  /** A file, or the vocabulary id of each token. Absent: kinds of tokens are learned. */
  tokenIds?: string | Uint32Array | undefined
  /** A file, or the number of tokens of each document. Absent: one document. */
  doclens?: string | Int32Array | undefined
  /**
   * Ids of the documents: a file with one on each line, or the ids. Absent: those in `attributes`; without those, a document's id is its
   * position.
   */
  ids?: string | Array<string> | undefined
  /**
   * Fields of the documents: a file with a JSON object on each line (JSON Lines), or the objects as JSON. The field `id` is the document's
   * id.
   */
  attributes?: string | Array<string> | undefined
  /** The attributes and their types, as JSON. Absent: inferred from the fields. */
  schema?: string | undefined
  /** A file of centroids that were made earlier. */
  centroids?: string | undefined
  /** A file with the centroid of each token; needed with `centroids`. */
  assignments?: string | undefined
}

/**
 * The condition of the worst file of an open index: intact; relinked (the number of its names changed: to be verified when there is time);
 * changed (it may have been written to: nothing is answered until it was rechecked); damaged (it is to be opened again).
 */
export declare function indexCondition(indexId: number): Promise<'intact' | 'relinked' | 'changed' | 'damaged'>;

/** Verifies the files that are not intact. Resolves if their bytes are right; they are intact again then. */
export declare function recheckIndex(indexId: number, cancelFlag: number): Promise<void>;

/** Begins a verification of an index in small steps, of the files that were last verified more than `age_ms` ago; returns its id. */
export declare function beginSweep(indexId: number, ageMs: number): number;

/** Verifies at most `most` bytes more, on one thread. Resolves to their number, which is 0 when all are verified. */
export declare function stepSweep(sweepId: number, most: number): Promise<number>;

/** Shape and element type of an array, and its elements if they were read. */
export interface NativeArray {
  /** Length of each axis. */
  shape: Array<number>
  /** `f16`, `bf16`, `f32`, `f64`, or `i` or `u` with 8, 16, 32 or 64. */
  dtype: string
  /** Little-endian elements, row-major. */
  data?: Uint8Array | undefined
}

/** Reads the array called `name`: a path, or `path:name` in an archive. */
export declare function readArray(name: string): NativeArray;

/** Shape and element type of the array called `name`; its elements are not read. */
export declare function arrayShape(name: string): NativeArray;

/** Names of the arrays in an archive; empty for another file. */
export declare function arrayNames(path: string): Array<string>;

/** Writes an array to the file at `path`. */
export declare function writeNpyFile(path: string, dtype: string, shape: Array<number>, data: Uint8Array): void;

/** The best matches of a query's tokens in some documents. */
export interface Explanation {
  /**
   * For each document and query token the number of the document's token that matches best, `[documents][rows]`; 4294967295 in a
   * document without tokens.
   */
  tokens: Uint32Array
  /** Their similarities. Those of a document add up to its score. −Infinity in a document without tokens. */
  similarities: Float32Array
}

/** Explains the scores of documents, by position, for one query. */
export declare function explain(indexId: number, tokens: Uint8Array, half: boolean, positions: Uint32Array): Promise<Explanation>;

/** As `explain`, with a searcher of this thread. */
export declare function explainRaw(searcherId: number, data: Uint8Array, half: boolean, positions: Uint32Array): Explanation;

/** Why a document is not in an answer. */
export interface WhyNot {
  /** Where it was lost. */
  lost: 'found' | 'unknown' | 'deleted' | 'no tokens' | 'filtered' | 'not gathered' | 'below alpha' | 'beyond cap' | 'stopped early' | 'out-ranked'
  /** Its rank at this step, from 1: in the answer if it was found, by coarse score if it is beyond the cap, otherwise by score. */
  rank?: number | undefined
  /** Its score at this step: the coarse score if it is below alpha. */
  score?: number | undefined
  /** The score, or the number of documents, that it missed. */
  needed?: number | undefined
  /**
   * Parameters that differ from the given ones, with which the search returns the document. The search was run with them. Absent if no
   * parameters bring it.
   */
  change?: ChangedParams | undefined
}

/** Search parameters that are to be changed. */
export interface ChangedParams {
  /** Another `k`. */
  k?: number | undefined
  /** Another `kCentroids`. */
  kCentroids?: number | undefined
  /** Another `kDocsToScore`. */
  kDocsToScore?: number | undefined
  /** Another `efSearch`. */
  efSearch?: number | undefined
  /** Another `alpha`; −1 for null, which keeps all candidates. */
  alpha?: number | undefined
  /** Whether `beta` is to be null. */
  noBeta?: boolean | undefined
}

/**
 * Says why the document with an id is not in the answer to one query, and which parameters bring it. Ends with CANCELLED when the
 * flag with `cancel_id` is raised.
 */
export declare function whyNot(indexId: number, tokens: Uint8Array, half: boolean, params: SearchParams, id: string, cancelId: number): Promise<WhyNot>;

/** Closes the index and returns whether it was open. It is unmapped when no search and no searcher uses it any more. */
export declare function closeIndex(indexId: number): boolean;

/** Ends a verification. */
export declare function endSweep(sweepId: number): void;

/** Creates a flag and returns its id, which is never 0. */
export declare function createCancelFlag(): number;

/** Raises the flag: work that polls it ends with CANCELLED. An unknown id is ignored, because its work has ended. */
export declare function raiseCancelFlag(id: number): void;

/** Deletes the flag. */
export declare function releaseCancelFlag(id: number): void;

/** Search parameters. An absent parameter takes its default. Names and meaning are the reference's. */
export interface SearchParams {
  /** Number of documents to return, 1 to 10,000. Default 10. */
  k?: number | undefined
  /** Gather: number of coarse centroids per query token; at least 1. Default 20. */
  kCentroids?: number | undefined
  /** Refine: maximum number of candidates to score on the codes; at least 1. Default 500. At least `k` are scored. */
  kDocsToScore?: number | undefined
  /** Gather: beam width of the graph search; at least 1. Default `round(1.5 * kCentroids)`; never less than `kCentroids`. */
  efSearch?: number | undefined
  /**
   * Select: keep candidates whose coarse score is at least `s_k - |s_k| * alpha`, where `s_k` is the k-th best coarse score; at
   * least 0; null keeps all. Default 0.45.
   */
  alpha?: number | null | undefined
  /** Refine: stop after this many consecutive candidates that do not enter the best k; at least 1; null: never. Default null. */
  beta?: number | null | undefined
  /**
   * Gather: relax the rule of the graph search to `similarity >= worst - |worst| * lambda`; at least 0; null: the plain rule.
   * Default null.
   */
  lambda?: number | null | undefined
  /** Only documents that match this filter, in JSON, are returned. Default: all. */
  filter?: string | undefined
}

/** Documents of one or more queries, `k` places per query, best first. */
export interface SearchResult {
  /** MaxSim scores; −Infinity in unfilled places. */
  scores: Float32Array
  /** Positions of the documents; 4294967295 in unfilled places. */
  docIds: Uint32Array
  /** For each query 1 if every document that may be returned was scored, so that none can be missing; otherwise 0. */
  exhausted: Uint8Array
}

/** Answers many queries from an open index. `queries` is their number if all are equally long, or the bounds of each. */
export declare function batchSearch(indexId: number, tokens: Uint8Array, half: boolean, queries: number | BigUint64Array, params: SearchParams, threads: number | undefined | null, cancelFlag: number): Promise<SearchResult>;

/** Answers many queries by exact MaxSim over the vectors in a file. */
export declare function exactSearch(vectors: string, doclens: string, tokens: Uint8Array, half: boolean, offsets: BigUint64Array, k: number, threads: number | undefined | null, cancelFlag: number): Promise<SearchResult>;

/**
 * Creates a searcher of the open index with `index_id` and returns its id, which is valid in this thread. The index stays
 * mapped until the searcher is closed.
 */
export declare function openSearcher(indexId: number): number;

/** Releases the searcher's index. The scratch memory is freed with the last searcher of the thread. */
export declare function closeSearcher(searcherId: number): void;

/**
 * Answers the queries whose rows are concatenated in `data`. The results of query `q` follow those of query `q - 1` in
 * `doc_ids` and `scores`, which have room for `k` results per query. `counts`, `outcomes` and `micros` hold one number per
 * query: its number of results, how it ended, and the microseconds it took, conversion and checks included. If the index's files are
 * not what they were, an exception says so, whatever was found.
 * Returns the number of results of all queries.
 */
export declare function searchRaw(searcherId: number, data: Uint8Array, half: boolean, rowCounts: Uint32Array, params: SearchParams, cancelFlag: number, docIds: Uint32Array, scores: Float32Array, counts: Uint32Array, outcomes: Int32Array, micros: Uint32Array): number;

/** Creates an empty buffer and returns its id, which is never 0. */
export declare function createTokenBuffer(): number;

/**
 * Appends the elements of `data`, little-endian f16 or f32; f32 are rounded to the nearest f16, ties to even. Returns the number of the
 * first element that is NaN, infinite or beyond what f16 holds, or −1. Nothing is appended then.
 */
export declare function appendTokens(bufferId: number, data: Uint8Array, half: boolean): number;

/** Frees a buffer. */
export declare function releaseTokenBuffer(bufferId: number): void;

/** The nearest f16 of each value, as bit patterns: ties to even, beyond the range to infinity. */
export declare function toHalf(values: Float32Array): Uint16Array;

/**
 * Gives the free pages of the C library's heap back to the system; returns whether there were any. Takes 1 to 20 ms. Only glibc keeps free
 * pages between pages in use: with another library this does nothing and returns false.
 */
export declare function trimMemory(): boolean;

/** Version of this library. */
export declare function version(): string;

/** Name of the kernels chosen for this processor. */
export declare function kernels(): string;
