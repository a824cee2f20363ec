import { fileURLToPath } from "node:url";
import type { RawExplanation, RawResult, RawSearchParams as SearchParams } from "@maxsimd/native";
import { Piscina } from "piscina";
import { FIXED } from "../config/limits.js";
import type { NativeFault } from "../errors/from-native.js";
import type { TokenType } from "./query.js";

/** Queries handed to a worker thread together: one index, one set of parameters with one filter, one dtype, explained or not. */
export interface SearchTask {
  readonly kind: "search";
  readonly indexId: number;
  readonly dtype: TokenType;
  /** Concatenated rows of all queries; its buffer is transferred. */
  readonly data: Uint8Array;
  readonly rowCounts: Uint32Array;
  readonly params: SearchParams;
  readonly explain: boolean;
  readonly cancelId: number;
}

/** Results of a task, with an explanation for each query if the task asks for them; without one for a query that has no results. */
export interface SearchReply extends RawResult {
  explanations?: (RawExplanation | undefined)[] | undefined;
}

/** Creates a worker's searcher of an index and answers one query with it, so that the first request finds both ready. */
export interface WarmTask {
  readonly kind: "warm";
  readonly indexId: number;
  readonly dim: number;
}

/** Releases a worker's searcher of an index. */
export interface ForgetTask {
  readonly kind: "forget";
  readonly indexId: number;
}

export type WorkerTask = SearchTask | WarmTask | ForgetTask;

/** The results of a SearchTask, or an error of the native engine as plain data; undefined for the other tasks. */
export type WorkerReply = SearchReply | { readonly fault: NativeFault } | undefined;

/** Threads run what tsc built, also when a test runs the sources beside it. */
const WORKER_FILE = fileURLToPath(new URL("worker.js", import.meta.url.replace("/src/engine/", "/dist/engine/")));

/**
 * One worker thread, as a pool of one. With a pool of several the engine could not know which thread is idle, nor make every
 * thread release an index.
 */
export class WorkerThread {
  readonly #pool = new Piscina({
    filename: WORKER_FILE,
    name: "run",
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    trackUnmanagedFds: false,
    resourceLimits: FIXED.workerHeap,
  });
  #givenUp = false;
  /** What waits for this thread to be ready. A race with one promise for all would leave a part of each race with that promise. */
  readonly #waiting = new Set<() => void>();

  /** @param onError is called when the thread fails outside a task; it is replaced by another. */
  constructor(onError: (error: unknown) => void) {
    this.#pool.on("error", onError);
  }

  /** Runs a search. The buffer of its data is transferred and unusable here afterwards. */
  async search(task: SearchTask): Promise<SearchReply> {
    const reply = await this.#run(task, [task.data.buffer as ArrayBuffer]);
    if (reply === undefined) {
      throw new TypeError("a worker thread answered a search with nothing");
    }
    if ("fault" in reply) {
      throw reply.fault;
    }
    return reply;
  }

  /** Makes the thread's searcher of an index and answers one query with it. Resolves as well when the thread is given up. */
  async warm(indexId: number, dim: number): Promise<void> {
    const reply = await this.#unlessGivenUp(this.#run({ kind: "warm", indexId, dim }, []));
    if (typeof reply === "object" && "fault" in reply) {
      throw reply.fault;
    }
  }

  /** The thread does not return from its task: what waits for it to be ready waits no longer. */
  giveUp(): void {
    this.#givenUp = true;
    for (const stopWaiting of this.#waiting) {
      stopWaiting();
    }
  }

  /** Releases the thread's searcher of an index, after the search that it may be running. */
  async forget(indexId: number): Promise<void> {
    await this.#run({ kind: "forget", indexId }, []);
  }

  /** Ends the thread after the tasks that it has been given. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  #unlessGivenUp(running: Promise<WorkerReply>): Promise<WorkerReply> {
    return new Promise((resolve, reject) => {
      const stopWaiting = (): void => resolve(undefined);
      this.#waiting.add(stopWaiting);
      running.then(resolve, reject).finally(() => this.#waiting.delete(stopWaiting));
      if (this.#givenUp) {
        stopWaiting();
      }
    });
  }

  #run(task: WorkerTask, transferList: ArrayBuffer[]): Promise<WorkerReply> {
    return this.#pool.run(task, { transferList }) as Promise<WorkerReply>;
  }
}
