// The promise: a build that is killed leaves no file. While it reads an array that it must convert or inflate, the copy is a
// file without a name in the output's folder, which the system removes when the process ends.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writeNpy } from "@maxsimd/native";
import { unitVectors } from "@maxsimd/native/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { archive } from "../../../../native/binding/testing/archives.js";

const bin = fileURLToPath(new URL("../../bin/maxsimd.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "maxsimd-build-killed-"));
const at = (...names: string[]) => join(folder, ...names);

// 64 MiB of f32: inflating and converting them takes longer than starting the program.
const [DOCUMENTS, ROWS, DIM] = [1024, 128, 128];
const TOKENS = DOCUMENTS * ROWS;

beforeAll(() => {
  for (const name of ["in", "out", "tmp"]) mkdirSync(at(name));
  const vectors = new Float32Array(TOKENS * DIM);
  const some = unitVectors(ROWS, DIM, 1);
  for (let first = 0; first < vectors.length; first += some.length) vectors.set(some, first);
  writeNpy(at("in", "vectors.npy"), vectors, [TOKENS, DIM]);
  const ids = Uint32Array.from({ length: TOKENS }, (_, i) => i % 7);
  writeNpy(at("in", "token_ids.npy"), ids, [TOKENS]);
  writeNpy(at("in", "doclens.npy"), new Int32Array(DOCUMENTS).fill(ROWS), [DOCUMENTS]);
  const names = ["vectors", "token_ids", "doclens"];
  const members = Object.fromEntries(names.map((name) => [name, at("in", `${name}.npy`)]));
  writeFileSync(at("corpus.npz"), archive(members, true));
});
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Kills a build at its first line of progress, or after `most` milliseconds if that is earlier, and looks for files that it left.
 *
 * @returns the milliseconds that it ran
 */
async function killed(most = 60_000): Promise<number> {
  const started = performance.now();
  const args = ["build", at("corpus.npz"), "-o", at("out", "a.maxsim"), "--exact-below", "0"];
  const child = spawn(process.execPath, [bin, ...args], { env: { ...process.env, TMPDIR: at("tmp") } });
  const ended = once(child, "exit");
  await Promise.race([once(child.stderr, "data"), setTimeout(most, undefined, { ref: false }), ended]);
  const ran = performance.now() - started;
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect([readdirSync(at("out")), readdirSync(at("tmp"))]).toEqual([[], []]);
  return ran;
}

it("leaves no file, whether it is killed while it inflates and converts its input or later", async () => {
  // The first progress is reported when all copies are written. Most of the time before it goes into them.
  const untilProgress = await killed();
  for (const share of [0.9, 0.8, 0.7, 0.6]) await killed(untilProgress * share);
});
