import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../../testing/sample-index.js";
import { readSecretFile } from "./read-secret-file.js";

// The promise: a secret file that others can read or write is refused, and the message says how to fix it.

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function withMode(mode: number): Promise<string> {
  const path = join(folder.path, "secret");
  await writeFile(path, "text");
  await chmod(path, mode);
  return path;
}

it.each([0o600, 0o400, 0o640, 0o440])("reads a file of mode %o", async (mode) => {
  expect(await readSecretFile(await withMode(mode))).toBe("text");
});

it.each([0o644, 0o660, 0o604, 0o602, 0o601, 0o620])("refuses a file of mode %o", async (mode) => {
  const path = await withMode(mode);
  const message = `${path}: expected a file that others cannot read or write, got mode ${mode.toString(8)}; chmod 600 it`;
  await expect(readSecretFile(path)).rejects.toMatchObject({
    code: "CONFIGURATION",
    message: expect.stringContaining(message),
  });
});

it("refuses a file that is missing, is a directory, or is too large", async () => {
  await expect(readSecretFile(join(folder.path, "none"))).rejects.toThrow("none: it does not exist; check the path");
  await chmod(folder.path, 0o700);
  await expect(readSecretFile(folder.path)).rejects.toThrow("it is a directory, not a file");
  const large = await withMode(0o600);
  await writeFile(large, "a".repeat(1024 * 1024 + 1));
  await expect(readSecretFile(large)).rejects.toThrow("expected at most 1048576 bytes, got 1048577");
});
