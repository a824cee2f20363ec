import { rename, rm, writeFile } from "node:fs/promises";

/** Writes a page completely or not at all: into a temporary file in the same folder, which is then renamed. */
export async function savePage(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
