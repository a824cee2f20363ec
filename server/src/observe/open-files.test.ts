import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { buildSample, temporaryFolder } from "../../testing/sample-index.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** Enough for the server to start, which opens its modules side by side. */
const DESCRIPTORS = 150;

// The promise: a server whose connections are dropped for want of file descriptors says so in its log.

it("a process without a free file descriptor logs it, and logs when it has some again", async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, "a.maxsim");
  await buildSample(file);
  const command = `ulimit -n ${DESCRIPTORS}; exec "$0" "$1" "$2" --port 0 --workers 1 --metrics 127.0.0.1:0`;
  const child = spawn("sh", ["-c", command, process.execPath, MAIN, file], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  const sockets: Socket[] = [];
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    const { msg, metrics } = JSON.parse(line) as { msg: string; metrics: string };
    lines.push(msg);
    if (msg === "serving") {
      const [host, port] = metrics.split(":");
      // The listener of the metrics does not count its connections.
      for (let i = 0; i < DESCRIPTORS; i++) {
        sockets.push(connect(Number(port), host).on("error", () => undefined));
      }
    } else if (msg.startsWith("too many open files")) {
      for (const socket of sockets) socket.destroy();
    } else if (msg === "files can be opened again") {
      child.kill("SIGTERM");
    }
  }
  expect(await exited).toEqual([0, null]);
  expect(lines.slice(2, 4)).toEqual([
    "too many open files: new connections are dropped; raise the limit (ulimit -n)",
    "files can be opened again",
  ]);
  await folder.remove();
});
