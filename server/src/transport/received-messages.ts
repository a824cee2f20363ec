import type { ServerInterceptingCall, ServerInterceptor, StatusObject } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import { type MessageReader, messageReaderOf } from "./grpc-internals.js";
import { toStatus } from "./status.js";

/** Bytes before each message: its compression flag and its length. */
const PREFIX_BYTES = 5;

/**
 * Faults in the framing and compression of request messages, as typed errors. grpc-js accepts any flag as "not compressed" and drops a message
 * that is cut short. It ends other faults with codes that stand for defects of the server (INTERNAL) or for methods that it does not have
 * (UNIMPLEMENTED).
 */
export const checkReceivedMessages: ServerInterceptor = (_method, call) => {
  const reader = messageReaderOf(call);
  const { sendStatus, decompressAndMaybePush, handleEndEvent } = reader;
  reader.sendStatus = (status) => sendStatus.call(reader, typedStatus(status));
  reader.decompressAndMaybePush = (entry) => {
    const fault = flagFault(reader, entry.compressedMessage[0] ?? 0);
    if (fault === undefined) {
      return decompressAndMaybePush.call(reader, entry);
    }
    reader.sendStatus(toStatus(fault));
    return Promise.resolve();
  };
  reader.handleEndEvent = () => {
    const missing = missingBytes(reader);
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

/** Bytes that the last message lacks; undefined if not even its length has come whole. */
function missingBytes({ decoder }: MessageReader): number | undefined {
  const { NO_DATA, READING_SIZE } = READ_STATE;
  if (decoder.readState === NO_DATA) {
    return 0;
  }
  return decoder.readState === READING_SIZE ? undefined : decoder.readMessageRemaining;
}

/** States of grpc-js's decoder. */
const READ_STATE = { NO_DATA: 0, READING_SIZE: 1 } as const;

/** Replaces the statuses of grpc-js for faults of the caller's messages. */
function typedStatus(status: StatusObject): StatusObject {
  const { details } = status;
  if (details === "Failed to decompress message") {
    return toStatus(
      invalid("a message does not decompress", "a message in the encoding that grpc-encoding names", "other bytes"),
    );
  }
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
