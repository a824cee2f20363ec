import { open } from "node:fs/promises";
import { StartError } from "../errors/start-error.js";

/** Most bytes of such a file. 256 entries take about 50 KB. */
const MOST_BYTES = 1024 * 1024;
/** Writing by the group, and everything by others. */
const FORBIDDEN = 0o027;

/**
 * Reads a text file that only its owner and the owner's group may read, and only its owner may write.
 * Throws StartError if others may, or it cannot be read.
 */
export async function readSecretFile(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      // Of the open file: what is at the path may be another one by now.
      const { mode, size } = await file.stat();
      // Windows has no such modes.
      if (process.platform !== "win32" && (mode & FORBIDDEN) !== 0) {
        const found = (mode & 0o777).toString(8).padStart(3, "0");
        throw StartError.configuration(
          `${path}: expected a file that others cannot read or write, got mode ${found}; chmod 600 it (640 lets its group read it)`,
        );
      }
      if (size > MOST_BYTES) {
        throw StartError.configuration(`${path}: expected at most ${MOST_BYTES} bytes, got ${size}`);
      }
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof StartError ? error : StartError.configuration(StartError.from(path, error).message, error);
  }
}
