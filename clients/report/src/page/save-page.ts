import { rename, rm, writeFile } from "node:fs/promises";

/** Writes a page whole or not at all: beside its place first, then into it. */
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
