/** The sample's index, in a catalog folder of its own. It is built if it is missing or would be built differently today. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { showProgress } from "@maxsimd/cli/progress";
import { Collection, Index, version } from "@maxsimd/native";
import type { Sample } from "./sample.js";

export interface SampleIndex {
  /** Catalog folder to serve. */
  catalog: string;
  /** Name of the index and label of its version in the catalog. */
  index: string;
  version: string;
  bytes: number;
  /** Time of the build, which may have been done by an earlier run. */
  buildSeconds: number;
}

type Remembered = Pick<SampleIndex, "version" | "bytes" | "buildSeconds">;

/**
 * Two processes may do this at the same time: each file is written completely and then renamed.
 *
 * @param catalog folder that is the demo's own; older versions in it are removed
 */
export async function prepareIndex(sample: Sample, catalog: string): Promise<SampleIndex> {
  const folder = join(catalog, sample.name);
  const label = createHash("sha256").update(`${builderDigest()} ${sample.inputDigest}`).digest("hex").slice(0, 12);
  const file = join(folder, `${label}.maxsim`);
  const stamp = join(folder, "built.json");
  const remembered = existsSync(stamp) ? (JSON.parse(readFileSync(stamp, "utf8")) as Remembered) : undefined;
  if (remembered?.version === label && existsSync(file)) return { catalog, index: sample.name, ...remembered };

  mkdirSync(folder, { recursive: true });
  const bars = process.stderr.isTTY ? process.stderr : undefined;
  const display = showProgress({ bars, err: (line) => process.stderr.write(`index: ${line}\n`) });
  const { vectors, tokenIds, doclens } = sample.files;
  const started = performance.now();
  const tachiom = await Index.build(vectors, tokenIds, doclens, {
    ...{ output: file, onProgress: display.update },
    attributes: sample.attributes,
  });
  const buildSeconds = (performance.now() - started) / 1000;
  display.stop();
  const built: Remembered = { version: label, bytes: tachiom.info.bytes, buildSeconds };
  tachiom.close();
  replace(join(folder, "current"), `${label}\n`);
  replace(stamp, `${JSON.stringify(built)}\n`);
  // A server that has one of these mapped keeps it until it closes it.
  const isOld = (name: string) => /\.maxsim\b/.test(name) && !name.startsWith(label);
  for (const old of readdirSync(folder).filter(isOld)) rmSync(join(folder, old), { force: true });
  return { catalog, index: sample.name, ...built };
}

/** Makes the version that was built current again, and removes what changes made: an interrupted run leaves them behind. */
export async function restoreCatalog({ catalog, index, version: built }: SampleIndex): Promise<void> {
  const collection = await Collection.open(join(catalog, index));
  if ((await collection.current()) !== built) await collection.rollback(built);
  await collection.removeVersions({ keep: 0 });
}

/** Changes with the builder's code, also between two releases. */
function builderDigest(): string {
  const addon = new URL(`../maxsimd.${process.platform}-${process.arch}.node`, import.meta.resolve("@maxsimd/native"));
  return existsSync(addon) ? createHash("sha256").update(readFileSync(addon)).digest("hex") : version();
}

function replace(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text);
  renameSync(part, path);
}
