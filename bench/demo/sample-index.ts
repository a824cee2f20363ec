/** The sample's index, built when it is not there or not what would be built today, in a catalog folder of its own. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Progress, Tachiom, version } from "@maxsimd/native";
import type { Sample } from "./sample.js";

export interface SampleIndex {
  /** Catalog folder to serve. */
  catalog: string;
  /** Name of the index and label of its version in it. */
  index: string;
  version: string;
  bytes: number;
  /** How long the build took, now or when it was done. */
  buildSeconds: number;
}

interface Remembered {
  version: string;
  bytes: number;
  buildSeconds: number;
}

/**
 * Two processes may do this at once: each file comes about by renaming a whole one.
 *
 * @param catalog folder that is the demo's own; older versions in it are removed
 * @param onProgress called while the index is built
 */
export async function prepareIndex(
  sample: Sample,
  catalog: string,
  onProgress: (progress: Progress) => void,
): Promise<SampleIndex> {
  const folder = join(catalog, sample.name);
  const label = createHash("sha256").update(`${builderDigest()} ${sample.inputDigest}`).digest("hex").slice(0, 12);
  const file = join(folder, `${label}.maxsim`);
  const stamp = join(folder, "built.json");
  const common = { catalog, index: sample.name, version: label };

  const remembered = readStamp(stamp);
  if (remembered?.version === label && existsSync(file)) {
    return { ...common, bytes: remembered.bytes, buildSeconds: remembered.buildSeconds };
  }
  mkdirSync(folder, { recursive: true });
  const started = performance.now();
  const tachiom = await Tachiom.build(sample.vectors, sample.tokenIds, sample.doclens, { output: file, onProgress });
  const buildSeconds = (performance.now() - started) / 1000;
  const { bytes } = tachiom.info;
  tachiom.close();
  replace(join(folder, "current"), `${label}\n`);
  const built: Remembered = { version: label, bytes, buildSeconds };
  replace(stamp, `${JSON.stringify(built)}\n`);
  // A server that still has one of these mapped keeps it.
  const isOld = (name: string) => /\.maxsim\b/.test(name) && !name.startsWith(label);
  for (const old of readdirSync(folder).filter(isOld)) rmSync(join(folder, old), { force: true });
  return { ...common, bytes, buildSeconds };
}

/** Changes with the builder's code, also between two releases. */
function builderDigest(): string {
  const addon = new URL(`../maxsimd.${process.platform}-${process.arch}.node`, import.meta.resolve("@maxsimd/native"));
  return existsSync(addon) ? createHash("sha256").update(readFileSync(addon)).digest("hex") : version();
}

function readStamp(path: string): Remembered | undefined {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8"));
}

function replace(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text);
  renameSync(part, path);
}
