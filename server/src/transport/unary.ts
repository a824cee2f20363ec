import type { DescMethod } from "@bufbuild/protobuf";
import type { handleUnaryCall } from "@grpc/grpc-js";
import type { UnaryMethod } from "../services/call-context.js";
import { type CallPort, CallScope, type DeadlinePolicy } from "./call-scope.js";
import { decode, encode } from "./codec.js";

// biome-ignore lint/suspicious/noExplicitAny: the caller pairs a method with its handler, see service-definition.ts
type AnyMethod = UnaryMethod<any, any>;

/** A unary method as grpc-js calls it. */
export function unaryHandler(
  port: CallPort,
  name: string,
  method: DescMethod,
  handler: AnyMethod,
  policy: DeadlinePolicy,
): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    const scope = new CallScope(port, name, call, policy);
    const answer = async (): Promise<Buffer> => {
      scope.throwIfRefused();
      const request = decode(method.input, call.request);
      return encode(method.output, await handler(request, scope));
    };
    scope.orAborted(answer()).then(
      (response) => {
        scope.succeed();
        callback(null, response);
      },
      (error: unknown) => callback(scope.fail(error)),
    );
  };
}
