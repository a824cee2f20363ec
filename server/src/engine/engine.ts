import { Index } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { FIXED } from "../config/limits.js";
import { fromNative, isIndexChanged } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";
import { report, timed } from "../observe/stations.js";
import { type FileLimits, FileWatch } from "./file-watch.js";
import { IndexKeeper } from "./index-keeper.js";
import type { MemoryRoom } from "./memory-room.js";
import type { EngineIndex, Query } from "./query.js";
import { Round } from "./round.js";
import { ServiceTime } from "./service-time.js";
import { deadlineExpired, Flow, type FlowOwner, RunningTask, type Taken, type TaskTimes } from "./task.js";
import { WhyNotRunner } from "./why-not-runner.js";
import { type WorkerEvent, WorkerSet } from "./worker-set.js";
import type { SearchReply, WorkerThread } from "./worker-thread.js";

/** A task that has ended. */
export interface TaskReport {
  readonly queries: number;
  /** From hand-over to answer. */
  readonly wallMicros: number;
}

export interface EngineOptions {
  /** Worker threads; at least 1. */
  readonly workers: number;
  /** How files are watched. */
  readonly files: FileLimits;
  /** Whether there is memory for an index. */
  readonly room: MemoryRoom;
  /** Called when an open version goes out of service, with the cause, or comes back, without one. */
  readonly onService: (index: EngineIndex, cause: ServiceError | undefined) => void;
  readonly onTask: (report: TaskReport) => void;
  /** Called with failures that no caller waits for. */
  readonly onError: (error: unknown) => void;
  /** A worker that has not returned so long after its task was stopped is lost, in milliseconds. */
  readonly workerLostMs: number;
  /** A task that takes longer is stopped, in milliseconds: more than any of its queries is expected to take. */
  readonly taskMostMs: number;
  /** A question for a missing document that takes longer is stopped, in milliseconds. */
  readonly whyNotMs: number;
  /** Called after a worker was found lost, and after a lost one came back. */
  readonly onWorker: (event: WorkerEvent) => void;
}

/**
 * Native search on worker threads, each with scratch memory of its own over the same mapped index.
 *
 * The engine shares the threads out between flows. While all threads are busy, queries wait, and go to a thread together. While
 * a thread is idle, a query goes to it at once. There is no timer, so gathering adds no latency. A task takes one query of each
 * flow in turn (see Round), round after round, as long as index version, parameters, filter, dtype and explain agree.
 */
export class Engine {
  /** How long a query keeps a worker. */
  readonly serviceTime = new ServiceTime();
  readonly whyNots: WhyNotRunner;
  readonly #workers: WorkerSet;
  readonly #times: TaskTimes;
  readonly #round = new Round();
  readonly #open = new Set<Index>();
  readonly #onTask: (report: TaskReport) => void;
  readonly #files: FileWatch;
  readonly #room: MemoryRoom;
  readonly #holdMs: number;
  readonly #onService: EngineOptions["onService"];
  #waiting = 0;
  #running = 0;

  constructor(options: EngineOptions) {
    const { workers, onError, onWorker } = options;
    this.#workers = new WorkerSet({ workers, onError, onChange: onWorker });
    this.#times = { mostMs: options.taskMostMs, lostAfterMs: options.workerLostMs };
    this.whyNots = new WhyNotRunner(options.workers, options.whyNotMs);
    this.#onTask = options.onTask;
    this.#files = new FileWatch(options.files);
    this.#room = options.room;
    this.#holdMs = options.files.fileHoldMs;
    this.#onService = options.onService;
  }

  /** Worker threads that serve; 0 once too many were lost. */
  get workers(): number {
    return this.#workers.serving;
  }

  /** Queries not yet at a worker. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Queries that workers take before that of a single call that comes now, at most: those that they have, and the turns of others. */
  get turnsBeforeSingle(): number {
    return this.#running + this.#round.turnsBeforeSingle;
  }

  /** Queries at a worker. */
  get running(): number {
    return this.#running;
  }

