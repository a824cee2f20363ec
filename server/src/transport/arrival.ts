import { constants, type ServerHttp2Stream } from "node:http2";
import type { ServerInterceptor } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";
import { FIXED, MAX_TIMER_MS } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";
import { type MessageReader, messageReaderOf, timeoutOf } from "./grpc-internals.js";
import { expired } from "./grpc-timeout.js";
import type { Intake } from "./intake.js";
import { MessageDecoder } from "./message-decoder.js";
import type { Reservation } from "./receive-budget.js";
import { toStatus } from "./status.js";

/** Receives the end of calls that no handler saw, for the metrics. */
export interface ArrivalObserver {
  /** @param method as in `maxsimd.v1.SearchService/Search`. */
  ended(method: string, grpcCode: number, seconds: number): void;
}

export interface ArrivalOptions {
  readonly intake: Intake;
  readonly observer: ArrivalObserver;
  /** How long a call of the method with this path may take that sets no deadline, and how long one that sets a longer one, in milliseconds. */
  readonly deadlineOf: (path: string) => { readonly defaultMs: number; readonly mostMs: number } | undefined;
}

/** The memory that a message has, or waits for; undefined for a small one. */
interface HeldMessage {
  reservation: Reservation | undefined;
}

/** By the bytes of a message, as they came. */
const heldMessages = new WeakMap<Buffer, HeldMessage>();
const arrivals = new WeakMap<ServerHttp2Stream, Arrival>();
const NOTHING = Buffer.alloc(0);

/** The arrival of the call on an HTTP/2 stream; undefined for a call that was refused by its headers. */
export function arrivalOf(stream: ServerHttp2Stream): Arrival | undefined {
  return arrivals.get(stream);
}

/** Counts, times and bounds each call from its headers on; see {@link Arrival}. */
export function receiveCalls(options: ArrivalOptions): ServerInterceptor {
  return (method, call) => {
    const reader = messageReaderOf(call);
    arrivals.set(reader.stream, new Arrival(options, reader, method.path, !method.requestStream));
    return call as ReturnType<ServerInterceptor>;
  };
}

/**
 * A call while its messages arrive. grpc-js gives a call to its handler when its request is whole, and until then knows neither its deadline
 * nor a bound on what its peer may send. This does:
 *
 * - A call takes its place among the server's and its peer's calls with its headers, and gives it back when its HTTP/2 stream closes.
 * - The deadline of a call with one request runs from its headers.
 * - A message must be whole `messageMs` after it began; the request of a call with one request, after the call's headers.
 * - Memory for a message of more than a window is reserved once its length is known. Until there is room the stream is not read, so that
 *   HTTP/2's window bounds what its peer can send.
 */
export class Arrival {
  /** When the headers came, in milliseconds of performance.now(). */
  readonly began = performance.now();
  readonly #options: ArrivalOptions;
  readonly #reader: MessageReader;
  readonly #method: string;
  readonly #decoder: MessageDecoder;
  /** The messages that the handler has not finished, in their order. */
  readonly #held: HeldMessage[] = [];
  readonly #single: boolean;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #messageTimer: NodeJS.Timeout | undefined;
  /** Whether a message, or the only request, is on its way. */
  #arriving = false;
  /** Whether the peer has ended its side. */
  #ended = false;
  /** What a handler's call does with a fault; undefined until there is a handler. */
  #onFault: ((error: ServiceError) => void) | undefined;

