import type { ServiceError } from "../errors/service-error.js";
import type { Query } from "./query.js";

/** A task at a worker, as a flow sees it. */
export interface FlowTask {
  /** Gives the flow's queries in it this error now. */
  drop(flow: Flow, error: ServiceError): void;
}

/** The queries of one call. Workers are shared out between flows, not between queries, so a long batch cannot hold them all. */
export class Flow {
  /** Waiting queries, oldest first. */
  readonly waiting: Query[] = [];
  /** Tasks at a worker that hold queries of this flow. */
  readonly running = new Set<FlowTask>();
  /** When each waiting query was submitted; the same order as `waiting`. In milliseconds of performance.now(). */
  readonly submittedAt: number[] = [];
  /** Whether the scheduler has it in its round. */
  inRound = false;
  #cancelled: ServiceError | undefined;

  /** Why this flow takes no more queries; undefined while it does. */
  get cancelled(): ServiceError | undefined {
    return this.#cancelled;
  }

  /** Ends every query of this flow with an error, those at a worker too; native code stops when nobody else needs it. */
  cancel(error: ServiceError): void {
    if (this.#cancelled !== undefined) {
      return;
    }
    this.#cancelled = error;
    this.submittedAt.length = 0;
    for (const query of this.waiting.splice(0)) {
      query.onOutcome(error);
    }
    for (const task of this.running) {
      task.drop(this, error);
    }
    this.running.clear();
  }
}
