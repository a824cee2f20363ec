import { create } from "@bufbuild/protobuf";
import {
  CatalogService,
  DescribeRequestSchema,
  IndexSelectorSchema,
  ListIndexesRequestSchema,
  SearchRequestSchema,
  SearchService,
  TokenTensorSchema,
} from "@maxsimd/proto";
import { type IndexDescription, indexDescriptionOf, type ServedIndex, servedIndexOf } from "./catalog.js";
import { Connection } from "./connection.js";
import { HEALTH_CHECK, type HealthState } from "./health.js";
import {
  type CallOptions,
  type ClientOptions,
  DEFAULT_TIMEOUT_MS,
  type SearchCallOptions,
  type StreamOptions,
} from "./options.js";
import { tensorMethod } from "./rpc/tensor-message.js";
import { wireMethod } from "./rpc/wire-method.js";
import { Answer, type Outcome } from "./search/results.js";
import { inInputOrder, searchBatch } from "./search/search-batch.js";
import { encodeParams, type SearchParams } from "./search/search-params.js";
import { VersionWatch } from "./search/version-watch.js";
import type { StreamQuery } from "./stream/query.js";
import { SearchStream } from "./stream/search-stream.js";
import { encodeTokens, type TokenMatrix } from "./tensor/token-matrix.js";

const SEARCH = tensorMethod(SearchService.method.search, [2, 4]); // query.data
const DESCRIBE = wireMethod(CatalogService.method.describe);
const LIST_INDEXES = wireMethod(CatalogService.method.listIndexes);

/**
 * Searches the indexes of one maxsimd server.
 *
 * Every failure is a `MaxsimRpcError`. All calls here change nothing, so they are tried again while the server is not there
 * or at its capacity, within their deadline. Nothing is kept by version: a swap on the server needs nothing from a client.
 */
export class MaxsimClient {
  readonly #connection: Connection;
  readonly #options: ClientOptions;
  readonly #watch: VersionWatch;

  /**
   * Connects on first use.
   *
   * @param address `host:port`, `unix:path`, or any name that gRPC resolves
   */
  constructor(address: string, options: ClientOptions = {}) {
    this.#options = options;
    this.#watch = new VersionWatch(options.onVersionChange);
    this.#connection = new Connection(address, options, DEFAULT_TIMEOUT_MS);
  }

  /** A client whose connection stands. @throws MaxsimRpcError UNAVAILABLE when it does not within the deadline */
  static async connect(address: string, options: ClientOptions & CallOptions = {}): Promise<MaxsimClient> {
    const client = new MaxsimClient(address, options);
    try {
      const connected = await client.#connection.ready(client.#connection.deadlineOf(options));
      if (!connected) throw await client.#connection.lastFailure();
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  /** Answers one query. */
  async search(query: TokenMatrix, params?: SearchParams, options?: SearchCallOptions): Promise<Answer> {
    const { index = "", version = "", dtype } = this.#searchOptions(options);
    const { bytes, ...shape } = encodeTokens(query, dtype);
    const encoded = encodeParams(params);
    const message = create(SearchRequestSchema, {
      index: create(IndexSelectorSchema, { index, version }),
      query: create(TokenTensorSchema, shape),
      ...(encoded === undefined ? {} : { params: encoded }),
    });
    const ticket = this.#watch.ticket();
    const answer = new Answer(await this.#connection.unary(SEARCH, { message, data: [bytes] }, options, true));
    if (version === "") this.#watch.saw(answer.indexVersion, ticket);
    return answer;
  }

  /**
   * Answers many queries with one call, all from one version; outcomes come in completion order, `id` is the position in
   * `queries`. The server limits a batch (1,024 queries, 4 MiB): for more use `searchStream`.
   */
  searchBatch(
    queries: readonly TokenMatrix[],
    params?: SearchParams,
    options?: SearchCallOptions,
  ): AsyncIterableIterator<Outcome> {
    return searchBatch(this.#connection, queries, params, this.#searchOptions(options), this.#watch);
  }

  /** `searchBatch` with the outcomes in the order of the queries. */
  searchBatchAll(
    queries: readonly TokenMatrix[],
    params?: SearchParams,
    options?: SearchCallOptions,
  ): Promise<Outcome[]> {
    return inInputOrder(this.searchBatch(queries, params, options));
  }

  /**
   * Answers any number of queries over one stream; outcomes come in completion order, each exactly once.
   *
   * Queries that wait are packed into messages of up to 64 KiB of vectors. The source is read only while fewer than
   * `window` queries are in flight, and the stream only as outcomes are taken. A query that fails is an outcome with
   * `error`. When the server goes away, unanswered queries are sent again to the one that comes back. Leaving the loop, or
   * aborting the signal, cancels the call.
   *
   * @param options beside the call's own, the parameters that hold where a query sets none
   */
  searchStream<Id = number>(
    queries: AsyncIterable<StreamQuery<Id>> | Iterable<StreamQuery<Id>>,
    options: StreamOptions & { params?: SearchParams | undefined } = {},
  ): AsyncIterableIterator<Outcome<Id>> {
    const settings = { ...options, ...this.#searchOptions(options) };
    const stream = new SearchStream(this.#connection, queries, settings, this.#watch);
    const outcomes = stream.outcomes();
    return {
      next: () => outcomes.next(),
      return() {
        // A generator's own return waits for the `next` that is on its way: closing first ends that.
        stream.close();
        return outcomes.return();
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Shape, size and defaults of an index version. */
  async describe(options?: SearchCallOptions): Promise<IndexDescription> {
    const { index = "", version = "" } = this.#searchOptions(options);
    const request = create(DescribeRequestSchema, { index: create(IndexSelectorSchema, { index, version }) });
    return indexDescriptionOf(await this.#connection.unary(DESCRIBE, request, options, true));
  }

  /** The served indexes with their current and loaded versions. */
  async listIndexes(options?: CallOptions): Promise<ServedIndex[]> {
    const response = await this.#connection.unary(LIST_INDEXES, create(ListIndexesRequestSchema), options, true);
    return response.indexes.map(servedIndexOf);
  }

  /** State of the server, or of one service of it; a service that it does not know is an error NOT_FOUND. */
  health(service = "", options?: CallOptions): Promise<HealthState> {
    return this.#connection.unary(HEALTH_CHECK, service, options, true);
  }

  /** Gives the connection back once the calls on their way have ended. */
  close(): void {
    this.#connection.close();
  }

  #searchOptions(options: SearchCallOptions | undefined): SearchCallOptions {
    return {
      ...options,
      index: options?.index ?? this.#options.index,
      dtype: options?.dtype ?? this.#options.dtype,
    };
  }
}
