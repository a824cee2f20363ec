import { ErrorCode, type IndexVersion, type QueryOutcome } from "@maxsimd/proto";
import type { Admission } from "../admission/admission.js";
import type { Lease } from "../catalog/version-handle.js";
import { FIXED, type Limits } from "../config/limits.js";
import type { Engine } from "../engine/engine.js";
import type { Answer, EngineIndex, Query } from "../engine/query.js";
import type { Flow } from "../engine/task.js";
import { isIndexChanged } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";
import type { CallContext } from "./call-context.js";
import type { FieldSelection } from "./field-selection.js";
import { type HitSource, resultBytes, type Sized, toOutcome } from "./outcome.js";
import type { CostedTensor } from "./search-cost.js";
import type { CheckedParams } from "./search-params.js";
import { Wakeup } from "./wakeup.js";

/** Queries that one version answers, all with the same parameters. */
export interface BulkMessage {
  readonly lease: Lease<EngineIndex>;
  readonly params: CheckedParams;
  readonly fields: FieldSelection;
  readonly parts: readonly (CostedTensor | ServiceError)[];
  /** As many as parts. */
  readonly ids: readonly bigint[];
}

/** Outcomes that fit one response message, all from one version. */
export interface Packed {
  /** Undefined if the request named no version that is served. */
  readonly version: IndexVersion | undefined;
  readonly outcomes: QueryOutcome[];
}

interface Ready {
  readonly version: IndexVersion | undefined;
  readonly id: bigint;
  readonly outcome: Answer | ServiceError;
  readonly requestBytes: number;
  /** Undefined for a query whose message was refused. */
  readonly source: HitSource | undefined;
  /** The outcome as it is sent, once its ids and fields were looked up. */
  sized: Sized<QueryOutcome> | undefined;
  /** Called once the index is not needed any more. */
  readonly release: () => void;
}

const nothing = (): void => undefined;

/**
 * Runs the queries of one batch or stream, and packs their outcomes into responses, in completion order. One side accepts
 * messages, the other takes responses.
 *
 * A window bounds the queries, their bytes and their results, from submission until the response that holds them is taken. If
 * the caller does not read, `accept` does not return: nothing more is read, and nothing is computed ahead. Results wait as positions
 * and scores. Ids and fields are looked up when a response is packed, and so are in memory for one response.
 */
export class BulkRun {
  readonly #engine: Engine;
  readonly #admission: Admission;
  readonly #limits: Limits;
  readonly #context: CallContext;
  readonly #flow: Flow;
  readonly #ready: Ready[] = [];
  readonly #outcomeCame = new Wakeup();
  readonly #roomCame = new Wakeup();
  /** Queries in the window, and their bytes. */
  #inside = 0;
  #insideBytes = 0;
  #closed = false;
  #failure: ServiceError | undefined;

  constructor(engine: Engine, admission: Admission, limits: Limits, context: CallContext) {
    this.#engine = engine;
    this.#admission = admission;
    this.#limits = limits;
    this.#context = context;
    this.#flow = engine.openFlow({ caller: context.caller });
    context.signal.addEventListener("abort", () => this.cancel(context.signal.reason as ServiceError), { once: true });
  }

