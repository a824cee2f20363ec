// Generated code is committed, and equals what the generator writes from the current sources.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listFiles, report, root, run } from "../tree.mjs";

export const what = "proto/gen is what buf generate writes";
export const fix = "npm run generate, and commit proto/gen";

export async function find() {
  const fresh = mkdtempSync(join(tmpdir(), "maxsimd-generated-"));
  try {
    const problems = report(await run("buf", ["generate", "--output", fresh]), "buf generate");
    if (problems.length > 0) return problems;
    const committed = (await listFiles()).filter((path) => path.startsWith("proto/gen/"));
    const written = await listGenerated(fresh);
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

async function listGenerated(folder) {
  const { readdir } = await import("node:fs/promises");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath ?? entry.path, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    );
}
