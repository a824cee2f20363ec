// Installs the npm packages of the lock file, unless these are installed.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createProgress } from "./terminal.mjs";
import { root, run } from "./tree.mjs";

/** Whether node_modules holds every package of the lock file at its version, by npm's own list of what it installed. */
export function isInstalled() {
  const list = join(root, "node_modules/.package-lock.json");
  if (!existsSync(list)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(list, "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    // The root and the workspaces: npm links their commands into node_modules/.bin.
    if (!path.includes("node_modules/")) return Object.keys(entry.bin ?? {}).every(isLinked);
    if (found[path] === undefined) return entry.optional === true;
    return found[path].version === entry.version && (entry.link !== true || existsSync(join(root, path)));
  });
}

function isLinked(command) {
  return existsSync(join(root, "node_modules/.bin", process.platform === "win32" ? `${command}.cmd` : command));
}

export async function install() {
  if (isInstalled()) return;
  const count = Object.keys(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages).length;
  const progress = createProgress("packages");
  const timer = setInterval(() => progress.update("npm ci"), 500);
  progress.update("npm ci");
  // No package's install script runs: none of them needs one.
  const { code, stderr } = await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  clearInterval(timer);
  if (code !== 0) throw new Error(`npm ci failed; fix what it reports and run this again:\n${stderr.trim()}`);
  progress.finish(`${count} installed`);
}
