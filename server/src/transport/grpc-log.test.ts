import { connect } from "node:http2";
import { SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildSample, temporaryFolder } from "../../testing/sample-index.js";
import { startProcess } from "../../testing/server-process.js";

// The promise: callers cannot fill the log. What grpc-js says of their headers is in lines of our log, and few.

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

it("writes few lines, all of them JSON, whatever headers callers send", async () => {
  const file = `${folder.path}/books.maxsim`;
  await buildSample(file);
  const server = await startProcess([file]);
  const session = connect(`http://${server.data}`);
  const odd = `\u00e9\u00ff${"x".repeat(2000)}`;
  for (let i = 0; i < 100; i++) {
    await new Promise((resolve, reject) => {
      const path = `/${SearchService.typeName}/Search`;
      const head = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
      const request = session.request({ ...head, "x-odd": odd });
      request.on("end", resolve).on("error", reject).resume().end(Buffer.alloc(5));
    });
  }
  session.destroy();
  server.child.kill("SIGTERM");
  await server.exited;
  const lines = server.lines.map((line) => JSON.parse(line) as { msg: string; text?: string });
  const fromGrpc = lines.filter(({ msg }) => msg === "message of grpc-js");
  expect(fromGrpc).toHaveLength(5);
  for (const { text = "" } of fromGrpc) {
    expect(text).toContain("Failed to add metadata entry x-odd");
    expect(text.length).toBeLessThanOrEqual(300);
  }
  expect(lines.map(({ msg }) => msg).filter((msg) => msg !== "message of grpc-js")).toEqual([
    "index loaded",
    "serving",
    "draining",
    "stopped",
  ]);
});
