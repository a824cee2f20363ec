import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";

/** Mode of a file that did not exist. */
const OWNER_ONLY = 0o600;

/**
 * Replaces a file's content completely or not at all: by a file next to it that is renamed. The new file has the mode and the owner of
 * the old one, so that the program which reads it still can; without an old one, only its owner may read it.
 */
export function replaceFile(path: string, text: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  // Behind a link the file is replaced, and not the link.
  const target = found === undefined ? path : realpathSync(path);
  const temporary = `${target}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, "wx", OWNER_ONLY);
  try {
    try {
      writeSync(descriptor, text);
      if (found !== undefined) {
        fchownSync(descriptor, found.uid, found.gid);
        fchmodSync(descriptor, found.mode & 0o777);
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
