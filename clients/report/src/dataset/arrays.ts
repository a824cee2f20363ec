import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { requireFiles } from "./require-files.js";

const ARCHIVE = /\.(npz|safetensors)$/;

/** Whether a path names several arrays: a folder of `.npy` files, an `.npz` or a `.safetensors` archive. */
export function isCollection(path: string): boolean {
  return isFolder(path) || ARCHIVE.test(path);
}

/** The array called `name` in a folder or an archive, as the engine opens it. */
export function arrayIn(collection: string, name: string): string {
  return isFolder(collection) ? join(collection, `${name}.npy`) : `${collection}:${name}`;
}

/**
 * As {@link arrayIn}; undefined if there is no such array, or if `path` is no collection.
 *
 * @throws InputError NOT_FOUND if an archive does not exist, MaxsimError if it cannot be read
 */
export async function findArray(path: string, name: string): Promise<string | undefined> {
  const array = arrayIn(path, name);
  if (isFolder(path)) return existsSync(array) ? array : undefined;
  if (!ARCHIVE.test(path)) return undefined;
  requireFiles(path);
  const { arrayNames } = await import("@maxsimd/native");
  return arrayNames(path).includes(name) ? array : undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