  /**
   * Opens an index file: every byte is verified once, and each worker answers a query, so that the first request finds
   * searchers made and the hot parts in memory. A version that shares its codec with an open one is not asked: what a change of documents
   * adds is small and was just written, and a query of each worker for each change would hold up others.
   * Throws ServiceError INDEX_FORMAT, INDEX_CORRUPT, INTERNAL, or LIMIT_EXCEEDED: there is no memory for its searches, or no descriptor.
   */
  async open(path: string): Promise<EngineIndex> {
    let index: EngineIndex | undefined;
    try {
      await this.#checkRoom(path);
      const native = await Index.load(path, { verify: "full" });
      const { id, info } = native;
      const onService = (cause?: ServiceError): void => this.#onService(opened, cause);
      const keeper = new IndexKeeper(native, this.#holdMs, onService);
      const close = (): void => {
        this.#open.delete(native);
        this.#files.forget(keeper);
        keeper.close();
        this.#workers.forget(id);
        native.close();
      };
      const warm = [...this.#open].some((other) => native.sharesCodec(other));
      this.#open.add(native);
      const opened: EngineIndex = {
        ...info,
        id,
        drift: await native.drift(),
        keeper,
        get inService() {
          return keeper.inService;
        },
        ids: (docIds) => keeper.read(() => native.ids(docIds)),
        fields: (docId) => keeper.read(() => native.fields(docId)),
        whyNot: ({ data, dtype, params }, id, token) =>
          keeper.ask(() => native.whyNotRaw(data, dtype, id, params, token)),
        close,
      };
      index = opened;
      if (!warm) {
        await this.#workers.warm(id, info.dim);
      }
      this.#files.add(keeper);
      return index;
    } catch (error) {
      index?.close();
      throw fromNative(error);
    }
  }

  /** Before a byte but the header of the file is read. */
  async #checkRoom(path: string): Promise<void> {
    const unverified = await Index.load(path, { verify: "quick" });
    try {
      this.#room.check(unverified.info, this.#workers.serving);
    } finally {
      unverified.close();
    }
  }

  /** A new flow, for the queries of one call. */
  openFlow(owner?: FlowOwner): Flow {
    return new Flow(owner);
  }

  /** Accepts queries of one flow. Each gets its outcome through its own callback, in any order; callbacks must not submit. */
  submit(flow: Flow, queries: readonly Query[]): void {
    if (flow.cancelled !== undefined) {
      for (const query of queries) {
        query.onOutcome(flow.cancelled);
      }
      return;
    }
    const outOfService = queries[0]?.index.keeper.outOfService;
    if (outOfService !== undefined) {
      for (const query of queries) {
        query.onOutcome(outOfService);
      }
      return;
    }
    if (queries.length === 0) {
      return;
    }
    const now = performance.now();
    for (const query of queries) {
      flow.waiting.push({ query, submitted: now });
    }
    if (!flow.inRound) {
      this.#round.add(flow);
    }
    this.#waiting += queries.length;
    this.#dispatch();
  }

  /** Ends every query of a flow with an error; native code stops when no other flow needs it. */
  cancel(flow: Flow, error: ServiceError): void {
    this.#waiting -= flow.waiting.length;
    flow.cancel(error);
    if (flow.inRound) {
      this.#round.delete(flow);
    }
  }

  /** Ends the worker threads; see WorkerSet.close. */
  async close(): Promise<void> {
    this.#files.close();
    await this.#workers.close();
  }

  #dispatch(): void {
    if (this.workers === 0) {
      this.#refuseWaiting();
    }
    while (this.#workers.idle > 0 && this.#round.size > 0) {
      const taken = this.#assemble();
      if (taken.length > 0) {
        void this.#run(this.#workers.take() as WorkerThread, taken);
      }
    }
  }

