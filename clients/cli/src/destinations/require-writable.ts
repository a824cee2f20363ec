import { closeSync, existsSync, openSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { EXIT } from "../exit-code.js";
import { CommandFailure, usageFailure } from "../failure.js";

/**
 * Checks, before any work begins, that files can be written: each folder exists and is writable, and no file exists.
 *
 * @param force the files may exist and will be replaced
 */
export function requireWritableFiles(force: boolean | undefined, ...paths: string[]): void {
  for (const [i, path] of paths.entries()) {
    if (paths.indexOf(path) !== i) {
      throw usageFailure(`${path} is named for two outputs: name two files`);
    }
    const folder = dirname(path);
    if (!existsSync(folder)) throw new CommandFailure(EXIT.NOT_FOUND, `there is no folder ${folder}: make it first`);
    probe(folder, basename(path));
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw usageFailure(`${path} is a folder: name a file in it`);
    if (found !== undefined && force !== true) {
      throw usageFailure(`${path} exists: name another file, or replace it with --force`);
    }
  }
}

/** Checks that files can be written into a folder, or that it can be made if it does not exist. */
export function requireWritableFolder(folder: string): void {
  let existing = resolve(folder);
  while (!existsSync(existing)) existing = dirname(existing);
  probe(existing, basename(folder));
}

/** Makes a file and removes it again. Permission bits alone do not tell: they miss read-only file systems and quotas. */
function probe(folder: string, name: string): void {
  if (!statSync(folder).isDirectory()) throw usageFailure(`${folder} is not a folder: name another`);
  const file = join(folder, `.${name}.${process.pid}.tmp`);
  try {
    closeSync(openSync(file, "wx"));
    rmSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = `no file can be written into ${folder} (${code}): name another folder, or change its permissions`;
    // biome-ignore lint/style/useErrorCause: the cause is the third argument here
    throw new CommandFailure(EXIT.FAILURE, message, { cause: error });
  }
}
