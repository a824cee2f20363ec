// The Python client: ruff's rules and format, strict types, and generated code that equals what the generator writes.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonEnvironment, runPython } from "../python.mjs";
import { listFiles, report, root } from "../tree.mjs";

const GENERATED = "clients/python/src/maxsimd/gen/";

export const what = "ruff and mypy --strict of clients/python, and its gen is what generate.py writes";
export const fix = "npm run fix for the format and for gen; ruff and mypy say the rest";

export async function find() {
  if ((await pythonEnvironment()) === undefined) return [];
  return [
    ...report(await runPython(["-m", "ruff", "check", "--no-cache", "--output-format=concise", "."]), "ruff check"),
    ...report(await runPython(["-m", "ruff", "format", "--no-cache", "--check", "."]), "ruff format"),
    ...report(await runPython(["-m", "mypy"]), "mypy"),
    ...(await findStale()),
  ];
}

async function findStale() {
  const fresh = mkdtempSync(join(tmpdir(), "maxsimd-generated-"));
  try {
    const problems = report(await runPython(["generate.py", fresh]), "generate.py");
    if (problems.length > 0) return problems;
    const committed = (await listFiles()).filter((path) => path.startsWith(GENERATED));
    const written = readdirSync(fresh).map((name) => `${GENERATED}${name}`);
    for (const path of new Set([...committed, ...written])) {
      if (!written.includes(path)) problems.push(`${path}: no proto file makes it any more`);
      else if (!committed.includes(path)) problems.push(`${path}: is missing`);
      else if (
        readFileSync(join(root, path), "utf8") !== readFileSync(join(fresh, path.slice(GENERATED.length)), "utf8")
      )
        problems.push(`${path}: is stale`);
    }
    return problems;
  } finally {
    rmSync(fresh, { recursive: true });
  }
}
