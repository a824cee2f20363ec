import { SearchService, type SearchStreamRequest, type SearchStreamResponse } from "@maxsimd/proto";
import type { Connection } from "../connection.js";
import { badParameter, errorOfDetail, MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { DEFAULT_RESUME_FOR_MS, DEFAULT_WINDOW, type StreamOptions } from "../options.js";
import { cancelledBy } from "../rpc/calls.js";
import { backoff, delay, isTransient } from "../rpc/retry.js";
import { type TensorMessage, tensorMethod } from "../rpc/tensor-message.js";
import { Answered, Failed, type IndexVersion, indexVersionOf, type Outcome } from "../search/results.js";
import { encodeOptions, encodeOver, type SearchOptions, type WireOptions } from "../search/search-options.js";
import type { VersionWatch } from "../search/version-watch.js";
import { encodeTokens } from "../tensor/token-matrix.js";
import { MessagePacker } from "./message-packer.js";
import { isSuspect, MAX_LOSSES, type PendingQuery, type StreamQuery } from "./query.js";
import { QuerySource } from "./query-source.js";
import { Backlog, Fifo } from "./queues.js";
import { ResumePolicy } from "./resume-policy.js";
import { StreamCall } from "./stream-call.js";

type Call = StreamCall<TensorMessage<SearchStreamRequest>, SearchStreamResponse>;

const SEARCH_STREAM = tensorMethod(SearchService.method.searchStream, [4, 1, 4]); // queries.tokens.data

/** Settings of a stream, with the client's defaults filled in. */
export interface SearchStreamSettings extends StreamOptions {
  params?: SearchOptions | undefined;
}

/**
 * One stream of queries, over as many calls as necessary.
 *
 * In:   queries from the caller's source. Out: one outcome per query, in completion order.
 * State of a query: `waiting` (read from the source) → `unanswered` (sent) → `ready` (has an outcome) → taken by the caller.
 *
 * - Read the source while fewer than `window` queries are in any state before "taken".
 * - Send waiting queries, packed into messages, while the call accepts them.
 * - Read the call while the results that wait for the caller are less than READ_AHEAD_BYTES.
 * - When a call breaks, put the unanswered queries in front of the waiting ones and open the next call (ResumePolicy).
 * - A query that was unanswered in several broken calls is sent alone, and fails after MAX_LOSSES.
 */
export class SearchStream<Id> {
  readonly #connection: Connection;
  readonly #settings: SearchStreamSettings;
  readonly #watch: VersionWatch;
  readonly #source: QuerySource<StreamQuery<Id>>;
  readonly #options: WireOptions;
  readonly #window: number;
  readonly #deadline: number;
  readonly #resumption: ResumePolicy;

  readonly #waiting = new Fifo<PendingQuery<Id>>();
  readonly #unanswered = new Map<number, PendingQuery<Id>>();
  readonly #ready = new Backlog<Id>();
  /** Number of queries that the server asked to send again later. */
  #held = 0;
  /** 1 while the caller has an outcome and has not asked for the next. */
  #handedOut = 0;
  /** Whether the only unanswered query is one that may break connections. */
  #alone = false;
  #nextWireId = 0;

  #call: Call | undefined;
  #packer: MessagePacker<Id> | undefined;
  #opening = false;
  #flushSoon = false;
  /** The SHUTTING_DOWN error of the current call, if its server sent one. */
  #sentAway: MaxsimRpcError | undefined;

  #over = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(
    connection: Connection,
    queries: AsyncIterable<StreamQuery<Id>> | Iterable<StreamQuery<Id>>,
    settings: SearchStreamSettings,
    watch: VersionWatch,
  ) {
    this.#connection = connection;
    this.#settings = settings;
    this.#watch = watch;
    this.#options = encodeOptions(settings.params);
    this.#window = settings.window ?? DEFAULT_WINDOW;
    if (!Number.isInteger(this.#window) || this.#window < 1) {
      throw badParameter("window", "an integer of at least 1", String(this.#window));
    }
    this.#deadline = settings.timeoutMs === undefined ? Number.POSITIVE_INFINITY : connection.deadlineOf(settings);
    this.#resumption = new ResumePolicy({
      maxAttempts: connection.maxAttempts,
      resumeForMs: settings.resumeForMs ?? DEFAULT_RESUME_FOR_MS,
      deadline: this.#deadline,
    });
    this.#source = new QuerySource(queries);
  }

  /** The outcomes in completion order. The stream starts when the first outcome is requested. */
  async *outcomes(): AsyncGenerator<Outcome<Id>, void, undefined> {
    const { signal } = this.#settings;
    const abort = () => this.#fail(cancelledBy(signal as AbortSignal));
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      this.#readSource();
      for (;;) {
        const outcome = this.#ready.shift();
        if (outcome !== undefined) {
          this.#handedOut = 1;
          yield outcome;
          this.#handedOut = 0;
          this.#readSource();
          if (!this.#ready.crowded) this.#call?.resume();
        } else if (this.#over) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          await this.#change();
        }
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      this.close();
    }
  }

  /** Ends the stream, cancels its call and releases its source. Idempotent. */
  close(): void {
    this.#over = true;
    this.#source.close();
    this.#call?.cancel();
    this.#call = undefined;
    this.#wake?.();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#error = error;
    // A caller that cancels gets no more outcomes; after any other error it gets those that are ready.
    if (error instanceof MaxsimRpcError && error.code === "CANCELLED") this.#ready.clear();
    this.close();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #hasRoom(): boolean {
    const inFlight = this.#waiting.length + this.#unanswered.size + this.#held + this.#ready.length + this.#handedOut;
    return !this.#over && inFlight < this.#window;
  }

  #readSource(): void {
    this.#source
      .read(
        () => this.#hasRoom(),
        (query) => this.#accept(query),
      )
      .then(
        () => this.#advance(),
        (error) => this.#fail(error),
      );
  }

  #accept(query: StreamQuery<Id>): void {
    const wireId = this.#nextWireId;
    this.#nextWireId += 1;
    const id = query.id === undefined ? (wireId as Id) : query.id;
    try {
      const tokens = encodeTokens(query.query, this.#settings.dtype);
      const stream = this.#settings.params;
      const options = query.params === undefined ? this.#options : encodeOver(stream, this.#options, query.params);
      this.#waiting.push({ id, wireId, tokens, options, losses: 0, ticket: 0 });
    } catch (error) {
      if (!(error instanceof MaxsimRpcError)) throw error;
      this.#deliver(new Failed(id, error));
      return;
    }
    // Queries that arrive in the same turn of the event loop are sent in the same message, without a timer.
    if (!this.#flushSoon) {
      this.#flushSoon = true;
      setImmediate(() => {
        this.#flushSoon = false;
        this.#advance();
      });
    }
  }

  #deliver(outcome: Outcome<Id>): void {
    this.#ready.push(outcome);
    this.#wake?.();
  }

  /** Sends waiting queries and ends a finished stream. Called after every change of state. */
  #advance(): void {
    if (this.#over) return;
    if (this.#waiting.length > 0) this.#send();
    const { done } = this.#source;
    if (!done || this.#waiting.length > 0 || this.#held > 0) return;
    this.#call?.halfClose();
    if (this.#unanswered.size > 0) return;
    // The call is not cancelled, because the server ends it after the half-close.
    this.#call = undefined;
    this.#over = true;
    this.#wake?.();
  }

  #send(): void {
    if (this.#call === undefined) {
      // While the backlog is crowded no call is opened; the caller's next step tries again.
      if (!this.#opening && !this.#ready.crowded) this.#open().catch((error) => this.#fail(error));
      return;
    }
    for (let next = this.#waiting.peek(); next !== undefined && this.#call.writable; next = this.#waiting.peek()) {
      if (this.#unanswered.size > 0 && (this.#alone || isSuspect(next))) return;
      this.#alone = isSuspect(next);
      const packed = (this.#packer as MessagePacker<Id>).pack(this.#waiting);
      for (const query of packed.queries) {
        query.ticket = this.#watch.ticket();
        this.#unanswered.set(query.wireId, query);
      }
      this.#call.write(packed);
    }
  }

  async #open(): Promise<void> {
    this.#opening = true;
    const settings = await this.#connection.settings(this.#deadline);
    this.#opening = false;
    if (this.#over) return;
    const { index = "", version = "" } = this.#settings;
    this.#packer = new MessagePacker(index, version);
    const call: Call = new StreamCall(this.#connection.channel, SEARCH_STREAM, settings, {
      onMessage: (message) => this.#receive(message),
      onDrain: () => this.#advance(),
      onEnd: (error, paused) => {
        if (this.#call === call) this.#ended(error, paused);
      },
    });
    this.#call = call;
    this.#advance();
  }

  #receive(message: SearchStreamResponse): void {
    if (this.#over) return;
    const named = message.indexVersion === undefined ? undefined : indexVersionOf(message.indexVersion);
    for (const { queryId, outcome } of message.outcomes) {
      const query = this.#unanswered.get(Number(queryId));
      // The query was answered before, or never sent.
      if (query === undefined) continue;
      this.#unanswered.delete(query.wireId);
      if (outcome.case === "error") {
        this.#refused(query, errorOfDetail(outcome.value), named);
        continue;
      }
      const version = named ?? indexVersionOf(undefined);
      this.#resumption.sawAnswer();
      if (!this.#settings.version) this.#watch.saw(version, query.ticket);
      this.#deliver(new Answered(query.id, outcome.value, version));
    }
    if (this.#ready.crowded) this.#call?.pause();
    this.#advance();
  }

  /** Handles an error of one query. It is the outcome of the query, unless the server asks to send the query again. */
  #refused(query: PendingQuery<Id>, error: MaxsimRpcError, version: IndexVersion | undefined): void {
    if (error.code === "SHUTTING_DOWN") {
      // This server takes no more queries. It may answer what it has; the next call continues.
      this.#sentAway = error;
      this.#waiting.unshift([query]);
      this.#call?.halfClose();
      return;
    }
    this.#resumption.sawAnswer();
    query.losses += 1;
    if (!isTransient(error) || query.losses >= MAX_LOSSES) {
      this.#deliver(new Failed(query.id, error, version));
      return;
    }
    this.#held += 1;
    void delay(backoff(query.losses, error), this.#settings.signal).then(() => {
      this.#held -= 1;
      this.#waiting.push(query);
      this.#advance();
    });
  }

  #ended(error: MaxsimRpcError | undefined, paused: boolean): void {
    this.#call = undefined;
    if (this.#over) return;
    // A server ends a call that is not read, with LIMIT_EXCEEDED. The caller may be slow, so unanswered queries are sent again.
    // The status may arrive after messages that were not read, so it counts if the call was ever paused. Another limit would
    // end the next call too, before that is paused.
    const stalled = paused && error?.code === "LIMIT_EXCEEDED";
    if (error !== undefined && !stalled && !isTransient(error)) {
      this.#fail(error);
      return;
    }
    const lost = [...this.#unanswered.values()];
    this.#unanswered.clear();
    const reason = stalled ? undefined : lossOf(error ?? this.#sentAway, lost.length);
    this.#sentAway = undefined;
    this.#waiting.unshift(lost.filter((query) => !this.#givenUp(query, reason)));
    // A call that ends with every query answered is not a loss; the next query opens another.
    if (reason === undefined || this.#waiting.length === 0) this.#advance();
    else this.#resume(reason).catch((failure) => this.#fail(failure));
  }

  /** Fails a query after connections broke repeatedly while it was unanswered. A server that reports a reason did not break. */
  #givenUp(query: PendingQuery<Id>, reason: MaxsimRpcError | undefined): boolean {
    if (reason?.code !== "UNAVAILABLE" || !this.#resumption.answered) return false;
    query.losses += 1;
    if (query.losses < MAX_LOSSES) return false;
    this.#deliver(new Failed(query.id, reason));
    return true;
  }

  /** Waits until the server is reachable, then opens the next call. @throws MaxsimRpcError when it stays unreachable */
  async #resume(reason: MaxsimRpcError): Promise<void> {
    const { wait, until } = this.#resumption.afterLoss(reason);
    this.#opening = true;
    await delay(wait, this.#settings.signal);
    if (this.#resumption.answered && !this.#over && !(await this.#connection.ready(until))) throw reason;
    await this.#open();
  }
}

/** Why a call was lost; undefined if it was not lost, because it ended with every query answered. */
function lossOf(error: MaxsimRpcError | undefined, unanswered: number): MaxsimRpcError | undefined {
  if (error !== undefined || unanswered === 0) return error;
  const message = `the server ended the stream with ${unanswered} of its queries unanswered`;
  return new MaxsimRpcError({ code: "UNAVAILABLE", message });
}
