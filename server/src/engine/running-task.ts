import { cancel, createCancelToken, releaseCancelToken } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { MAX_TIMER_MS } from "../config/limits.js";
import { fromNative } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";
import type { Flow, FlowTask } from "./flow.js";
import type { Query } from "./query.js";
import type { SearchReply } from "./worker-task.js";

/** A query as part of a task, and the flow to tell. */
export interface Taken {
  readonly query: Query;
  readonly flow: Flow;
  /** Microseconds it waited. */
  readonly queueMicros: number;
}

/**
 * Queries that a worker is at. Aborting a pool's task would not stop native code; the cancel token does, once no query of
 * the task is wanted any more, or its last deadline has passed.
 */
export class RunningTask implements FlowTask {
  readonly taken: readonly Taken[];
  readonly cancelId = createCancelToken();
  /** Queries that still wait for their outcome; undefined where it was given early. */
  readonly #open: (Taken | undefined)[];
  #openCount: number;
  readonly #timer: NodeJS.Timeout;
  #expired = false;
  #released = false;

  constructor(taken: readonly Taken[]) {
    this.taken = taken;
    this.#open = [...taken];
    this.#openCount = taken.length;
    let lastDeadline = 0;
    for (const { query, flow } of taken) {
      lastDeadline = Math.max(lastDeadline, query.deadline);
      flow.running.add(this);
    }
    this.#timer = setTimeout(
      () => {
        this.#expired = true;
        cancel(this.cancelId);
      },
      Math.min(MAX_TIMER_MS, Math.max(0, lastDeadline - Date.now())),
    );
  }

  /** Gives the queries of one flow this error now, and stops native code if no other flow's are left. */
  drop(flow: Flow, error: ServiceError): void {
    for (const [i, taken] of this.#open.entries()) {
      if (taken?.flow === flow) {
        this.#settle(i, error);
      }
    }
    if (this.#openCount === 0) {
      cancel(this.cancelId);
    }
  }

  /** Hands out the worker's results. */
  finish(reply: SearchReply): void {
    this.#release();
    let at = 0;
    for (const [i, taken] of this.#open.entries()) {
      const count = reply.counts[i] ?? 0;
      if (reply.failed[i] === 1) {
        this.#settle(i, nonFinite());
      } else if (taken !== undefined) {
        const docIds = reply.docIds.subarray(at, at + count);
        const scores = reply.scores.subarray(at, at + count);
        this.#settle(i, { docIds, scores, queueMicros: taken.queueMicros, searchMicros: reply.micros[i] ?? 0 });
      }
      at += count;
    }
  }

  /** Gives every query that still waits the error that a worker ended with. */
  fail(thrown: unknown): void {
    this.#release();
    const error = this.#expired ? deadlineExpired() : fromNative(thrown);
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

  #release(): void {
    if (this.#released) {
      return;
    }
    this.#released = true;
    clearTimeout(this.#timer);
    releaseCancelToken(this.cancelId);
    for (const { flow } of this.taken) {
      flow.running.delete(this);
    }
  }
}

/** What a query gets whose deadline has passed. */
export function deadlineExpired(): ServiceError {
  return new ServiceError(
    ErrorCode.DEADLINE_EXPIRED,
    "the deadline passed before the search ended; allow it more time",
  );
}

function nonFinite(): ServiceError {
  return new ServiceError(ErrorCode.NON_FINITE, "the query holds a NaN or infinity", {
    field: "data",
    expected: "finite elements",
    got: "NaN or infinity",
  });
}
