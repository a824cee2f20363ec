import { constants } from "node:http2";
import type { ServerDuplexStream, ServerWritableStream, StatusObject } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";
import { FIXED } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";
import { timed } from "../observe/stations.js";
import { http2StreamOf } from "./grpc-internals.js";

/** A grpc-js call whose responses are a stream. */
export type WritableCall = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;

/** Writes a stream's responses no faster than the peer reads them, and its status. */
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
   * LIMIT_EXCEEDED when the peer reads nothing for the stall time.
   */
  async write(bytes: Buffer): Promise<void> {
    this.#signal.throwIfAborted();
    this.#unflushed += bytes.byteLength;
    const flushed = (): void => {
      this.#unflushed -= bytes.byteLength;
      this.#onProgress?.();
    };
    this.#full = !timed("write", () => this.#call.write(bytes, flushed));
    while (this.#full || this.#unflushed > FIXED.unflushedBytes) {
      await this.#progress();
      this.#signal.throwIfAborted();
    }
  }

  /** Ends the stream with OK, behind the responses already written. */
  end(): void {
    this.#call.end();
    this.#resetUnlessClosed();
  }

  /** Ends the stream with an error's status, behind the responses already written. */
  fail(status: StatusObject): void {
    this.#call.emit("error", status);
    this.#resetUnlessClosed();
  }

  /** A status waits until the peer has read the responses before it. If the peer never reads, the stream is reset. */
  #resetUnlessClosed(): void {
    const stream = http2StreamOf(this.#call);
    if (stream.closed || stream.destroyed) {
      return;
    }
    const timer = setTimeout(() => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM), this.#stallMs);
    timer.unref();
    stream.once("close", () => clearTimeout(timer));
  }

  /** Resolves when the peer has read something. */
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
    expected: `a response read within ${milliseconds} ms`,
    got: "no read",
  });
}
