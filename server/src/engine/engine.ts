import { Index, version as nativeVersion } from "@maxsimd/native";
import { fromNative } from "../errors/from-native.js";
import type { ServiceError } from "../errors/service-error.js";
import { EngineIndex } from "./engine-index.js";
import { Flow } from "./flow.js";
import type { Query } from "./query.js";
import { Scheduler, type TaskReport } from "./scheduler.js";
import { WorkerThread } from "./worker-thread.js";

export interface EngineOptions {
  /** Worker threads; at least 1. */
  readonly workers: number;
  readonly onTask: (report: TaskReport) => void;
  /** Told of failures that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** Native search on worker threads. Every thread searches the same mapped index with scratch memory of its own. */
export class Engine {
  readonly #threads: WorkerThread[];
  readonly #scheduler: Scheduler;
  readonly #onError: (error: unknown) => void;

  constructor(options: EngineOptions) {
    this.#threads = Array.from({ length: options.workers }, () => new WorkerThread(options.onError));
    this.#scheduler = new Scheduler(this.#threads, options.onTask);
    this.#onError = options.onError;
  }

  /** Version of the native engine. */
  static get nativeVersion(): string {
    return nativeVersion();
  }

  /** Queries not yet at a worker. */
  get waiting(): number {
    return this.#scheduler.waiting;
  }

  /** Queries at a worker. */
  get running(): number {
    return this.#scheduler.running;
  }

  /**
   * Opens an index file: every byte is verified once, and each worker answers a query, so that the first request finds
   * searchers made and the hot parts in memory. Throws ServiceError INDEX_FORMAT, INDEX_CORRUPT, LIMIT_EXCEEDED or INTERNAL.
   */
  async open(path: string): Promise<EngineIndex> {
    let index: EngineIndex;
    try {
      index = new EngineIndex(await Index.load(path, { verify: "full" }), (closing) => this.#forget(closing));
    } catch (error) {
      throw fromNative(error);
    }
    try {
      await Promise.all(this.#threads.map((thread) => thread.warm(index.id, index.dim)));
    } catch (error) {
      index.close();
      throw fromNative(error);
    }
    return index;
  }

  /** A place for the queries of one call. */
  openFlow(): Flow {
    return new Flow();
  }

  /** See Scheduler.submit. */
  submit(flow: Flow, queries: readonly Query[]): void {
    this.#scheduler.submit(flow, queries);
  }

  /** Ends every query of a flow with this error. */
  cancel(flow: Flow, error: ServiceError): void {
    this.#scheduler.cancel(flow, error);
  }

  /** Ends the worker threads. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #forget(index: EngineIndex): void {
    for (const thread of this.#threads) {
      thread.forget(index.id).catch(this.#onError);
    }
  }
}
