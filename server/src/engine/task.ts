import { cancel, createCancelToken, OUTCOME, releaseCancelToken } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { MAX_TIMER_MS } from "../config/limits.js";
import { fromNative } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";
import { faultyElement } from "./faulty-element.js";
import type { Query } from "./query.js";
import type { SearchReply, SearchTask } from "./worker-thread.js";

/** Whose queries a flow has, and how many. */
export interface FlowOwner {
  readonly caller?: unknown;
  readonly single?: boolean;
}

/**
 * The queries of one call. Workers are shared out between callers, and then between the flows of each, not between queries, so a long batch
 * cannot hold them all.
 */
export class Flow {
  /** Stands for who makes the call; another for each flow unless it is given. */
  readonly caller: unknown;
  /** Whether it is a call of one query, which has a reserved share of the turns. */
  readonly single: boolean;
  /** Waiting queries, oldest first, and when each was submitted, in milliseconds of performance.now(). */
  readonly waiting: { readonly query: Query; readonly submitted: number }[] = [];
  /** Tasks at a worker that hold queries of this flow. */
  readonly running = new Set<RunningTask>();
  /** Whether the engine has this flow in its round of flows with waiting queries. */
  inRound = false;
  #cancelled: ServiceError | undefined;

  constructor({ caller, single = false }: FlowOwner = {}) {
    this.caller = caller ?? this;
    this.single = single;
  }

  /** Why this flow accepts no more queries; undefined while it does. */
  get cancelled(): ServiceError | undefined {
    return this.#cancelled;
  }

  /** Ends every query of this flow with an error, those at a worker included. Native code stops if no other flow has queries in the task. */
  cancel(error: ServiceError): void {
    if (this.#cancelled !== undefined) {
      return;
    }
    this.#cancelled = error;
    for (const { query } of this.waiting.splice(0)) {
      query.onOutcome(error);
    }
    for (const task of this.running) {
      task.drop(this, error);
    }
    this.running.clear();
  }
}

/** A query as part of a task. */
export interface Taken {
  readonly query: Query;
  readonly flow: Flow;
  /** Microseconds it waited. */
  readonly queueMicros: number;
}

/** How long tasks may take, in milliseconds. */
export interface TaskTimes {
  /** Native code is stopped after this. */
  readonly mostMs: number;
  /** Time that the worker has to return once native code was stopped. */
  readonly lostAfterMs: number;
}

/**
 * Queries that a worker is searching. To abort the pool's task would not stop native code. The cancel token stops it: it is set
 * when every query of the task was dropped, the last deadline has passed, or the task takes longer than one may. A worker that has not returned some time after that is lost.
 */
export class RunningTask {
  readonly taken: readonly Taken[];
  readonly cancelId = createCancelToken();
  /** Queries that still wait for their outcome; undefined for each that has it. */
  readonly #open: (Taken | undefined)[];
  #openCount: number;
  readonly #timer: NodeJS.Timeout;
  readonly #times: TaskTimes;
  readonly #onLost: () => void;
  #lostTimer: NodeJS.Timeout | undefined;
  #returned = false;
  /** Why native code was stopped. */
  #stopped: ServiceError | undefined;

