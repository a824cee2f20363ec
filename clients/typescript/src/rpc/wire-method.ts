import { type DescMessage, type DescMethod, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";

/** One method in the form that grpc-js takes: a path, and conversions between messages and bytes. */
export interface WireMethod<Request, Response> {
  readonly path: string;
  readonly serialize: (message: Request) => Buffer;
  readonly deserialize: (bytes: Buffer) => Response;
}

/** A method of the wire contract in the form that grpc-js takes, from its generated descriptor. */
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
