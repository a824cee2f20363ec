// package-lock.json records what each package.json asks for, so that `npm ci` accepts it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tree.mjs";

export const what = "package-lock.json in step with every package.json";
export const fix = "npm install --ignore-scripts, and commit package-lock.json";

const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

export async function find() {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const problems = [];
  for (const folder of ["", ...workspaces]) {
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const locked = packages[folder];
    if (locked === undefined) problems.push(`${folder}: is not in the lock`);
    else problems.push(...compare(folder, manifest, locked));
  }
  return problems;
}

function compare(folder, manifest, locked) {
  const where = join(folder, "package.json");
  return KINDS.flatMap((kind) => {
    const wanted = manifest[kind] ?? {};
    const found = locked[kind] ?? {};
    return [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
      .filter((name) => wanted[name] !== found[name])
      .map(
        (name) => `${where}: ${kind}.${name} is ${wanted[name] ?? "absent"}, the lock has ${found[name] ?? "nothing"}`,
      );
  });
}
