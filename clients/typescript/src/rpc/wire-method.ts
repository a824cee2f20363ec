import { type DescMessage, type DescMethod, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";

/** One method as grpc-js wants it: a path and two functions between messages and bytes. */
export interface WireMethod<Request, Response> {
  readonly path: string;
  readonly serialize: (message: Request) => Buffer;
  readonly deserialize: (bytes: Buffer) => Response;
}

/** A method of the wire contract, made ready for grpc-js from its generated description. */
export function wireMethod<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { input: I; output: O },
): WireMethod<MessageShape<I>, MessageShape<O>> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    serialize(message) {
      const bytes = toBinary(method.input, message);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    deserialize: (bytes) => fromBinary(method.output, bytes),
  };
}