  /** @param onLost is called once when the worker does not return in time after native code was stopped. */
  constructor(taken: readonly Taken[], times: TaskTimes, onLost: () => void) {
    this.taken = taken;
    this.#times = times;
    this.#onLost = onLost;
    this.#open = [...taken];
    this.#openCount = taken.length;
    let lastDeadline = 0;
    for (const { query, flow } of taken) {
      lastDeadline = Math.max(lastDeadline, query.deadline);
      flow.running.add(this);
    }
    const left = Math.max(0, lastDeadline - Date.now());
    const reason = left <= times.mostMs ? deadlineExpired : () => tookTooLong(times.mostMs);
    this.#timer = setTimeout(
      () => {
        this.#stopped = reason();
        this.#stop();
      },
      Math.min(MAX_TIMER_MS, left, times.mostMs),
    );
  }

  /** The task as a worker gets it. */
  message(): SearchTask {
    const { index, params, dtype, explain } = (this.taken[0] as Taken).query;
    const { data, rowCounts } = joinQueries(this.taken.map(({ query }) => query));
    return { kind: "search", indexId: index.id, dtype, data, rowCounts, params, explain, cancelId: this.cancelId };
  }

  /** Gives the queries of one flow this error now, and stops native code if no other flow's are left. */
  drop(flow: Flow, error: ServiceError): void {
    for (const [i, taken] of this.#open.entries()) {
      if (taken?.flow === flow) {
        this.#settle(i, error);
      }
    }
    if (this.#openCount === 0) {
      this.#stop();
    }
  }

  /** The worker has returned, though queries may still wait for their outcomes: it is not found lost any more. */
  workerReturned(): void {
    this.#returned = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#lostTimer);
  }

  /** Ends the task without outcomes; returns the queries that still wait for one. */
  abandon(): Taken[] {
    this.#release();
    return this.#open.flatMap((taken) => taken ?? []);
  }

  /** Gives every query its outcome: the worker's results, or the error that it ended with. */
  settle(reply: SearchReply | undefined, fault: unknown): void {
    this.#release();
    try {
      if (reply !== undefined) {
        this.#finish(reply);
        return;
      }
      this.#fail(this.#stopped ?? fromNative(fault));
    } catch (error) {
      this.#fail(fromNative(error));
    }
  }

  #finish(reply: SearchReply): void {
    let at = 0;
    for (const [i, taken] of this.#open.entries()) {
      const count = reply.counts[i] ?? 0;
      if (reply.outcomes[i] === OUTCOME.nonFinite) {
        const { query } = this.taken[i] as Taken;
        this.#settle(i, faultyElement(query, query.index.dim));
      } else if (taken !== undefined) {
        const docIds = reply.docIds.subarray(at, at + count);
        const scores = reply.scores.subarray(at, at + count);
        const exhausted = reply.outcomes[i] === OUTCOME.exhausted;
        const { queueMicros } = taken;
        const explanation = reply.explanations?.[i];
        this.#settle(i, { docIds, scores, exhausted, explanation, queueMicros, searchMicros: reply.micros[i] ?? 0 });
      }
      at += count;
    }
  }

  #fail(error: ServiceError): void {
    for (const i of this.#open.keys()) {
      this.#settle(i, error);
    }
  }

  #settle(i: number, outcome: Parameters<Query["onOutcome"]>[0]): void {
    const taken = this.#open[i];
    if (taken !== undefined) {
      this.#open[i] = undefined;
      this.#openCount--;
      taken.query.onOutcome(outcome);
    }
  }

  /** Tells native code to stop. */
  #stop(): void {
    if (this.#returned) {
      return;
    }
    cancel(this.cancelId);
    this.#lostTimer ??= setTimeout(this.#onLost, this.#times.lostAfterMs);
  }

  #release(): void {
    this.workerReturned();
    releaseCancelToken(this.cancelId);
    for (const { flow } of this.taken) {
      flow.running.delete(this);
    }
  }
}

/** The error of a query whose deadline has passed. */
export function deadlineExpired(): ServiceError {
  return new ServiceError(
    ErrorCode.DEADLINE_EXPIRED,
    "the deadline passed before the search ended; allow it more time",
  );
}

/** The error of queries whose task was stopped. */
function tookTooLong(mostMs: number): ServiceError {
  const message =
    "the search took too long for what it was estimated at; send fewer rows, or a filter that more documents match";
  return new ServiceError(ErrorCode.LIMIT_EXCEEDED, message, {
    field: "query",
    expected: `at most ${mostMs} ms in a worker`,
    got: "more",
  });
}

/** The bytes of several queries, one after another, in a buffer of exactly their size. */
export interface JoinedQueries {
  readonly data: Uint8Array;
  readonly rowCounts: Uint32Array;
}

/**
 * Copies queries into one buffer that can be transferred to a worker: the only copy of a query's bytes between the message
 * they came in and native code. The buffer is not zeroed first; every byte of it is written.
 */
export function joinQueries(queries: readonly Query[]): JoinedQueries {
  let bytes = 0;
  for (const query of queries) {
    bytes += query.data.byteLength;
  }
  // Not from Buffer's shared pool, whose buffer must not be transferred.
  const data = Buffer.allocUnsafeSlow(bytes);
  const rowCounts = new Uint32Array(queries.length);
  let at = 0;
  for (const [i, query] of queries.entries()) {
    data.set(query.data, at);
    at += query.data.byteLength;
    rowCounts[i] = query.rows;
  }
  return { data: new Uint8Array(data.buffer), rowCounts };
}
