import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { NaiveServer } from "../peer/naive-server.js";

// The promise: the code that README.md shows runs, as it stands there, with the package as it is published.

const folder = fileURLToPath(new URL("..", import.meta.url));
let server: NaiveServer;

beforeAll(async () => {
  server = await NaiveServer.start();
});
afterAll(() => server.stop());

it("runs README.md's example", async () => {
  const [, code = ""] = /```ts\n(.*?)```/s.exec(readFileSync(`${folder}/README.md`, "utf8")) ?? [];
  const placed = code.replace("127.0.0.1:50051", server.address);
  expect(placed).not.toBe(code);
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", placed], { cwd: folder });
  const { stdout, stderr } = await run;
  expect(stderr).toBe("");
  expect(stdout).toContain("question 999");
});
