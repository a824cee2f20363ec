import type { ServerDuplexStream, ServerReadableStream } from "@grpc/grpc-js";
import { FIXED } from "../config/limits.js";

/** A grpc-js call whose requests are a stream. */
export type ReadableCall = ServerDuplexStream<Buffer, Buffer> | ServerReadableStream<Buffer, Buffer>;

/**
 * The requests of a stream. Each is read when it is asked for, so HTTP/2's flow control keeps the others at the client.
 * Ends when the client ends its side. Throws what `decode` throws for a message that does not parse.
 * @param signals end the reading: it throws the reason of the first that aborts.
 * @param onFinished is called for each request when the next one is asked for.
 */
export async function* readRequests<Request>(
  call: ReadableCall,
  decode: (bytes: Buffer) => Request,
  signals: readonly AbortSignal[],
  onFinished?: () => void,
): AsyncGenerator<Request> {
  limitReadAhead(call);
  let wake = (): void => undefined;
  const onChange = (): void => wake();
  for (const event of ["readable", "end", "close"] as const) {
    call.on(event, onChange);
  }
  for (const signal of signals) {
    signal.addEventListener("abort", onChange);
  }
  try {
    for (;;) {
      for (const signal of signals) {
        signal.throwIfAborted();
      }
      const bytes: Buffer | null = call.read();
      if (bytes !== null) {
        yield decode(bytes);
        onFinished?.();
      } else if (call.readableEnded || call.destroyed) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    for (const signal of signals) {
      signal.removeEventListener("abort", onChange);
    }
  }
}

/** A Node stream takes this bound only when it is made, and grpc-js makes it without one. */
function limitReadAhead(call: object): void {
  const state = (call as { _readableState?: { highWaterMark: number } })._readableState;
  if (state !== undefined) {
    state.highWaterMark = FIXED.readAheadMessages;
  }
}
