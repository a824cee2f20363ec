// Directions inside the Rust workspace: between the modules of the core, and between the core, the binding and Node.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles, root } from "../tree.mjs";

export const what = "Rust modules use only what stands below them; the core knows nothing of Node";
export const mend =
  "move the code to a module that may use what it needs, or pass it in; the directions stand in .ci/checks/crates.mjs";

/** What each module of native/core may use. Lowest first. Tests inside a module may use any. */
const BELOW = {
  error: [],
  monitor: ["error"],
  ranking: ["error"],
  kernel: ["error"],
  storage: ["error"],
  npy: ["error", "storage"],
  format: ["error", "storage"],
  corpus: ["error", "monitor", "npy", "storage"],
  cluster: ["error", "monitor", "kernel", "npy", "corpus"],
  quantize: ["error", "monitor", "kernel", "npy", "corpus", "cluster"],
  graph: ["error", "monitor", "ranking", "kernel", "cluster"],
  index: ["error", "kernel", "storage", "format", "corpus", "quantize", "graph"],
  search: ["error", "monitor", "ranking", "kernel", "corpus", "quantize", "graph", "index"],
  build: ["error", "monitor", "kernel", "npy", "storage", "format", "corpus", "cluster", "quantize", "graph", "index"],
};

const CORE = "native/core/src/";

/** Compiled for tests only; what it may use is everything. */
const FOR_TESTS = ["testing"];

export async function find() {
  const files = (await listFiles()).filter((path) => /^native\/.*\.(rs|toml)$/.test(path));
  const problems = [];
  for (const path of files) {
    const text = withoutComments(readFileSync(join(root, path), "utf8"));
    if (path.startsWith("native/core/") && /\bnapi\b/.test(text)) problems.push(`${path}: the core names napi`);
    if (path.startsWith(CORE)) problems.push(...findUses(path, text));
  }
  return problems;
}

function findUses(path, text) {
  const module = path.slice(CORE.length).split("/")[0].replace(/\.rs$/, "");
  // `tests.rs` is a module that its parent compiles for tests only.
  if (module === "lib" || FOR_TESTS.includes(module) || path.endsWith("/tests.rs")) return [];
  const allowed = BELOW[module];
  if (allowed === undefined) return [`${path}: module ${module} has no place in the directions yet`];
  const used = new Set(usedModules(text.split(/^#\[cfg\(test\)\]/m)[0]));
  return [...used]
    .filter((name) => name !== module && !allowed.includes(name) && (name in BELOW || FOR_TESTS.includes(name)))
    .map((name) => `${path}: ${module} uses ${name}; it may use ${allowed.join(", ") || "none"}`);
}

/** The first segments after `crate::`, also inside braces: `crate::{error::Error, npy}` names error and npy. */
function usedModules(text) {
  const names = [...text.matchAll(/\bcrate::([a-z_]+)/g)].map(([, name]) => name);
  for (const match of text.matchAll(/\bcrate::\{/g)) {
    let depth = 1;
    let segment = "";
    for (let i = match.index + match[0].length; i < text.length && depth > 0; i++) {
      const char = text[i];
      if (char === "{") depth++;
      if (char === "}") depth--;
      if (depth === 1 && char !== "," && char !== "}") segment += char;
      if ((depth === 1 && char === ",") || depth === 0) {
        names.push(segment.trim().split("::")[0]);
        segment = "";
      }
    }
  }
  return names;
}

function withoutComments(text) {
  return text.replace(/\/\/.*$/gm, "").replace(/\/\*.*?\*\//gs, "");
}
