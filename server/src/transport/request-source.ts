import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { FIXED } from "../config/limits.js";
import { decode } from "./codec.js";

/** The reading half of a grpc-js stream call. */
export interface ReadableCall {
  read(): Buffer | null;
  on(event: "readable" | "end" | "close", listener: () => void): unknown;
}

/**
 * The requests of a stream, read when asked for: what is not asked for stays with the peer, by HTTP/2's flow control.
 * Ends when the peer ends its side; throws the reason of the signals when one aborts first.
 */
export class RequestSource<Desc extends DescMessage> implements AsyncIterable<MessageShape<Desc>> {
  readonly #call: ReadableCall;
  readonly #schema: Desc;
  readonly #signals: readonly AbortSignal[];
  #ended = false;
  #onChange: (() => void) | undefined;

  /** @param signals any of which ends the reading. */
  constructor(call: ReadableCall, schema: Desc, signals: readonly AbortSignal[]) {
    this.#call = call;
    this.#schema = schema;
    this.#signals = signals;
    limitReadAhead(call);
    call.on("readable", () => this.#onChange?.());
    for (const event of ["end", "close"] as const) {
      call.on(event, () => {
        this.#ended = true;
        this.#onChange?.();
      });
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MessageShape<Desc>> {
    const wake = (): void => this.#onChange?.();
    for (const signal of this.#signals) {
      signal.addEventListener("abort", wake);
    }
    try {
      for (;;) {
        const bytes = await this.#next();
        if (bytes === undefined) {
          return;
        }
        yield decode(this.#schema, bytes);
      }
    } finally {
      for (const signal of this.#signals) {
        signal.removeEventListener("abort", wake);
      }
    }
  }

  async #next(): Promise<Buffer | undefined> {
    for (;;) {
      for (const signal of this.#signals) {
        signal.throwIfAborted();
      }
      const bytes = this.#call.read();
      if (bytes !== null) {
        return bytes;
      }
      if (this.#ended) {
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
      this.#onChange = undefined;
    }
  }
}

/** Node's streams take this only when they are made, and grpc-js makes them. */
function limitReadAhead(call: ReadableCall): void {
  const state = (call as { _readableState?: { highWaterMark: number } })._readableState;
  if (state !== undefined) {
    state.highWaterMark = FIXED.readAheadMessages;
  }
}
