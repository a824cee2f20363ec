// Directions inside the Rust workspace: between the modules of the core, and between the core, the binding and Node.

import { readModules } from "../rust-modules.mjs";
import { readFiles } from "../tree.mjs";

export const what = "Rust modules use only what stands below them; the core knows nothing of Node";
export const fix =
  "move the code to a module that may use what it needs, or pass it in; the directions are listed in .ci/checks/crates.mjs";

/** What each module of native/core may use. Lowest first. Tests inside a module may use any. */
const BELOW = {
  error: [],
  monitor: ["error"],
  random: [],
  ranking: ["error"],
  kernel: ["error"],
  storage: ["error"],
  input: ["error", "monitor", "storage"],
  documents: ["error"],
  format: ["error", "storage"],
  corpus: ["error", "monitor", "documents", "input"],
  cluster: ["error", "monitor", "random", "kernel", "corpus"],
  quantize: ["error", "monitor", "random", "kernel", "corpus", "cluster"],
  graph: ["error", "monitor", "random", "ranking", "kernel"],
  index: ["error", "kernel", "storage", "documents", "format", "corpus", "quantize", "graph"],
  search: ["error", "monitor", "ranking", "kernel", "corpus", "quantize", "graph", "index"],
  collection: ["error", "monitor", "storage", "documents", "format", "corpus", "index", "build"],
  build: [
    "error",
    "monitor",
    "kernel",
    "storage",
    "documents",
    "format",
    "corpus",
    "cluster",
    "quantize",
    "graph",
    "index",
  ],
};

export async function find() {
  const files = await readFiles(/^native\/.*\.(rs|toml)$/);
  const node = files.filter(({ path, text }) => path.startsWith("native/core/") && /^[^/]*\bnapi\b/m.test(text));
  const core = readModules(files, "native/core/src");
  return [...node.map(({ path }) => `${path}: the core names napi`), ...againstDirections(core)];
}

function againstDirections(modules) {
  return [...modules].flatMap(([name, { path, uses }]) => {
    const top = name.split("::")[0];
    if (top === "") return [];
    const allowed = BELOW[top];
    if (allowed === undefined) return [`${path}: module ${top} has no place in the directions yet`];
    const used = new Set([...uses.keys()].map((other) => other.split("::")[0]).filter((other) => other !== ""));
    return [...used]
      .filter((other) => other !== top && !allowed.includes(other))
      .map((other) => `${path}: ${top} uses ${other}; it may use ${allowed.join(", ") || "no other module"}`);
  });
}
