import { once } from "node:events";
import { connect } from "node:http2";
import { create } from "@bufbuild/protobuf";
import { status as GrpcCode } from "@grpc/grpc-js";
import { SearchResponseSchema, SearchService } from "@maxsimd/proto";
import { expect, it } from "vitest";
import { startProbe } from "../../testing/probe-listener.js";

// The promise: a call has as long as its caller allows, and no longer.

it("counts a deadline from the headers, although the message comes later", async () => {
  const called: string[] = [];
  const search = async () => {
    called.push("search");
    return create(SearchResponseSchema);
  };
  const probe = await startProbe({ search });
  const session = connect(`http://${probe.address}`);
  // Before that a ping ends at once, and waiting for pings is no waiting.
  await once(session, "connect");
  const path = `/${SearchService.typeName}/Search`;
  const headers = { ":method": "POST", ":path": path, te: "trailers", "content-type": "application/grpc" };
  const stream = session.request({ ...headers, "grpc-timeout": "5m" });
  const status = new Promise((resolve) => {
    for (const event of ["response", "trailers"]) {
      stream.on(event, (headers) => headers["grpc-status"] !== undefined && resolve(headers["grpc-status"]));
    }
    stream.resume();
  });
  // Round trips until the deadline has passed; the server has the headers since the first.
  const ping = () => new Promise((resolve) => session.ping(resolve));
  await ping();
  for (const began = Date.now(); Date.now() <= began + 50; ) await ping();
  stream.end(Buffer.alloc(5));
  expect(Number(await status)).toBe(GrpcCode.DEADLINE_EXCEEDED);
  expect(called).toEqual([]);
  session.destroy();
  await probe.listener.drain(0);
});
