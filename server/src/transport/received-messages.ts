import type { ServerInterceptingCall, ServerInterceptor, StatusObject } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";
import { inflate } from "../engine/inflate.js";
import { ServiceError } from "../errors/service-error.js";
import { arrivalOf } from "./arrival.js";
import { type MessageReader, messageReaderOf } from "./grpc-internals.js";
import { PREFIX_BYTES } from "./message-decoder.js";
import { toStatus } from "./status.js";

/**
 * Faults in the framing and compression of request messages, as typed errors. grpc-js accepts any flag as "not compressed" and drops a message
 * that is cut short. It ends other faults with codes that stand for defects of the server (INTERNAL) or for methods that it does not have
 * (UNIMPLEMENTED).
 */
export const checkReceivedMessages: ServerInterceptor = (_method, call) => {
  const reader = messageReaderOf(call);
  const { sendStatus, decompressAndMaybePush, decompressMessage, handleEndEvent } = reader;
  reader.sendStatus = (status) => sendStatus.call(reader, typedStatus(status));
  reader.decompressAndMaybePush = (entry) => {
    const fault = flagFault(reader, entry.compressedMessage[0] ?? 0);
    if (fault === undefined) {
      return decompressAndMaybePush.call(reader, entry);
    }
    reader.sendStatus(toStatus(fault));
    return Promise.resolve();
  };
  reader.decompressMessage = (message, encoding) =>
    encoding === "gzip" || encoding === "deflate"
      ? decompressWithin(reader, message, encoding)
      : decompressMessage.call(reader, message, encoding);
  reader.handleEndEvent = () => {
    const { missing } = reader.decoder;
    if (missing === 0) {
      handleEndEvent.call(reader);
    } else {
      const got =
        missing === undefined ? `less than the ${PREFIX_BYTES} bytes before a message` : `${missing} bytes less`;
      reader.sendStatus(toStatus(invalid("the last request message is cut short", "a whole message", got)));
    }
  };
  // The same object: a wrapper around it would cost each message a few calls more.
  return call as ServerInterceptingCall;
};

/**
 * Decompresses a message when there is memory for it. Throws the status with which the call ends if it does not decompress, or to more than a
 * message may have.
 */
async function decompressWithin(
  { stream, maxReceiveMessageSize: most }: MessageReader,
  message: Buffer,
  encoding: "gzip" | "deflate",
): Promise<Buffer> {
  const shrink = await arrivalOf(stream)?.reserveDecompressed(message);
  const bytes = await inflate(message.subarray(PREFIX_BYTES), encoding, most).catch(() => {
    const expected = "a message in the encoding that grpc-encoding names";
    throw toStatus(invalid("a message does not decompress", expected, "other bytes"));
  });
  if (bytes === undefined) {
    const parts = { field: "request", expected: `at most ${most} bytes`, got: "more after decompression" };
    throw toStatus(new ServiceError(ErrorCode.LIMIT_EXCEEDED, "send less in one message", parts));
  }
  shrink?.(bytes.length);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function flagFault({ incomingEncoding }: MessageReader, flag: number): ServiceError | undefined {
  if (flag > 1) {
    return invalid("the compression flag of a message is unknown", "0 or 1", String(flag));
  }
  if (flag === 1 && incomingEncoding === "identity") {
    const expected = "a grpc-encoding header with gzip or deflate";
    return invalid("a message is marked as compressed, but the call names no encoding", expected, "identity");
  }
  return undefined;
}

/** Replaces the statuses of grpc-js for faults of the caller's messages. */
function typedStatus(status: StatusObject): StatusObject {
  const { details } = status;
  if (details.startsWith("Received no request message")) {
    return toStatus(invalid("the call holds no request", "one request message", "0"));
  }
  if (details.startsWith("Received a second request message")) {
    return toStatus(invalid("the call holds more than one request", "one request message", "2 or more"));
  }
  return status;
}

function invalid(message: string, expected: string, got: string): ServiceError {
  return new ServiceError(ErrorCode.INVALID_PARAMETER, message, { field: "request", expected, got });
}
