import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { ErrorCode, ErrorDetailSchema, StatusSchema } from "@maxsimd/proto";
import { toErrorDetail } from "../errors/error-detail.js";
import { grpcCodeOf } from "../errors/grpc-code.js";
import { ServiceError } from "../errors/service-error.js";

/**
 * Decodes a received message. Its `bytes` fields are views on the received buffer, not copies.
 * Throws INVALID_PARAMETER for bytes that do not parse as one.
 */
export function decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch (error) {
    // biome-ignore lint/style/useErrorCause: it is, among the parts of our own error class
    throw new ServiceError(
      ErrorCode.INVALID_PARAMETER,
      "the message does not parse; send one of the method's request type",
      {
        expected: `a serialized ${schema.typeName}`,
        got: `${bytes.byteLength} bytes that do not parse as one`,
        cause: error,
      },
    );
  }
}

/** Encodes a message to be sent. */
export function encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The trailer in which gRPC's rich errors travel: a google.rpc.Status. */
const DETAILS_TRAILER = "grpc-status-details-bin";
/** The trailer that tells gRPC's own retries when to come back, in milliseconds. */
const PUSHBACK_TRAILER = "grpc-retry-pushback-ms";

/** The status of a call that ends with an error; its trailer holds the typed detail. */
export function toStatus(error: ServiceError): StatusObject {
  const code = grpcCodeOf(error.code);
  const status = create(StatusSchema, {
    code,
    message: error.message,
    details: [anyPack(ErrorDetailSchema, toErrorDetail(error))],
  });
  const metadata = new Metadata();
  metadata.set(DETAILS_TRAILER, Buffer.from(toBinary(StatusSchema, status)));
  if (error.retryAfterMs !== undefined) {
    metadata.set(PUSHBACK_TRAILER, String(error.retryAfterMs));
  }
  return { code, details: error.message, metadata };
}
