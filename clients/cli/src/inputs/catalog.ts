import { mkdir, open, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";

/** Names of indexes and versions become file names; the server takes no others. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** A place for one version of an index in a catalog directory: `<root>/<index>/<version>.maxsim`. */
export class CatalogPlace {
  readonly index: string;
  readonly version: string;
  readonly file: string;
  readonly #folder: string;
  /** The outermost folder that `prepare` made. */
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

  /** Makes the index's folder if it is not there. */
  async prepare(): Promise<void> {
    this.#made = await mkdir(this.#folder, { recursive: true });
  }

  /** Takes back the folders that `prepare` made, where they are still empty. */
  async abandon(): Promise<void> {
    if (this.#made === undefined) return;
    try {
      for (let folder = this.#folder; folder.length >= this.#made.length; folder = dirname(folder)) await rmdir(folder);
    } catch {
      // Somebody has put something there: it stays.
    }
  }

  /** The label of the current version; undefined where there is none. */
  async current(): Promise<string | undefined> {
    try {
      return (await readFile(join(this.#folder, "current"), "utf8")).trim() || undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Makes this version the one that a server starts with. Temporary file, fsync, rename, fsync of the directory: after a
   * crash the old or the new label is there, whole.
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
