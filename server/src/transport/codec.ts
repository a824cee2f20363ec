import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";

/**
 * Decodes a received message. Its `bytes` fields are views on the received buffer, not copies.
 * Throws INVALID_PARAMETER for bytes that are no such message.
 */
export function decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch (error) {
    // biome-ignore lint/style/useErrorCause: it is, among the parts of our own error class
    throw new ServiceError(ErrorCode.INVALID_PARAMETER, "the message does not decode", {
      expected: schema.typeName,
      got: `${bytes.byteLength} bytes that are none`,
      cause: error,
    });
  }
}

/** Encodes a message to be sent. */
export function encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