  /** Submits the queries of one message as the window has room. Releases the lease when the last outcome is packed. */
  async accept(message: BulkMessage): Promise<void> {
    const { lease, params, parts } = message;
    const window = Math.max(
      1,
      Math.min(this.#limits.streamQueries, Math.floor(this.#limits.streamResultBytes / resultBytes(params.k))),
    );
    let unfinished = parts.length;
    const finishOne = (): void => {
      unfinished--;
      if (unfinished === 0) {
        lease.release();
      }
    };
    let next = 0;
    try {
      while (next < parts.length) {
        const until = await this.#nextSlice(message, next, window);
        this.#submitSlice(message, next, until, finishOne);
        next = until;
      }
    } finally {
      // After an abort: the queries that were never submitted.
      for (; next < parts.length; next++) {
        finishOne();
      }
    }
  }

  /** Adds outcomes of queries that cannot be searched. */
  async reject(ids: readonly bigint[], error: ServiceError, version?: IndexVersion): Promise<void> {
    for (const id of ids) {
      await this.#untilRoom(this.#limits.streamQueries, 0);
      this.#inside++;
      const rejected = { source: undefined, sized: undefined, release: nothing };
      this.#push({ version, id, outcome: error, requestBytes: 0, ...rejected });
    }
  }

  /**
   * No more messages follow.
   * @param failure what `responses` throws once everything accepted has been answered.
   */
  close(failure?: ServiceError): void {
    this.#closed = true;
    this.#failure = failure;
    this.#outcomeCame.notify();
  }

  /** The caller takes no more responses. Cancels what is unanswered; does nothing if all was answered. */
  abandon(): void {
    if (this.#inside > 0 || !this.#closed) {
      this.cancel(new ServiceError(ErrorCode.CANCELLED, "the call has ended"));
    }
  }

  /** Ends every unanswered query with an error, which `responses` then throws. */
  cancel(error: ServiceError): void {
    this.#engine.cancel(this.#flow, error);
    for (const { sized, release } of this.#ready.splice(0)) {
      if (sized === undefined) {
        release();
      }
    }
    this.close(error);
    this.#roomCame.notify();
  }

  /** Outcomes in completion order, packed up to the size of a stream's message. Ends after `close` and the last outcome. */
  async *responses(): AsyncGenerator<Packed> {
    for (;;) {
      while (this.#ready.length === 0) {
        this.#throwIfAborted();
        if (this.#closed && this.#inside === 0) {
          if (this.#failure !== undefined) {
            throw this.#failure;
          }
          return;
        }
        await this.#outcomeCame.wait();
      }
      this.#throwIfAborted();
      const taken = await this.#packWhenTrusted();
      yield { version: taken[0]?.version, outcomes: taken.flatMap(({ sized }) => sized?.part ?? []) };
      this.#inside -= taken.length;
      for (const { requestBytes } of taken) {
        this.#insideBytes -= requestBytes;
      }
      this.#roomCame.notify();
    }
  }

  /** Waits for room in the window and at the server; returns the end of the slice that may go in. */
  async #nextSlice(message: BulkMessage, next: number, window: number): Promise<number> {
    const { parts } = message;
    const first = bytesOf(message, next);
    await this.#untilRoom(window, first);
    let until = next + 1;
    let bytes = this.#insideBytes + first;
    // Two slices have room at once, so that one is searched while the next comes.
    const slice = Math.min(FIXED.taskQueries, Math.max(1, this.#admission.bulkRoom >> 1));
    const most = Math.min(parts.length, next + slice, next + window - this.#inside);
    while (until < most) {
      bytes += bytesOf(message, until);
      if (bytes > this.#limits.streamRequestBytes) {
        break;
      }
      until++;
    }
    await this.#admission.enterBulk(until - next, this.#context.signal, this.#context.caller);
    return until;
  }

  #submitSlice(message: BulkMessage, from: number, until: number, finishOne: () => void): void {
    const { lease, params, fields, parts, ids } = message;
    const source: HitSource = { index: lease.opened, fields };
    const deadline = Math.min(this.#context.deadline, Date.now() + this.#limits.deadlineMs);
    const queries: Query[] = [];
    for (let i = from; i < until; i++) {
      const part = parts[i] as CostedTensor | ServiceError;
      const id = ids[i] as bigint;
      const requestBytes = bytesOf(message, i);
      this.#inside++;
      this.#insideBytes += requestBytes;
      const onOutcome = (outcome: Answer | ServiceError): void => {
        this.#admission.leaveBulk(1);
        const { version } = lease;
        this.#push({ version, id, outcome, requestBytes, source, sized: undefined, release: finishOne });
      };
      if ("data" in part) {
        queries.push({
          index: lease.opened,
          params: params.params,
          paramsKey: params.key,
          ...part,
          explain: false,
          deadline,
          onOutcome,
        });
      } else {
        onOutcome(part);
      }
    }
    this.#engine.submit(this.#flow, queries);
  }

  #push(ready: Ready): void {
    if (this.#flow.cancelled !== undefined) {
      ready.release();
      return;
    }
    this.#ready.push(ready);
    this.#outcomeCame.notify();
  }

  async #untilRoom(window: number, bytes: number): Promise<void> {
    this.#throwIfAborted();
    while (
      this.#inside > 0 &&
      (this.#inside >= window || this.#insideBytes + bytes > this.#limits.streamRequestBytes)
    ) {
      await this.#roomCame.wait();
      this.#throwIfAborted();
    }
  }

  /** As {@link #takePack}; waits while the files of the version are being verified. */
  async #packWhenTrusted(): Promise<Ready[]> {
    for (;;) {
      this.#throwIfAborted();
      try {
        return this.#takePack();
      } catch (error) {
        if (!(error instanceof ServiceError && isIndexChanged(error))) {
          throw error;
        }
        // If they are wrong, or verifying takes too long, the lookup of ids says so, and that becomes the outcome.
        await this.#ready[0]?.source?.index.keeper.untilTrusted().catch(nothing);
      }
    }
  }

  /** The oldest outcomes of one version that fit one message; at least one. */
  #takePack(): Ready[] {
    const version = this.#ready[0]?.version;
    let bytes = 0;
    let count = 0;
    for (const ready of this.#ready) {
      if (ready.version !== version) {
        break;
      }
      if (ready.sized === undefined) {
        ready.sized = toOutcome(ready.id, ready.outcome, ready.source, this.#limits);
        ready.release();
      }
      bytes += ready.sized.bytes;
      if (count > 0 && bytes > this.#limits.streamMessageBytes) {
        break;
      }
      count++;
    }
    return this.#ready.splice(0, count);
  }

  #throwIfAborted(): void {
    if (this.#flow.cancelled !== undefined) {
      throw this.#flow.cancelled;
    }
  }
}

/** Bytes that a query of a message keeps: its rows, and its share of the message's filter. */
function bytesOf({ parts, params }: BulkMessage, position: number): number {
  const part = parts[position] as CostedTensor | ServiceError;
  const filterBytes = Math.ceil((params.params.filter?.length ?? 0) / parts.length);
  return filterBytes + ("data" in part ? part.data.byteLength : 0);
}
