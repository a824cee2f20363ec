import { Duplex } from "node:stream";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { readRequests } from "./read-requests.js";

// The promise: a client cannot fill the server's memory with messages that the handler has not asked for.

it("reads ahead of its handler by one message", async () => {
  let received = 0;
  const call = new Duplex({
    objectMode: true,
    read() {
      received++;
      // At once, as grpc-js does with what has arrived already.
      this.push(Buffer.alloc(0));
    },
  });
  const requests = readRequests(call as unknown as ServerDuplexStream<Buffer, Buffer>, (bytes) => bytes, []);
  for (const asked of [1, 2, 3]) {
    await requests.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(received).toBeLessThanOrEqual(asked + 1);
  }
  call.destroy();
});
