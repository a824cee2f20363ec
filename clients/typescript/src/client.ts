import { create } from "@bufbuild/protobuf";
import {
  CatalogService,
  DescribeRequestSchema,
  ListIndexesRequestSchema,
  SearchRequestSchema,
  SearchService,
  SearchTextRequestSchema,
  TextSearchService,
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
import { encodeOptions, type SearchOptions, type SingleSearchOptions } from "./search/search-options.js";
import { VersionWatch } from "./search/version-watch.js";
import { type WhyNot, type WhyNotOptions, whyNot } from "./search/why-not.js";
import type { StreamQuery } from "./stream/query.js";
import { SearchStream } from "./stream/search-stream.js";
import { encodeTokens, type TokenMatrix } from "./tensor/token-matrix.js";

const SEARCH = tensorMethod(SearchService.method.search, [2, 4]); // query.data
const SEARCH_TEXT = wireMethod(TextSearchService.method.searchText);
const DESCRIBE = wireMethod(CatalogService.method.describe);
const LIST_INDEXES = wireMethod(CatalogService.method.listIndexes);

/**
 * Searches the indexes of one maxsimd server.
 *
 * Every failure is a `MaxsimRpcError`. The calls change nothing on the server. So they are retried, within their deadline, while
 * the server is unreachable or at its capacity. The client stores nothing per version, so a swap on the server needs no action.
 */
export class MaxsimClient {
  readonly #connection: Connection;
  readonly #options: ClientOptions;
  readonly #watch: VersionWatch;

  /**
   * Creates a client, which connects on first use.
   *
   * @param address `host:port`, `unix:path`, or any name that gRPC resolves
   * @throws MaxsimRpcError INVALID_PARAMETER for a bad address, certificate or option
   */
  constructor(address: string, options: ClientOptions = {}) {
    this.#options = options;
    this.#watch = new VersionWatch(options.onVersionChange);
    this.#connection = new Connection(address, options, DEFAULT_TIMEOUT_MS);
  }

  /** Creates a client and waits until it is connected. @throws MaxsimRpcError UNAVAILABLE with the reason at the deadline */
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

  /** Answers one query. `params` has a filter and the fields to return, too, and `explain`. */
  async search(query: TokenMatrix, params?: SingleSearchOptions, options?: SearchCallOptions): Promise<Answer> {
    const { index = "", version = "", dtype } = this.#searchOptions(options);
    const { bytes, ...shape } = encodeTokens(query, dtype);
    const message = create(SearchRequestSchema, {
      index: { index, version },
      query: shape,
      ...encodeOptions(params),
      explain: params?.explain ?? false,
    });
    const ticket = this.#watch.ticket();
    const answer = new Answer(await this.#connection.unary(SEARCH, { message, data: [bytes] }, options, true));
    if (version === "") this.#watch.saw(answer.indexVersion, ticket);
    return answer;
  }

  /**
   * Answers a question in words, as `search` answers token vectors. The server encodes it: one without an encoder fails with UNIMPLEMENTED,
   * and an index whose dim differs from the encoder's with DIM_MISMATCH.
   */
  async searchText(text: string, params?: SingleSearchOptions, options?: SearchCallOptions): Promise<Answer> {
    const { index = "", version = "" } = this.#searchOptions(options);
    const explain = params?.explain ?? false;
    const request = create(SearchTextRequestSchema, {
      index: { index, version },
      text,
      ...encodeOptions(params),
      explain,
    });
    const ticket = this.#watch.ticket();
    const answer = new Answer(await this.#connection.unary(SEARCH_TEXT, request, options, true));
    if (version === "") this.#watch.saw(answer.indexVersion, ticket);
    return answer;
  }

  /**
   * Answers many queries with one call, all from one version. Outcomes arrive in completion order; `id` is the position in
   * `queries`. The server limits a batch (by default to 1,024 queries and 4 MiB); for more use `searchStream`.
   */
  searchBatch(
    queries: readonly TokenMatrix[],
    params?: SearchOptions,
    options?: SearchCallOptions,
  ): AsyncIterableIterator<Outcome> {
    return searchBatch(this.#connection, queries, params, this.#searchOptions(options), this.#watch);
  }

  /** As `searchBatch`, with the outcomes in the order of the queries. */
  searchBatchAll(
    queries: readonly TokenMatrix[],
    params?: SearchOptions,
    options?: SearchCallOptions,
  ): Promise<Outcome[]> {
    return inInputOrder(this.searchBatch(queries, params, options));
  }

  /**
   * Answers any number of queries over one stream. Outcomes arrive in completion order, each exactly once.
   *
   * Waiting queries are packed into messages of up to 64 KiB of vectors. The source is read only while fewer than `window` queries
   * are in flight, and the stream only as the caller takes outcomes. A query that fails has an outcome with `error`. When the
   * connection is lost, unanswered queries are sent again once the server is back. Leaving the loop or aborting the signal cancels
   * the call.
   *
   * @param options of the call; in `params` the parameters, filter and fields of queries that do not set them
   */
  searchStream<Id = number>(
    queries: AsyncIterable<StreamQuery<Id>> | Iterable<StreamQuery<Id>>,
    options: StreamOptions & { params?: SearchOptions | undefined } = {},
  ): AsyncIterableIterator<Outcome<Id>> {
    const settings = { ...options, ...this.#searchOptions(options) };
    const stream = new SearchStream(this.#connection, queries, settings, this.#watch);
    const outcomes = stream.outcomes();
    return {
      next: () => outcomes.next(),
      return() {
        // The generator's own return waits for a pending `next`, which closing ends.
        stream.close();
        return outcomes.return();
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /**
   * Says why a search does not return the document with an id: where it was lost, by how much, and which parameters bring it. `options` are
   * those of the search, and of the call. It takes as long as several searches.
   */
  whyNot(query: TokenMatrix, id: string, options?: WhyNotOptions): Promise<WhyNot> {
    return whyNot(this.#connection, query, id, { ...options, ...this.#searchOptions(options) });
  }

  /** Describes an index version: shape, size, attributes and default parameters. */
  async describe(options?: SearchCallOptions): Promise<IndexDescription> {
    const { index = "", version = "" } = this.#searchOptions(options);
    const request = create(DescribeRequestSchema, { index: { index, version } });
    return indexDescriptionOf(await this.#connection.unary(DESCRIBE, request, options, true));
  }

  /** Lists the served indexes with their loaded versions. */
  async listIndexes(options?: CallOptions): Promise<ServedIndex[]> {
    const response = await this.#connection.unary(LIST_INDEXES, create(ListIndexesRequestSchema), options, true);
    return response.indexes.map(servedIndexOf);
  }

  /**
   * State of the server, of one of its services, or of an index: `maxsimd.v1.SearchService/<index>`.
   * @throws MaxsimRpcError NOT_FOUND for a service or index that is unknown
   */
  health(service = "", options?: CallOptions): Promise<HealthState> {
    return this.#connection.unary(HEALTH_CHECK, service, options, true);
  }

  /** Closes the connection once the pending calls have ended. A later call fails with FAILED_PRECONDITION. */
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
