import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import { timed } from "../observe/stations.js";

/**
 * Decodes a received message. Its `bytes` fields are views on the received buffer, not copies. It keeps fields that this server does
 * not know: a filter with such a condition is refused.
 * Throws INVALID_PARAMETER for bytes that do not parse as one.
 */
export function decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return timed("decode", () => fromBinary(schema, bytes));
  } catch (cause) {
    const message = "the message does not parse; send one of the method's request type";
    const expected = `a serialized ${schema.typeName}`;
    const got = `${bytes.byteLength} bytes that do not parse as one`;
    // biome-ignore lint/style/useErrorCause: it is passed, among the parts of our error class
    throw new ServiceError(ErrorCode.INVALID_PARAMETER, message, { expected, got, cause });
  }
}

/** Encodes a message to be sent. */
export function encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Buffer {
  const bytes = timed("encode", () => toBinary(schema, message));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
