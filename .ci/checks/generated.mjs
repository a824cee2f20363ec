// Generated code is committed, and equals what the generator writes from the current sources.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DECLARATIONS, renderDeclarations, typeDefsAreCurrent } from "../addon-types.mjs";
import { buildNative } from "../build-native.mjs";
import { listFiles, report, root, run } from "../tree.mjs";

export const what = "proto/gen is what buf generate writes, and native/binding/gen what the build of the addon writes";
export const fix = "npm run generate and npm run build:native, and commit proto/gen and native/binding/gen";

export async function find() {
  return [...(await findStaleProto()), ...(await findStaleAddonTypes())];
}

async function findStaleAddonTypes() {
  const path = join(root, DECLARATIONS);
  const committed = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (!typeDefsAreCurrent()) await buildNative();
  if (committed === undefined) return [`${DECLARATIONS}: is missing`];
  return committed === renderDeclarations() ? [] : [`${DECLARATIONS}: is stale`];
}

async function findStaleProto() {
  const fresh = mkdtempSync(join(tmpdir(), "maxsimd-generated-"));
  try {
    const problems = report(await run("buf", ["generate", "--output", fresh]), "buf generate");
    if (problems.length > 0) return problems;
    const committed = (await listFiles()).filter((path) => path.startsWith("proto/gen/"));
    const written = listGenerated(fresh);
    for (const path of new Set([...committed, ...written])) {
      if (!written.includes(path)) problems.push(`${path}: no proto file makes it any more`);
      else if (!committed.includes(path)) problems.push(`${path}: is missing`);
      else if (readFileSync(join(root, path), "utf8") !== readFileSync(join(fresh, path), "utf8")) {
        problems.push(`${path}: is stale`);
      }
    }
    return problems;
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

function listGenerated(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((path) => statSync(join(folder, path)).isFile());
  return files.map((path) => path.replaceAll("\\", "/"));
}
