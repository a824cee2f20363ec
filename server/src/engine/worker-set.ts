import { FIXED } from "../config/limits.js";
import { WorkerThread } from "./worker-thread.js";

export interface WorkerSetOptions {
  /** Threads that serve as long as none is lost; at least 1. */
  readonly workers: number;
  /** Called when a thread fails outside a task, or does not release an index. */
  readonly onError: (error: unknown) => void;
  /** Called after a thread was found lost, and after a lost one came back. */
  readonly onChange: (event: WorkerEvent) => void;
}

/** A change of the threads that serve. */
export interface WorkerEvent {
  readonly kind: "lost" | "back";
  /** Threads that serve now. */
  readonly serving: number;
  /** Threads that are lost now. */
  readonly lost: number;
}

/**
 * The worker threads: which of them serve, which are idle, and which are lost. Nothing can stop a thread that native code keeps. Such
 * a thread is left alone, and another one takes its place. If it returns after all, it serves again where a place is free, and ends
 * otherwise.
 */
export class WorkerSet {
  readonly #options: WorkerSetOptions;
  readonly #serving = new Set<WorkerThread>();
  readonly #idle: WorkerThread[] = [];
  readonly #lost = new Set<WorkerThread>();

  constructor(options: WorkerSetOptions) {
    this.#options = options;
    for (let i = 0; i < options.workers; i++) {
      this.#start();
    }
  }

  /** Threads that serve, idle or not. */
  get serving(): number {
    return this.#serving.size;
  }

  /** Threads that wait for a task. */
  get idle(): number {
    return this.#idle.length;
  }

  /** An idle thread, which the caller gives back with `release`; undefined if there is none. */
  take(): WorkerThread | undefined {
    return this.#idle.pop();
  }

  /** The thread has ended its task. Returns whether it was lost before. */
  release(thread: WorkerThread): boolean {
    if (!this.#lost.delete(thread)) {
      this.#idle.push(thread);
      return false;
    }
    if (this.#serving.size < this.#options.workers) {
      this.#serving.add(thread);
      this.#idle.push(thread);
    } else {
      thread.close().catch(this.#options.onError);
    }
    this.#report("back");
    return true;
  }

  /** The thread does not come back from its task. Another one replaces it, unless as many were replaced as may be. */
  lose(thread: WorkerThread): void {
    this.#serving.delete(thread);
    this.#lost.add(thread);
    thread.giveUp();
    if (this.#lost.size <= FIXED.replacedWorkers) {
      this.#start();
    }
    this.#report("lost");
  }

  /** Resolves when each thread that serves has answered a query of the index, or has been found lost. */
  async warm(indexId: number, dim: number): Promise<void> {
    await Promise.all([...this.#serving].map((thread) => thread.warm(indexId, dim)));
  }

  /** Makes every thread release its searcher of the index. */
  forget(indexId: number): void {
    for (const thread of [...this.#serving, ...this.#lost]) {
      thread.forget(indexId).catch(this.#options.onError);
    }
  }

  /** Ends the threads after their tasks. Waits for those that serve, but no longer than `FIXED.closeMs`. */
  async close(): Promise<void> {
    for (const thread of this.#lost) {
      thread.close().catch(this.#options.onError);
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIXED.closeMs);
    });
    await Promise.race([Promise.all([...this.#serving].map((thread) => thread.close())), late]);
    clearTimeout(timer);
  }

  #start(): void {
    const thread = new WorkerThread(this.#options.onError);
    this.#serving.add(thread);
    this.#idle.push(thread);
  }

  #report(kind: WorkerEvent["kind"]): void {
    this.#options.onChange({ kind, serving: this.#serving.size, lost: this.#lost.size });
  }
}
