/**
 * A server for the client's own tests. It speaks the wire contract over real sockets, searches naively and fails on demand. The
 * real server is tested with this client elsewhere; here the other side must fail at chosen moments.
 */

import { create, type DescService, fromBinary, type Message, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  status as GrpcStatus,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
} from "@grpc/grpc-js";
import {
  AdminService,
  AttributeType,
  CatalogService,
  type DescribeResponse,
  DescribeResponseSchema,
  Dtype,
  type ErrorCode,
  ErrorDetailSchema,
  HitsSchema,
  IndexVersionSchema,
  type ListIndexesResponse,
  ListIndexesResponseSchema,
  type QueryBatch,
  QueryOutcomeSchema,
  type SearchBatchRequest,
  type SearchBatchResponse,
  SearchBatchResponseSchema,
  type SearchParams,
  type SearchRequest,
  type SearchResponse,
  SearchResponseSchema,
  SearchService,
  type SearchStreamRequest,
  type SearchStreamResponse,
  SearchStreamResponseSchema,
  StatusSchema,
  type SwapIndexRequest,
  type SwapIndexResponse,
  SwapIndexResponseSchema,
  VersionState,
} from "@maxsimd/proto";

export type StreamHandle = ServerDuplexStream<SearchStreamRequest, SearchStreamResponse>;
export type BatchHandle = ServerWritableStream<SearchBatchRequest, SearchBatchResponse>;
export type UnaryHandle = ServerUnaryCall<SearchRequest, SearchResponse>;

/** A status with a typed reason, for a handler to throw or a stream to emit. */
export function failure(
  code: number,
  reason?: { code: ErrorCode; message?: string; retryAfterMs?: number; got?: string },
) {
  const metadata = new Metadata();
  if (reason !== undefined) {
    const detail = create(ErrorDetailSchema, reason);
    const status = create(StatusSchema, { code, details: [anyPack(ErrorDetailSchema, detail)] });
    metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, status)));
  }
  return { code, details: reason?.message ?? "", metadata };
}

export interface NaiveServerOptions {
  /** Documents: rows of token vectors each. */
  documents?: number[][][];
  /** 0 = any. */
  port?: number;
  /** Listens here instead, for example `unix:/path`. */
  address?: string;
  /** Default: plain text. */
  credentials?: ServerCredentials;
  /** Replaces the answer. A value that it throws is the status of the call. */
  onSearch?: (call: UnaryHandle) => SearchResponse | Promise<SearchResponse>;
  onBatch?: (call: BatchHandle) => void;
  onStream?: (call: StreamHandle) => void;
  version?: string;
}

const DOCUMENTS: number[][][] = [
  [
    [1, 0],
    [0, 1],
  ],
  [[-1, 0]],
  [
    [0.5, 0.5],
    [0, -1],
    [0.25, 0],
  ],
];

export class NaiveServer {
  readonly options: NaiveServerOptions;
  /** All received messages and metadata, in order. */
  readonly messages: SearchStreamRequest[] = [];
  readonly metadata: Metadata[] = [];
  streams = 0;
  swaps = 0;
  version: string;
  readonly #server = new Server();
  #port = 0;

  private constructor(options: NaiveServerOptions) {
    this.options = options;
    this.version = options.version ?? "1";
  }

