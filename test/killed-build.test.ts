// A build that is killed leaves no index or a whole one, and the next build tidies up after it.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Index, toHalf, writeNpy } from "@maxsimd/native";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./support/root.js";

const KILLS = 50;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-killed-"));
  const [documents, length, dim] = [300, 20, 32];
  const values = Float32Array.from({ length: documents * length * dim }, (_, i) => Math.sin(i * 0.7) + Math.cos(i * i));
  writeNpy(join(folder, "vectors.npy"), toHalf(values), [documents * length, dim]);
  writeNpy(
    join(folder, "token_ids.npy"),
    Uint32Array.from({ length: documents * length }, (_, i) => i % 20),
    [documents * length],
  );
  writeNpy(join(folder, "doclens.npy"), new Int32Array(documents).fill(length), [documents]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts builds, kills them `after` ms later with no chance to tidy up, and says how many were complete. */
function killedAfter(after: number, output: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "test/support/build-forever.mjs"), folder, output], {
      cwd: root,
    });
    let [built, printed] = [0, ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const first = printed === "";
      printed += text;
      built = printed.split("built").length - 1;
      if (first) setTimeout(() => child.kill("SIGKILL"), after);
    });
    child.on("error", reject);
    child.on("close", () => resolve(built));
  });
}

test(`killing builds at ${KILLS} moments leaves no index or a whole one`, async () => {
  const output = join(folder, "index.maxsim");
  let [whole, completed] = [0, 0];
  for (let kill = 0; kill < KILLS; kill++) {
    // From the first instructions of a build to beyond the end of a second one.
    completed += await killedAfter((kill * 37) % 700, output);
    if (existsSync(output)) {
      const index = await Index.load(output);
      await index.verify();
      expect(index.len).toBe(300);
      index.close();
      whole++;
    } else {
      expect(completed).toBe(0);
    }
    // Whatever else lies there is hidden and not an index's name.
    const others = readdirSync(folder).filter((name) => !/\.npy$|^index\.maxsim(\.verified)?$/.test(name));
    for (const name of others) expect(name).toMatch(/^\.maxsimd-.*\.tmp$/);
    if (kill % 10 === 9) {
      for (const name of readdirSync(folder)) if (name.startsWith("index.maxsim")) rmSync(join(folder, name));
      completed = 0;
    }
  }
  expect(whole).toBeGreaterThan(0);
  const last = await Index.build(
    join(folder, "vectors.npy"),
    join(folder, "token_ids.npy"),
    join(folder, "doclens.npy"),
    { output, exactBelow: 0, efConstruction: 40 },
  );
  last.close();
  expect(readdirSync(folder).filter((name) => name.startsWith(".maxsimd-"))).toEqual([]);
}, 300_000);
