import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";
import { SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { buildSample, temporaryFolder } from "../testing/sample-index.js";
import { startProcess } from "../testing/server-process.js";

// The promise: whatever peers do, the memory of the process is bounded.

const MIB = 1024 * 1024;
const head = (method: string): Record<string, string> => ({
  ":method": "POST",
  ":path": `/${SearchService.typeName}/${method}`,
  "content-type": "application/grpc",
  te: "trailers",
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, "books.maxsim");
  await buildSample(file);
});
afterAll(() => folder.remove());

/** Memory of a process that is not of files, in bytes; Linux only. */
function memoryOf(pid: number): number {
  const match = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1]) * 1024;
}

/** Follows the memory of a process; returns what it rose by at most. */
function watchMemory(pid: number): () => number {
  const before = memoryOf(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, memoryOf(pid));
  }, 20);
  onTestFinished(() => clearInterval(timer));
  return () => {
    clearInterval(timer);
    return Math.max(most, memoryOf(pid)) - before;
  };
}

it.runIf(process.platform === "linux")(
  "calls whose messages lack a byte take a bounded memory, and end with their deadline",
  async () => {
    const { child, data } = await startProcess(["--index", file]);
    const rise = watchMemory(child.pid as number);
    // 400 MiB in all.
    const [connections, calls, bytes] = [2, 50, 4 * MIB];
    const message = Buffer.alloc(5 + bytes - 1);
    message.writeUInt32BE(bytes, 1);
    const sessions = Array.from({ length: connections }, () => connect(`http://${data}`, { maxSessionMemory: 1000 }));
    const answers = sessions.flatMap((session) =>
      Array.from({ length: calls }, () => {
        const request = session.request({ ...head("Search"), "grpc-timeout": "2S" });
        request.on("error", () => undefined).write(message);
        request.resume();
        return new Promise((resolve) => request.once("response", (headers) => resolve(headers["grpc-status"])));
      }),
    );
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["4"]));
    expect(rise()).toBeLessThan(128 * MIB);
    for (const session of sessions) session.destroy();
  },
);
