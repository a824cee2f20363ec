import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";

/** The writing half of a grpc-js stream call. */
export interface WritableCall {
  write(bytes: Buffer, onFlushed: () => void): boolean;
  on(event: "drain", listener: () => void): unknown;
}

/**
 * Bytes that may wait for the peer in this process: grpc-js says stop only at 16 messages, whatever their size. Two
 * messages of 64 KiB keep the connection busy.
 */
const MOST_UNFLUSHED = 128 * 1024;

/** Writes responses no faster than the peer takes them. */
export class ResponseWriter {
  readonly #call: WritableCall;
  readonly #signal: AbortSignal;
  readonly #stallMs: number;
  #unflushed = 0;
  #full = false;
  #onProgress: (() => void) | undefined;

  constructor(call: WritableCall, signal: AbortSignal, stallMs: number) {
    this.#call = call;
    this.#signal = signal;
    this.#stallMs = stallMs;
    call.on("drain", () => {
      this.#full = false;
      this.#onProgress?.();
    });
  }

  /**
   * Writes a response, and resolves when there is room for the next. Rejects with the signal's reason, or with
   * LIMIT_EXCEEDED when the peer takes nothing for the stall time.
   */
  async write(bytes: Buffer): Promise<void> {
    this.#signal.throwIfAborted();
    this.#unflushed += bytes.byteLength;
    const flushed = (): void => {
      this.#unflushed -= bytes.byteLength;
      this.#onProgress?.();
    };
    this.#full = !this.#call.write(bytes, flushed);
    while (this.#full || this.#unflushed > MOST_UNFLUSHED) {
      await this.#progress();
      this.#signal.throwIfAborted();
    }
  }

  /** Resolves when the peer has taken something. */
  #progress(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => finish(() => reject(this.#signal.reason));
      const timer = setTimeout(() => finish(() => reject(stalled(this.#stallMs))), this.#stallMs);
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener("abort", stop);
        this.#onProgress = undefined;
        settle();
      };
      this.#signal.addEventListener("abort", stop, { once: true });
      this.#onProgress = () => finish(resolve);
    });
  }
}

function stalled(milliseconds: number): ServiceError {
  return new ServiceError(ErrorCode.LIMIT_EXCEEDED, "the stream's responses were not read; read them as they come", {
    expected: `a response taken within ${milliseconds} ms`,
    got: "none",
  });
}
