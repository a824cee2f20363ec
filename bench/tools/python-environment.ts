/** Virtual environments of Python, each with the packages of one program of bench. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns the Python of an environment with exactly these packages, as `name==version`; makes it if it is missing or has others.
 *
 * @throws Error if Python or the packages cannot be had
 */
export function preparePython(environment: string, packages: readonly string[]): string {
  const python = join(environment, "bin/python");
  const stamp = join(environment, "packages.txt");
  const wanted = packages.join("\n");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  console.error(`making the Python environment ${environment}`);
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(environment, { recursive: true });
  need("python3", ["-m", "venv", environment], "the venv module of Python is missing (apt install python3-venv)");
  const pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--only-binary", ":all:"];
  need(python, [...pip, ...packages], "pip failed: its error is above");
  writeFileSync(stamp, wanted);
  return python;
}

function need(program: string, args: readonly string[], otherwise: string): void {
  const { status } = spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(otherwise);
}
