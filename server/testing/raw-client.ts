/** A gRPC client of the plainest kind, for tests of the transport: nothing retries, nothing is added. */
import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  type CallOptions,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError as RpcError,
  type StatusObject,
} from "@grpc/grpc-js";
import { type ErrorDetail, ErrorDetailSchema, StatusSchema } from "@maxsimd/proto";

/** Fills its own header of a call, beside those of gRPC. */
export interface RawOptions extends CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

type Input<M extends DescMethod> = MessageInitShape<M["input"]>;
type Output<M extends DescMethod> = MessageShape<M["output"]>;

export class RawClient {
  readonly client: Client;

  constructor(address: string, options: ChannelOptions = {}, creds = credentials.createInsecure()) {
    this.client = new Client(address, creds, options);
  }

  unary<M extends DescMethod>(method: M, request: Input<M> | Buffer, options: RawOptions = {}): Promise<Output<M>> {
    return new Promise((resolve, reject) => {
      const [path, serialize, deserialize] = codecs(method);
      const metadata = headers(options);
      this.client.makeUnaryRequest(path, serialize, deserialize, request, metadata, options, (error, response) => {
        if (error !== null) {
          reject(error);
        } else {
          resolve(response as Output<M>);
        }
      });
    });
  }

  serverStream<M extends DescMethod>(
    method: M,
    request: Input<M> | Buffer,
    options: RawOptions = {},
  ): ClientReadableStream<Output<M>> {
    const [path, serialize, deserialize] = codecs(method);
    return this.client.makeServerStreamRequest(path, serialize, deserialize, request, headers(options), options);
  }

  /** Sends all requests, and resolves to the response. */
  clientStream<M extends DescMethod>(
    method: M,
    requests: readonly (Input<M> | Buffer)[],
    options: RawOptions = {},
  ): Promise<Output<M>> {
    return new Promise((resolve, reject) => {
      const [path, serialize, deserialize] = codecs(method);
      const answer = (error: RpcError | null, response?: Output<M>): void =>
        error === null ? resolve(response as Output<M>) : reject(error);
      const metadata = headers(options);
      const call = this.client.makeClientStreamRequest(path, serialize, deserialize, metadata, options, answer);
      for (const request of requests) {
        call.write(request);
      }
      call.end();
    });
  }

  bidi<M extends DescMethod>(method: M, options: RawOptions = {}): ClientDuplexStream<Input<M> | Buffer, Output<M>> {
    const [path, serialize, deserialize] = codecs(method);
    return this.client.makeBidiStreamRequest(path, serialize, deserialize, headers(options), options);
  }

  close(): void {
    this.client.close();
  }
}

/** The status a stream ends with. Its messages must be read by somebody, or `drop` them. */
export function statusOf(
  call: ClientReadableStream<unknown> | ClientDuplexStream<never, unknown>,
): Promise<StatusObject> {
  return new Promise((resolve) => {
    call.on("error", () => undefined);
    call.on("status", resolve);
  });
}

/** Every message of a stream, and the status it ends with. */
export async function readAll<T>(
  call: ClientReadableStream<T> | ClientDuplexStream<never, T>,
): Promise<{ messages: T[]; status: StatusObject }> {
  const messages: T[] = [];
  call.on("data", (message: T) => messages.push(message));
  return { messages, status: await statusOf(call) };
}

/** The error that a call ends with; fails when it ends well. */
export async function errorOf(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as RpcError,
  );
  if (error === undefined) {
    throw new Error("the call succeeded");
  }
  return error;
}

/** The typed detail in an error's trailers. */
export function detailOf(status: { metadata: Metadata }): ErrorDetail | undefined {
  const [trailer] = status.metadata.get("grpc-status-details-bin");
  const any = trailer instanceof Buffer ? fromBinary(StatusSchema, trailer).details[0] : undefined;
  return any === undefined ? undefined : anyUnpack(any, ErrorDetailSchema);
}

function headers({ headers: values = {} }: RawOptions): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) {
    metadata.set(name, value);
  }
  return metadata;
}

/** A request given as bytes goes as it is: also what is no message. */
function codecs<M extends DescMethod>(
  method: M,
): [string, (request: Input<M> | Buffer) => Buffer, (bytes: Buffer) => Output<M>] {
  return [
    `/${method.parent.typeName}/${method.name}`,
    (request) =>
      Buffer.isBuffer(request) ? request : Buffer.from(toBinary(method.input, create(method.input, request as never))),
    (bytes) => fromBinary(method.output, bytes) as Output<M>,
  ];
}