  static async start(options: NaiveServerOptions = {}): Promise<NaiveServer> {
    const naive = new NaiveServer(options);
    naive.#server.addService(definitionOf(SearchService), {
      Search: (call: UnaryHandle, done: sendUnaryData<SearchResponse>) => void naive.#search(call, done),
      SearchBatch: (call: BatchHandle) => (options.onBatch ?? ((handle) => naive.#batch(handle)))(call),
      SearchStream: (call: StreamHandle) => naive.#stream(call),
    });
    naive.#server.addService(definitionOf(CatalogService), {
      Describe: (_call: unknown, done: sendUnaryData<DescribeResponse>) => done(null, naive.#describe()),
      ListIndexes: (_call: unknown, done: sendUnaryData<ListIndexesResponse>) => done(null, naive.#list()),
    });
    naive.#server.addService(definitionOf(AdminService), {
      SwapIndex: (call: ServerUnaryCall<SwapIndexRequest, SwapIndexResponse>, done: sendUnaryData<SwapIndexResponse>) =>
        naive.#swap(call.request, done),
    });
    naive.#port = await new Promise<number>((resolve, reject) => {
      const address = options.address ?? `127.0.0.1:${options.port ?? 0}`;
      naive.#server.bindAsync(address, options.credentials ?? ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else resolve(port);
      });
    });
    return naive;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return this.options.address ?? `127.0.0.1:${this.#port}`;
  }

  /** Drops every connection at once. */
  stop(): void {
    this.#server.forceShutdown();
  }

  indexVersion() {
    return create(IndexVersionSchema, { index: "papers", version: this.version, digest: `digest of ${this.version}` });
  }

  /** The answers to the queries of one stream message, by exact MaxSim. */
  respond(message: SearchStreamRequest, params?: SearchParams): SearchStreamResponse {
    const queries = rowsOf(message.queries as QueryBatch);
    return create(SearchStreamResponseSchema, {
      indexVersion: this.indexVersion(),
      outcomes: queries.map((query, i) => outcome(message.queryIds[i] as bigint, this.hits(query, params?.k ?? 10))),
    });
  }

  /** The answer to a unary request, by exact MaxSim. */
  answer({ query, params }: SearchRequest): SearchResponse {
    const [rows] = rowsOf({ tokens: query, rowCounts: [query?.rows ?? 0] } as QueryBatch);
    const hits = this.hits(rows as number[][], params?.k ?? 10);
    const timing = { queueUs: 3, searchUs: 40 };
    return create(SearchResponseSchema, { indexVersion: this.indexVersion(), hits, timing });
  }

  hits(query: number[][], k: number) {
    const scored = (this.options.documents ?? DOCUMENTS).map((document, docId) => ({
      docId,
      score: query.reduce((sum, q) => sum + Math.max(...document.map((d) => dot(q, d))), 0),
    }));
    const best = scored.sort((a, b) => b.score - a.score || a.docId - b.docId).slice(0, k);
    const [docIds, scores] = [best.map((hit) => hit.docId), best.map((hit) => hit.score)];
    return create(HitsSchema, { docIds, scores, ids: docIds.map((docId) => `d${docId}`), exhausted: true });
  }

  #describe(): DescribeResponse {
    const { length } = this.options.documents ?? DOCUMENTS;
    const defaults = { k: 10, alpha: 0.45 };
    const indexVersion = this.indexVersion();
    const sizes = { dim: 2, documents: BigInt(length), tokens: 6n, indexBytes: 2n ** 40n };
    // 99 is a type that the client does not know.
    const attributes = { year: AttributeType.INTEGER, tags: AttributeType.KEYWORDS, shape: 99 as AttributeType };
    return create(DescribeResponseSchema, { indexVersion, ...sizes, attributes, defaults, serverVersion: "naive" });
  }

  #list(): ListIndexesResponse {
    const loaded = { indexVersion: this.indexVersion(), state: VersionState.CURRENT, indexBytes: 8n, documents: 3n };
    return create(ListIndexesResponseSchema, { indexes: [{ index: "papers", versions: [loaded] }] });
  }

  #swap({ version }: SwapIndexRequest, done: sendUnaryData<SwapIndexResponse>): void {
    this.swaps += 1;
    if (version === "gone") {
      done(failure(GrpcStatus.UNAVAILABLE));
      return;
    }
    const previous = this.indexVersion();
    this.version = version;
    done(null, create(SwapIndexResponseSchema, { indexVersion: this.indexVersion(), previous }));
  }

  async #search(call: UnaryHandle, done: sendUnaryData<SearchResponse>): Promise<void> {
    this.metadata.push(call.metadata);
    try {
      if (this.options.onSearch !== undefined) {
        done(null, await this.options.onSearch(call));
        return;
      }
      done(null, this.answer(call.request));
    } catch (error) {
      done(error as ReturnType<typeof failure>);
    }
  }

  #batch(call: BatchHandle): void {
    const queries = rowsOf(call.request.queries as QueryBatch);
    const k = call.request.params?.k ?? 10;
    // Completion order is not the order of the queries: last first.
    for (const [i, query] of [...queries.entries()].reverse()) {
      const outcomes = [outcome(BigInt(i), this.hits(query, k))];
      call.write(create(SearchBatchResponseSchema, { indexVersion: this.indexVersion(), outcomes }));
    }
    call.end();
  }

  #stream(call: StreamHandle): void {
    this.streams += 1;
    this.metadata.push(call.metadata);
    call.on("data", (message: SearchStreamRequest) => this.messages.push(message));
    if (this.options.onStream !== undefined) {
      this.options.onStream(call);
      return;
    }
    let params: SearchParams | undefined;
    call.on("data", (message: SearchStreamRequest) => {
      params = message.params ?? params;
      call.write(this.respond(message, params));
    });
    call.on("end", () => call.end());
    call.on("error", () => undefined);
  }
}

export function outcome(queryId: bigint, hits: MessageShape<typeof HitsSchema>) {
  return create(QueryOutcomeSchema, { queryId, outcome: { case: "hits", value: hits } });
}

export function failedOutcome(queryId: bigint, code: ErrorCode, message: string, retryAfterMs?: number) {
  const detail = create(ErrorDetailSchema, { code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  return create(QueryOutcomeSchema, { queryId, outcome: { case: "error", value: detail } });
}

/** The rows of each query of a batch, as numbers. */
export function rowsOf(batch: QueryBatch): number[][][] {
  const { dim, data, dtype } = batch.tokens as NonNullable<QueryBatch["tokens"]>;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const element = (i: number) =>
    dtype === Dtype.F16 ? numberOfFloat16(view.getUint16(2 * i, true)) : view.getFloat32(4 * i, true);
  let row = 0;
  return batch.rowCounts.map((count) =>
    Array.from({ length: count }, () => {
      const at = row * dim;
      row += 1;
      return Array.from({ length: dim }, (_, i) => element(at + i));
    }),
  );
}

function numberOfFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

function definitionOf(service: DescService): ServiceDefinition {
  return Object.fromEntries(
    service.methods.map((method) => [
      method.name,
      {
        path: `/${service.typeName}/${method.name}`,
        requestStream: method.methodKind === "bidi_streaming",
        responseStream: method.methodKind !== "unary",
        requestSerialize: (message: Message) => Buffer.from(toBinary(method.input, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
        responseSerialize: (message: Message) => Buffer.from(toBinary(method.output, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
      },
    ]),
  );
}
