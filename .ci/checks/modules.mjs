// No cycles between the modules of a Rust crate. The compiler allows them.

import { readModules } from "../rust-modules.mjs";
import { readFiles } from "../tree.mjs";

export const what = "Rust modules without cycles; a module and those inside it count as one";
export const fix = "move what both need to a module of its own, or pass it in";

export async function find() {
  const files = await readFiles(/\.rs$/);
  return ["native/core/src", "native/binding/src"].flatMap((src) => cycles(readModules(files, src)));
}

/** Every use that is part of a cycle. */
function cycles(modules) {
  const inside = (a, b) => a === "" || b === "" || a.startsWith(`${b}::`) || b.startsWith(`${a}::`);
  const next = (name) => [...modules.get(name).uses.keys()].filter((other) => !inside(name, other));
  const reaches = (from, to, seen = new Set()) =>
    next(from).some((name) => name === to || (!seen.has(name) && reaches(name, to, seen.add(name))));
  return [...modules].flatMap(([name, { path, uses }]) =>
    next(name)
      .filter((other) => reaches(other, name))
      .map((other) => `${path}: ${name} uses ${other} (${uses.get(other)}), which leads back to ${name}`),
  );
}
