import { constants } from "node:http2";
import type { StatusObject } from "@grpc/grpc-js";
import { http2StreamOf } from "./grpc-internals.js";

/** The ending half of a grpc-js stream call. */
export interface EndableCall {
  end(): unknown;
  emit(event: "error", status: StatusObject): unknown;
}

/** Ends a stream with OK. */
export function endWell(call: EndableCall, lingerMs: number): void {
  call.end();
  resetUnlessClosed(call, lingerMs);
}

/** Ends a stream with an error's status, behind the responses already written. */
export function endWithError(call: EndableCall, status: StatusObject, lingerMs: number): void {
  call.emit("error", status);
  resetUnlessClosed(call, lingerMs);
}

/** A status waits behind what the peer has not read; a peer that never reads is cut off, or it would be kept forever. */
function resetUnlessClosed(call: EndableCall, lingerMs: number): void {
  const stream = http2StreamOf(call);
  if (stream.closed || stream.destroyed) {
    return;
  }
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM), lingerMs);
  timer.unref();
  stream.once("close", () => clearTimeout(timer));
}
