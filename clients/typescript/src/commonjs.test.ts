import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { NaiveServer } from "../peer/naive-server.js";

// The promise: a TypeScript project compiles against the package and runs with it, as CommonJS and as ES modules.

const PROGRAM = `
import { MaxsimClient, MaxsimRpcError, type Answer, type TokenMatrix } from "@maxsimd/client";

async function main(address: string): Promise<void> {
  const client = new MaxsimClient(address);
  const query: TokenMatrix = [[1, 0]];
  const answer: Answer = await client.search(query, { k: 1 });
  const failure: unknown = await client.search([]).catch((error) => error);
  client.close();
  console.log(answer.hits[0]?.docId, failure instanceof MaxsimRpcError && failure.code);
}
void main(process.argv[2] as string);
`;

const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const run = promisify(execFile);
let server: NaiveServer;
let folder: string;

beforeAll(async () => {
  server = await NaiveServer.start();
  folder = mkdtempSync(join(tmpdir(), "maxsimd-project-"));
  symlinkSync(modules, join(folder, "node_modules"), "dir");
});
afterAll(() => {
  server.stop();
  rmSync(folder, { recursive: true });
});

it('compiles with "module": "node16" and runs, as CommonJS and as an ES module', async () => {
  const settings = { module: "node16", target: "es2022", strict: true, types: ["node"], skipLibCheck: true };
  const write = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));
  write("package.json", { type: "commonjs" });
  write("tsconfig.json", { compilerOptions: { ...settings, rootDir: "." }, files: ["main.ts", "main.mts"] });
  for (const name of ["main.ts", "main.mts"]) writeFileSync(join(folder, name), PROGRAM);
  await run(process.execPath, [join(modules, "typescript/bin/tsc"), "-p", folder]).catch(({ stdout }) => {
    throw new Error(stdout);
  });
  for (const name of ["main.js", "main.mjs"]) {
    // Without Node's own require() of ES modules, which Node before 20.19 and 22.12 does not have.
    const program = ["--no-experimental-require-module", join(folder, name), server.address];
    const { stdout } = await run(process.execPath, program);
    expect(stdout).toBe("0 EMPTY_QUERY\n");
  }
});
