import type { Client, ClientDuplexStream } from "@grpc/grpc-js";
import { errorOfStatus, type FinalStatus } from "../errors/decode-status.js";
import type { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import type { CallSettings } from "../rpc/calls.js";
import type { WireMethod } from "../rpc/wire-method.js";

/** Receives the events of a bidirectional call. */
export interface StreamCallListener<Response> {
  onMessage(message: Response): void;
  /** The call accepts messages again. */
  onDrain(): void;
  /**
   * The call has ended and every earlier message was delivered.
   *
   * @param error undefined = ended with OK
   * @param paused whether its reading was ever paused
   */
  onEnd(error: MaxsimRpcError | undefined, paused: boolean): void;
}

/** One bidirectional call whose reading can be paused. */
export class StreamCall<Request, Response> {
  readonly #call: ClientDuplexStream<Request, Response>;
  #full = false;
  #halfClosed = false;
  #over = false;
  #paused = false;

  constructor(
    client: Client,
    method: WireMethod<Request, Response>,
    { metadata, deadline, endpoint }: CallSettings,
    listener: StreamCallListener<Response>,
  ) {
    const call = client.makeBidiStreamRequest(method.path, method.serialize, method.deserialize, metadata, {
      deadline,
    });
    this.#call = call;
    let status: FinalStatus | undefined;
    let drained = false;
    // grpc-js reports the status at once, even while earlier messages wait to be read.
    const finish = () => {
      if (status === undefined || !drained) return;
      this.#over = true;
      listener.onEnd(status.code === 0 ? undefined : errorOfStatus(status, endpoint), this.#paused);
    };
    call.on("data", (message: Response) => listener.onMessage(message));
    call.on("drain", () => {
      this.#full = false;
      listener.onDrain();
    });
    call.on("status", (final) => {
      status = final;
      finish();
    });
    call.on("end", () => {
      drained = true;
      finish();
    });
    // The status has the same information.
    call.on("error", () => undefined);
  }

  /** Whether the next message would be sent at once. */
  get writable(): boolean {
    return !this.#full && !this.#halfClosed && !this.#over;
  }

  write(message: Request): void {
    if (!this.#call.write(message)) this.#full = true;
  }

  /** Ends the writing. Messages of the server are still read. */
  halfClose(): void {
    if (this.#halfClosed) return;
    this.#halfClosed = true;
    this.#call.end();
  }

  pause(): void {
    this.#paused = true;
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  cancel(): void {
    this.#call.cancel();
    // Reads the rest after a pause, so that the call is released.
    this.#call.resume();
  }
}
