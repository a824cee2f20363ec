import type { ServiceError } from "../errors/service-error.js";
import type { Flow } from "./flow.js";
import { gather } from "./gather.js";
import type { Query } from "./query.js";
import { deadlineExpired, RunningTask, type Taken } from "./running-task.js";
import type { SearchReply } from "./worker-task.js";
import type { WorkerThread } from "./worker-thread.js";

/** Most queries in one task. The hop to a worker costs 75 to 115 µs whatever it carries; at 16 that is 5 to 7 µs a query. */
const MAX_TASK_QUERIES = 16;
/** Work aimed at in one task, in microseconds: the hop is amortised, and nobody waits long for the worker's next turn. */
const TASK_MICROS = 2000;
/** Most bytes in one task, unless one query alone is larger. */
const MAX_TASK_BYTES = 1024 * 1024;

/** What a task took, for admission's estimate and for metrics. */
export interface TaskReport {
  readonly queries: number;
  /** From hand-over to answer. */
  readonly wallMicros: number;
}

/**
 * Shares the worker threads out between flows. What waits while all are busy is gathered and handed over together; what
 * comes while one is idle goes at once, so that gathering adds no latency: there is no timer.
 *
 * A task takes one query of each flow in turn, round after round, as long as index version, parameters and dtype agree.
 */
export class Scheduler {
  readonly #idle: WorkerThread[];
  /** Flows with waiting queries, the next to be served first. */
  readonly #round: Flow[] = [];
  readonly #report: (report: TaskReport) => void;
  #waiting = 0;
  #running = 0;

  constructor(threads: readonly WorkerThread[], report: (report: TaskReport) => void) {
    this.#idle = [...threads];
    this.#report = report;
  }

  /** Queries not yet at a worker. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Queries at a worker. */
  get running(): number {
    return this.#running;
  }

  /** Takes queries of one flow. Each gets its outcome through its own callback, in any order; callbacks must not submit. */
  submit(flow: Flow, queries: readonly Query[]): void {
    if (flow.cancelled !== undefined) {
      for (const query of queries) {
        query.onOutcome(flow.cancelled);
      }
      return;
    }
    if (queries.length === 0) {
      return;
    }
    const now = performance.now();
    for (const query of queries) {
      flow.waiting.push(query);
      flow.submittedAt.push(now);
    }
    if (!flow.inRound) {
      flow.inRound = true;
      this.#round.push(flow);
    }
    this.#waiting += queries.length;
    this.#dispatch();
  }

  /** Ends every query of a flow with an error; native code stops when no other flow needs it. */
  cancel(flow: Flow, error: ServiceError): void {
    this.#waiting -= flow.waiting.length;
    flow.cancel(error);
    if (flow.inRound) {
      this.#leaveRound(flow);
    }
  }

  #dispatch(): void {
    while (this.#idle.length > 0 && this.#round.length > 0) {
      const taken = this.#assemble();
      if (taken.length > 0) {
        void this.#run(this.#idle.pop() as WorkerThread, taken);
      }
    }
  }

  /** The queries of the next task; none if all that waited was cancelled or has expired. */
  #assemble(): Taken[] {
    const taken: Taken[] = [];
    const perWorker = Math.ceil(this.#waiting / this.#idle.length);
    const now = Date.now();
    let bytes = 0;
    let most = Math.min(MAX_TASK_QUERIES, perWorker);
    /** Flows asked in a row that had nothing to add; all of them: the task is full. */
    let passed = 0;
    while (this.#round.length > 0 && passed < this.#round.length && taken.length < most) {
      const flow = this.#round.shift() as Flow;
      const first = taken[0]?.query;
      this.#dropExpired(flow, now);
      const next = flow.waiting[0];
      if (next === undefined) {
        flow.inRound = false;
        continue;
      }
      this.#round.push(flow);
      if (first !== undefined && !(agree(first, next) && bytes + next.data.byteLength <= MAX_TASK_BYTES)) {
        passed++;
        continue;
      }
      passed = 0;
      bytes += next.data.byteLength;
      taken.push(this.#take(flow, next));
      if (first === undefined) {
        const fitting = Math.ceil(TASK_MICROS / next.index.serviceMicros(next.paramsKey));
        most = Math.min(most, Math.max(1, fitting));
      }
    }
    return taken;
  }

  #take(flow: Flow, query: Query): Taken {
    flow.waiting.shift();
    const submitted = flow.submittedAt.shift() as number;
    this.#waiting--;
    if (flow.waiting.length === 0) {
      this.#leaveRound(flow);
    }
    return { query, flow, queueMicros: Math.round((performance.now() - submitted) * 1000) };
  }

  #leaveRound(flow: Flow): void {
    flow.inRound = false;
    this.#round.splice(this.#round.lastIndexOf(flow), 1);
  }

  #dropExpired(flow: Flow, now: number): void {
    while (flow.waiting[0] !== undefined && flow.waiting[0].deadline <= now) {
      const expired = flow.waiting.shift() as Query;
      flow.submittedAt.shift();
      this.#waiting--;
      expired.onOutcome(deadlineExpired());
    }
  }

  async #run(thread: WorkerThread, taken: Taken[]): Promise<void> {
    const queries = taken.map(({ query }) => query);
    const { index, params, paramsKey, dtype } = queries[0] as Query;
    const task = new RunningTask(taken);
    const started = performance.now();
    this.#running += queries.length;
    let reply: SearchReply | undefined;
    let fault: unknown;
    try {
      const { data, rowCounts } = gather(queries);
      const cancelId = task.cancelId;
      reply = await thread.search({ kind: "search", indexId: index.id, dtype, data, rowCounts, params, cancelId });
      index.observe(paramsKey, reply.micros.reduce((sum, micros) => sum + micros, 0) / queries.length);
    } catch (error) {
      fault = error;
    }
    this.#running -= queries.length;
    this.#idle.push(thread);
    // The worker first, then those who waited for this task's answers.
    this.#dispatch();
    this.#report({ queries: queries.length, wallMicros: (performance.now() - started) * 1000 });
    settle(task, reply, fault);
  }
}

/** Every query gets its outcome, whatever a worker sent. */
function settle(task: RunningTask, reply: SearchReply | undefined, fault: unknown): void {
  if (reply === undefined) {
    task.fail(fault);
    return;
  }
  try {
    task.finish(reply);
  } catch (error) {
    task.fail(error);
  }
}

function agree(a: Query, b: Query): boolean {
  return a.index === b.index && a.dtype === b.dtype && a.paramsKey === b.paramsKey;
}
