import { mkdir, open, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";
import { requireWritableFolder } from "./require-writable.js";

/** Names of indexes and versions become file names. The server accepts no other names. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** The place of one version of an index in a catalog folder: `<root>/<index>/<version>.maxsim`. */
export class CatalogPlace {
  readonly index: string;
  readonly version: string;
  readonly file: string;
  readonly #folder: string;
  /** The outermost folder that `prepare` made, if any. */
  #made: string | undefined;

  constructor(root: string, index: string, version: string) {
    for (const [what, name] of [
      ["index", index],
      ["version", version],
    ]) {
      if (!NAME.test(name as string)) {
        const rule = "1 to 63 of a-z 0-9 . _ -, the first a letter or digit";
        throw new CommandFailure(
          EXIT.USAGE,
          `"${name}" cannot name ${what === "index" ? "an" : "a"} ${what}: expected ${rule}`,
        );
      }
    }
    this.index = index;
    this.version = version;
    this.#folder = join(root, index);
    this.file = join(this.#folder, `${version}.maxsim`);
  }

  /** Makes the index's folder if it does not exist. */
  async prepare(): Promise<void> {
    requireWritableFolder(this.#folder);
    this.#made = await mkdir(this.#folder, { recursive: true });
  }

  /** Removes the folders that `prepare` made, if they are still empty. */
  async abandon(): Promise<void> {
    if (this.#made === undefined) return;
    try {
      for (let folder = this.#folder; folder.length >= this.#made.length; folder = dirname(folder)) await rmdir(folder);
    } catch {
      // Another process has written into the folder, so it stays.
    }
  }

  /** The label of the current version; undefined if there is no current version. */
  async current(): Promise<string | undefined> {
    try {
      return (await readFile(join(this.#folder, "current"), "utf8")).trim() || undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Makes this version the one that a server starts with: temporary file, fsync, rename, fsync of the folder. After a crash
   * the file holds the old or the new label.
   */
  async makeCurrent(): Promise<void> {
    const temporary = join(this.#folder, `.current.${process.pid}.tmp`);
    try {
      await using(temporary, "w", async (file) => {
        await file.writeFile(`${this.version}\n`);
        await file.sync();
      });
      await rename(temporary, join(this.#folder, "current"));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await using(this.#folder, "r", (folder) => folder.sync());
  }
}

async function using(path: string, flags: string, use: (file: Awaited<ReturnType<typeof open>>) => Promise<void>) {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
