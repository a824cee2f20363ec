import type { Index } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { fromNative, isIndexChanged, isNativeDefect } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";

/** What a keeper needs of an open index. */
type Kept = Pick<Index, "id" | "condition" | "recheck" | "verify">;

/** Least time between two verifications because native code failed, in milliseconds: a defect must not keep a core busy. */
const SUSPECT_MS = 60_000;
/** How often a check of the files is begun that ends with a panic: that is a defect of native code, and says nothing of the bytes. */
const CHECK_ATTEMPTS = 5;
const DAMAGED = "a file of this version is damaged; restore it, and swap to this version or another";
const UNVERIFIED =
  "the files of this version cannot be verified, and the log says why; swap to this version or another";

/**
 * Decides whether an open version answers, by the state of its files.
 *
 * ```text
 * in service ── a file may have been written to ──→ verifying: queries wait ── verified ──→ in service
 *                                                       │ holdMs                              ↑ verified
 *                                                       └──→ out of service: queries are refused
 * any of them ── bytes are wrong, or cannot be read ──→ out of service until it is opened again
 * ```
 *
 * Native code looks at the files after each call, and fails the call if one is not what it was when it was last verified. So no answer goes
 * out that was computed from other bytes. Here it is decided what happens then.
 */
export class IndexKeeper {
  readonly #index: Kept;
  readonly #holdMs: number;
  readonly #onService: (cause?: ServiceError) => void;
  #outOfService: ServiceError | undefined;
  /** Whether that is for good. */
  #damaged = false;
  /** Set while a verification is under way; resolves when it ends, or has taken too long. */
  #hold: Promise<void> | undefined;
  #looking = false;
  readonly #closed = new AbortController();
  #suspected = Number.NEGATIVE_INFINITY;

  /** @param onService is called when the version goes out of service, with the cause, and when it comes back. */
  constructor(index: Kept, holdMs: number, onService: (cause?: ServiceError) => void) {
    this.#index = index;
    this.#holdMs = holdMs;
    this.#onService = onService;
  }

  /** Identifies the open index in this process. */
  get indexId(): number {
    return this.#index.id;
  }

  /** Stops verifications: nothing reads the index any more. */
  close(): void {
    this.#closed.abort();
  }

  get inService(): boolean {
    return this.#outOfService === undefined;
  }

  /** The error that its queries get; undefined while it is in service. */
  get outOfService(): ServiceError | undefined {
    return this.#outOfService;
  }

  /** Resolves when it may answer: at once, unless it is being verified. Rejects if it is out of service by then. */
  async untilTrusted(): Promise<void> {
    await this.#hold;
    if (this.#outOfService !== undefined) {
      throw this.#outOfService;
    }
  }

  /** Calls native code that reads the index. Throws what `failure` makes of its errors. */
  read<T>(call: () => T): T {
    try {
      return call();
    } catch (thrown) {
      throw this.failure(thrown);
    }
  }

  /** As `read`; if a file changed, calls again when it has been verified. */
  async ask<T>(call: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (thrown) {
        const error = this.failure(thrown);
        if (!isIndexChanged(error)) {
          throw error;
        }
        await this.untilTrusted();
      }
    }
  }

  /**
   * Takes note of what native code threw while it read the index, and returns the error for the caller. If that is `isIndexChanged`, the
   * call can be made again after `untilTrusted`.
   */
  failure(thrown: unknown): ServiceError {
    if (thrown instanceof ServiceError) {
      // Of a call inside of this one, which took note.
      return thrown;
    }
    const error = fromNative(thrown);
    if (isIndexChanged(error)) {
      this.#verify();
      return this.#outOfService ?? error;
    }
    if (error.code === ErrorCode.INDEX_CORRUPT) {
      this.#damage(error);
    } else if (error.code === ErrorCode.INTERNAL) {
      this.#suspect();
    }
    return error;
  }

  /** Looks at the files, and acts if they are not what they were. Never rejects. */
  async look(): Promise<void> {
    if (this.#closed.signal.aborted || this.#damaged || this.#looking || this.#hold !== undefined) {
      return;
    }
    this.#looking = true;
    try {
      const condition = await attempted(() => this.#index.condition());
      if (condition === "relinked") {
        // Its bytes are most likely what they were, so it answers meanwhile.
        await attempted(() => this.#index.recheck(this.#closed));
      } else if (condition !== "intact") {
        this.#verify();
      }
    } catch (error) {
      this.#noteFailure(error);
    } finally {
      this.#looking = false;
    }
  }

  /** Takes note of a failed verification. */
  #noteFailure(thrown: unknown): void {
    if (this.#closed.signal.aborted) {
      return;
    }
    const error = fromNative(thrown);
    if (isIndexChanged(error)) {
      this.#verify();
    } else {
      this.#damage(error, isNativeDefect(thrown) ? UNVERIFIED : DAMAGED);
    }
  }

  #damage(cause: ServiceError, message = DAMAGED): void {
    if (this.#damaged) {
      return;
    }
    this.#damaged = true;
    this.#refuse(message, cause);
  }

  #refuse(message: string, cause: unknown): void {
    this.#outOfService = new ServiceError(ErrorCode.INDEX_CORRUPT, message, { field: "index", cause });
    this.#onService(this.#outOfService);
  }

  /** Verifies the files that changed, again until they do not change meanwhile. Queries wait. */
  #verify(): void {
    if (this.#damaged || this.#hold !== undefined) {
      return;
    }
    this.#hold = new Promise((resolve) => {
      const late = (): void => {
        this.#refuse(
          "a file of this version was written to and is being verified; replace index files by rename",
          undefined,
        );
        resolve();
      };
      const timer = setTimeout(late, this.#holdMs);
      timer.unref();
      void this.#verified().then(() => {
        clearTimeout(timer);
        this.#hold = undefined;
        if (!this.#damaged && this.#outOfService !== undefined) {
          this.#outOfService = undefined;
          this.#onService();
        }
        resolve();
      });
    });
  }

  async #verified(): Promise<void> {
    for (;;) {
      try {
        await attempted(() => this.#index.recheck(this.#closed));
        return;
      } catch (thrown) {
        if (!isIndexChanged(fromNative(thrown))) {
          this.#noteFailure(thrown);
          return;
        }
      }
    }
  }

  /** Verifies all bytes because native code failed, in case that it read wrong ones. It answers meanwhile. */
  #suspect(): void {
    const now = performance.now();
    if (!this.#damaged && now - this.#suspected >= SUSPECT_MS) {
      this.#suspected = now;
      attempted(() => this.#index.verify(this.#closed)).catch((error: unknown) => this.#noteFailure(error));
    }
  }
}

/** The result of a check of the files. One that ends with a defect of native code is made again, `CHECK_ATTEMPTS` times at most. */
async function attempted<T>(check: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await check();
    } catch (thrown) {
      if (attempt === CHECK_ATTEMPTS || !isNativeDefect(thrown)) {
        throw thrown;
      }
    }
  }
}
