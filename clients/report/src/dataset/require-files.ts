import { statSync } from "node:fs";
import { InputError } from "./input-error.js";

/** Throws InputError NOT_FOUND unless each is a file, or an array in one. Called before any work begins. */
export function requireFiles(...paths: (string | null | undefined)[]): void {
  for (const path of paths) {
    if (typeof path !== "string") continue;
    const file = fileOf(path);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) throw new InputError("NOT_FOUND", `there is no file ${file}`);
    if (!found.isFile()) throw new InputError("NOT_FOUND", `${file} is not a file`);
  }
}

/** The file that an array is in. */
function fileOf(array: string): string {
  return /^(.*?\.(npz|safetensors)):./.exec(array)?.[1] ?? array;
}