  /** Ends every waiting query: no thread is left that could take it. */
  #refuseWaiting(): void {
    for (const flow of this.#round.clear()) {
      const queries = flow.waiting.splice(0);
      this.#waiting -= queries.length;
      for (const { query } of queries) {
        query.onOutcome(noWorkers());
      }
    }
  }

  /** Takes the queries of the next task; empty if all waiting queries were cancelled or have expired. */
  #assemble(): Taken[] {
    const taken: Taken[] = [];
    const perWorker = Math.ceil(this.#waiting / this.#workers.idle);
    const now = Date.now();
    let [bytes, estimated] = [0, 0];
    let most = Math.min(FIXED.taskQueries, perWorker);
    /** Turns in a row whose query does not fit this task. After so many, nearly all flows have had one, and the task is complete. */
    let passed = 0;
    while (this.#round.size > 0 && passed < 2 * this.#round.size && taken.length < most) {
      const flow = this.#round.turn() as Flow;
      const first = taken[0]?.query;
      this.#dropExpired(flow, now);
      const next = flow.waiting[0]?.query;
      if (next === undefined) {
        this.#round.delete(flow);
        continue;
      }
      if (first !== undefined && !(agree(first, next) && fits(bytes, estimated, next))) {
        passed++;
        continue;
      }
      passed = 0;
      bytes += next.data.byteLength;
      estimated += next.estimatedMicros;
      taken.push(this.#take(flow));
      if (first === undefined) {
        const fitting = Math.ceil(FIXED.taskMicros / this.serviceTime.of(kindOf(taken)));
        most = Math.min(most, Math.max(1, fitting));
      }
    }
    return taken;
  }

  #take(flow: Flow): Taken {
    const { query, submitted } = flow.waiting.shift() as Flow["waiting"][number];
    this.#waiting--;
    if (flow.waiting.length === 0) {
      this.#round.delete(flow);
    }
    return { query, flow, queueMicros: Math.round((performance.now() - submitted) * 1000) };
  }

  #dropExpired(flow: Flow, now: number): void {
    while (flow.waiting[0] !== undefined && flow.waiting[0].query.deadline <= now) {
      const { query } = flow.waiting.shift() as Flow["waiting"][number];
      this.#waiting--;
      query.onOutcome(deadlineExpired());
    }
  }

  async #run(thread: WorkerThread, taken: Taken[]): Promise<void> {
    const task: RunningTask = new RunningTask(taken, this.#times, () => this.#lose(thread, task));
    const started = performance.now();
    this.#running += taken.length;
    let reply: SearchReply | undefined;
    let fault: unknown;
    try {
      reply = await thread.search(task.message());
    } catch (error) {
      fault = error;
    }
    this.#running -= taken.length;
    task.workerReturned();
    if (this.#workers.release(thread)) {
      // Its queries have had their outcomes since it was found lost.
      this.#dispatch();
      return;
    }
    const wallMicros = (performance.now() - started) * 1000;
    const nativeMicros = reply?.micros.reduce((sum, micros) => sum + micros / taken.length, 0);
    for (const { queueMicros } of taken) report("queue", queueMicros);
    for (const micros of reply?.micros ?? []) report("native", micros);
    if (nativeMicros !== undefined) report("hop", wallMicros - nativeMicros * taken.length);
    this.serviceTime.observe(kindOf(taken), wallMicros / taken.length, nativeMicros);
    // First the worker gets its next task, then the callers get the answers of this one.
    this.#dispatch();
    this.#onTask({ queries: taken.length, wallMicros });
    const { keeper } = (taken[0] as Taken).query.index;
    const error = reply === undefined ? keeper.failure(fault) : undefined;
    if (error !== undefined && isIndexChanged(error)) {
      await this.#searchAgain(task, keeper);
      return;
    }
    timed("reply", () => task.settle(reply, error));
  }

  /** Submits the queries of a task again when the index's files have been verified; if they are wrong, ends them with that error. */
  async #searchAgain(task: RunningTask, keeper: IndexKeeper): Promise<void> {
    try {
      await keeper.untilTrusted();
    } catch (error) {
      task.settle(undefined, error);
      return;
    }
    for (const { flow, query } of task.abandon()) {
      this.submit(flow, [query]);
    }
  }

  /** A thread does not return from its task: the task's queries get their outcomes, and other threads what waits. */
  #lose(thread: WorkerThread, task: RunningTask): void {
    this.#workers.lose(thread);
    task.settle(undefined, new Error("the worker thread did not return"));
    this.#dispatch();
  }
}

/** The error of a query that no thread is left for. */
function noWorkers(): ServiceError {
  const message =
    "no worker thread is left, because searches did not end; ask another server until this one is restarted";
  return new ServiceError(ErrorCode.OVERLOADED, message);
}

/**
 * Identifies queries that take about equally long: those with the same index and parameters, explained or not. Filters are one kind: applications make
 * them for each user, so few come often enough to be measured.
 */
function kindOf(taken: readonly Taken[]): string {
  const { index, paramsKey, params, explain } = (taken[0] as Taken).query;
  const more = `${params.filter === undefined ? "" : " filtered"}${explain ? " explained" : ""}`;
  return `${index.id} ${paramsKey}${more}`;
}

/** Whether a query can be added to a task that has so many bytes and so much estimated work. */
function fits(bytes: number, estimated: number, next: Query): boolean {
  return (
    bytes + next.data.byteLength <= FIXED.taskBytes && estimated + next.estimatedMicros <= FIXED.taskEstimatedMicros
  );
}

/** Whether two queries can be in one task. */
function agree(a: Query, b: Query): boolean {
  const alike = a.index === b.index && a.dtype === b.dtype && a.paramsKey === b.paramsKey;
  return alike && a.params.filter === b.params.filter && a.explain === b.explain;
}