  constructor(options: ArrivalOptions, reader: MessageReader, path: string, single: boolean) {
    this.#options = options;
    this.#reader = reader;
    this.#method = path.slice(1);
    this.#single = single;
    const { intake } = options;
    this.#decoder = new MessageDecoder(intake.limits.requestBytes, {
      begun: () => this.#begin(),
      roomFor: (bytes) => this.#reserve(bytes),
      whole: (message) => this.#whole(message),
    });
    this.#readWithDecoder();
    const { session } = reader.stream;
    const leave = session === undefined ? "calls" : intake.enterCall(intake.connectionOf(session));
    reader.stream.once("close", () => {
      if (typeof leave !== "string") {
        leave();
      }
      this.#close();
    });
    if (typeof leave === "string") {
      // Once grpc-js has made the call.
      process.nextTick(() => this.#fail(tooManyCalls(leave, intake.limits[leave])));
    } else if (single) {
      this.#begin();
      this.#startDeadline(path);
    }
  }

  /**
   * The handler of the call begins. For a call with one request, that has come by now.
   * @param onFault is called when a later message is not whole in time.
   */
  handled(onFault: (error: ServiceError) => void): void {
    clearTimeout(this.#deadlineTimer);
    this.#onFault = onFault;
    if (this.#single) {
      this.#endMessage();
    }
  }

  /** The handler has finished the oldest message that it was given, so its memory may be given to others. */
  finishedMessage(): void {
    this.#held.shift()?.reservation?.release();
  }

  /** Waits for memory to decompress a message into, and resolves to what is to be called with its size once that is known. */
  async reserveDecompressed(compressed: Buffer): Promise<(bytes: number) => void> {
    const held = heldMessages.get(compressed) ?? { reservation: undefined };
    // Given back first: messages that wait for more while they keep what they have could wait for each other.
    held.reservation?.release();
    const reservation = await new Promise<Reservation>((resolve) => {
      const claim: Reservation = this.#claim(this.#options.intake.limits.requestBytes, () => resolve(claim));
      held.reservation = claim;
      if (claim.granted) {
        resolve(claim);
      }
    });
    return (bytes) => reservation.shrink(bytes);
  }

  #startDeadline(path: string): void {
    const policy = this.#options.deadlineOf(path);
    if (policy === undefined) {
      // Health and reflection: grpc-js has a timer of their deadline.
      return;
    }
    const asked = timeoutOf(this.#reader.stream);
    const timeout = typeof asked === "number" ? Math.min(asked, policy.mostMs) : policy.defaultMs;
    if (asked instanceof ServiceError || timeout === 0) {
      process.nextTick(() => this.#fail(asked instanceof ServiceError ? asked : expired(0)));
    } else if (timeout <= MAX_TIMER_MS) {
      this.#deadlineTimer = setTimeout(() => this.#fail(expired(timeout)), timeout);
    }
  }

  #begin(): void {
    if (!this.#arriving) {
      this.#arriving = true;
      this.#options.intake.arriving++;
      this.#startMessageTimer();
    }
  }

  #startMessageTimer(): void {
    const { messageMs } = this.#options.intake.limits;
    this.#messageTimer = setTimeout(() => {
      if (this.#reader.isReadPending || this.#single) {
        this.#fail(tooSlow(messageMs, this.#decoder.missing));
      } else {
        // The handler has not asked for the message, so its peer is held back.
        this.#startMessageTimer();
      }
    }, messageMs);
  }

  #endMessage(): void {
    clearTimeout(this.#messageTimer);
    if (this.#arriving) {
      this.#arriving = false;
      this.#options.intake.arriving--;
    }
  }

  /** Whether a message may be received now. If not, the stream is not read until it may. */
  #reserve(bytes: number): boolean {
    const small = bytes <= FIXED.freeMessageBytes;
    const reservation = small ? undefined : this.#claim(bytes, () => this.#resume());
    this.#held.push({ reservation });
    if (reservation?.granted !== false) {
      return true;
    }
    // The peer is not slow while it is held back.
    clearTimeout(this.#messageTimer);
    return false;
  }

  #whole(message: Buffer): void {
    heldMessages.set(message, this.#held.at(-1) as HeldMessage);
    if (!this.#single) {
      this.#endMessage();
    }
  }

  #claim(bytes: number, onGranted: () => void): Reservation {
    const { intake } = this.#options;
    const { session } = this.#reader.stream;
    const shares = session === undefined ? [] : intake.connectionOf(session).shares;
    return intake.budget.reserve(shares, bytes, onGranted);
  }

  #resume(): void {
    if (this.#reader.checkCancelled()) {
      return;
    }
    this.#startMessageTimer();
    this.#reader.handleDataFrame(NOTHING);
    if (this.#ended && !this.#decoder.isWaiting) {
      this.#reader.handleEndEvent();
    } else if (this.#reader.isReadPending && this.#reader.readQueue.length === 0) {
      this.#reader.stream.resume();
    }
  }

  #fail(error: ServiceError): void {
    if (this.#onFault !== undefined) {
      this.#onFault(error);
      return;
    }
    if (this.#reader.checkCancelled()) {
      return;
    }
    const status = toStatus(error);
    this.#options.observer.ended(this.#method, status.code, (performance.now() - this.began) / 1000);
    this.#reader.sendStatus(status);
    this.#close();
    // The peer need not send the rest.
    const { stream } = this.#reader;
    setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
  }

  #close(): void {
    clearTimeout(this.#deadlineTimer);
    this.#endMessage();
    for (const { reservation } of this.#held.splice(0)) {
      reservation?.release();
    }
  }

  /** Lets the reader of the call use another decoder, which may hold back what it was given. */
  #readWithDecoder(): void {
    const [reader, decoder] = [this.#reader, this.#decoder];
    const { handleEndEvent } = reader;
    reader.decoder = {
      write: (data) => {
        const messages = data === NOTHING ? decoder.resume() : decoder.write(data);
        if (decoder.isWaiting) {
          reader.stream.pause();
        }
        return messages;
      },
      get missing() {
        return decoder.missing;
      },
    };
    reader.handleEndEvent = () => {
      // A stream may end in the tick in which it is paused.
      this.#ended = true;
      if (!decoder.isWaiting) {
        handleEndEvent.call(reader);
      }
    };
  }
}

function tooManyCalls(limit: "calls" | "callsPerPeer", most: number): ServiceError {
  const whose = limit === "calls" ? "the server" : "this peer";
  const message = `${whose} has as many calls open as it may; try again when some have ended`;
  return new ServiceError(ErrorCode.OVERLOADED, message, {
    field: limit,
    expected: `at most ${most} calls`,
    got: "one more",
    retryAfterMs: FIXED.busyRetryMs,
  });
}

function tooSlow(milliseconds: number, missing: number | undefined): ServiceError {
  const message = "the request message did not come whole in time; send it faster, or in smaller messages";
  return new ServiceError(ErrorCode.LIMIT_EXCEEDED, message, {
    field: "messageMs",
    expected: `a whole message within ${milliseconds} ms`,
    got: missing === undefined || missing === 0 ? "no whole message" : `${missing} bytes less`,
  });
}
