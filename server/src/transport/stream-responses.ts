import type { DescMessage } from "@bufbuild/protobuf";
import type { CallPort, CallScope } from "./call-scope.js";
import { encode } from "./codec.js";
import { ResponseWriter, type WritableCall } from "./response-writer.js";
import { type EndableCall, endWell, endWithError } from "./stream-end.js";

/**
 * Sends what a handler yields, asking for the next response when the peer has room for it, then the status. A handler
 * whose call is aborted is ended where it stands.
 */
export async function streamResponses(
  port: CallPort,
  scope: CallScope,
  call: WritableCall & EndableCall,
  output: DescMessage,
  // biome-ignore lint/suspicious/noExplicitAny: the caller pairs a method with its handler, see service-definition.ts
  start: () => AsyncIterable<any>,
): Promise<void> {
  const writer = new ResponseWriter(call, scope.signal, port.stallMs);
  try {
    scope.throwIfRefused();
    for await (const response of start()) {
      await writer.write(encode(output, response));
    }
    scope.signal.throwIfAborted();
    scope.succeed();
    endWell(call, port.stallMs);
  } catch (error) {
    endWithError(call, scope.fail(error), port.stallMs);
  }
}
