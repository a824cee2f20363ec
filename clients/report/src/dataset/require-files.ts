import { statSync } from "node:fs";
import { InputError } from "./input-error.js";

/** Throws InputError NOT_FOUND unless each path is a file. Called before any work begins. */
export function requireFiles(...paths: (string | undefined)[]): void {
  for (const path of paths) {
    if (path === undefined) continue;
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw new InputError("NOT_FOUND", `there is no file ${path}`);
    if (!found.isFile()) throw new InputError("NOT_FOUND", `${path} is not a file`);
  }
}
