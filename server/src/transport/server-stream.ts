import type { DescMethod } from "@bufbuild/protobuf";
import type { handleServerStreamingCall } from "@grpc/grpc-js";
import type { ServerStreamMethod } from "../services/call-context.js";
import { type CallPort, CallScope, type DeadlinePolicy } from "./call-scope.js";
import { decode } from "./codec.js";
import { streamResponses } from "./stream-responses.js";

// biome-ignore lint/suspicious/noExplicitAny: the caller pairs a method with its handler, see service-definition.ts
type AnyMethod = ServerStreamMethod<any, any>;

/** A server-streaming method as grpc-js calls it. */
export function serverStreamHandler(
  port: CallPort,
  name: string,
  method: DescMethod,
  handler: AnyMethod,
  policy: DeadlinePolicy,
): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => {
    const scope = new CallScope(port, name, call, policy);
    void streamResponses(port, scope, call, method.output, () => handler(decode(method.input, call.request), scope));
  };
}
