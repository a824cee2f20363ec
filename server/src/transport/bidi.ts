import type { DescMethod } from "@bufbuild/protobuf";
import type { handleBidiStreamingCall } from "@grpc/grpc-js";
import type { BidiMethod } from "../services/call-context.js";
import { type CallPort, CallScope, type DeadlinePolicy } from "./call-scope.js";
import { RequestSource } from "./request-source.js";
import { streamResponses } from "./stream-responses.js";

// biome-ignore lint/suspicious/noExplicitAny: the caller pairs a method with its handler, see service-definition.ts
type AnyMethod = BidiMethod<any, any>;

/** A bidirectional method as grpc-js calls it. Reading ends when the server drains; what was read is still answered. */
export function bidiHandler(
  port: CallPort,
  name: string,
  method: DescMethod,
  handler: AnyMethod,
  policy: DeadlinePolicy,
): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) => {
    const scope = new CallScope(port, name, call, policy);
    const requests = new RequestSource(call, method.input, [scope.signal, port.tracker.draining]);
    void streamResponses(port, scope, call, method.output, () => handler(requests, scope));
  };
}
