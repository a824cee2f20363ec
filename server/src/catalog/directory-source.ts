import { type FileHandle, lstat, open, readdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import type { CatalogSource, NamedVersion } from "./catalog-source.js";
import { checkName, isName } from "./names.js";

/** The file beside the versions that holds the current one's label. */
const CURRENT = "current";
const SUFFIX = ".maxsim";

/**
 * A catalog directory: `<root>/<index>/<version>.maxsim` and `<root>/<index>/current`.
 *
 * Nothing outside the root is opened: names are checked against one pattern, and an index folder or file that is a
 * symbolic link is treated as if it did not exist. The root itself may be reached through links; it is resolved once.
 */
export class DirectorySource implements CatalogSource {
  readonly description: string;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.description = `catalog ${root}`;
  }

  /** Throws Error when the path is no directory. */
  static async open(path: string): Promise<DirectorySource> {
    const root = await realpath(path);
    if (!(await lstat(root)).isDirectory()) {
      throw new Error(`${path} is not a directory`);
    }
    return new DirectorySource(root);
  }

  async currents(): Promise<NamedVersion[]> {
    const named: NamedVersion[] = [];
    const entries = await readdir(this.#root, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!entry.isDirectory() || !isName(entry.name)) {
        continue;
      }
      const version = await this.#readCurrent(entry.name);
      if (version !== undefined) {
        named.push({ index: entry.name, version });
      }
    }
    return named;
  }

  async locate(index: string, version: string): Promise<string> {
    checkName("index", index);
    checkName("version", version);
    const folder = join(this.#root, index);
    if ((await kindOf(folder)) !== "directory") {
      throw new ServiceError(ErrorCode.UNKNOWN_INDEX, "the catalog has no such index", { field: "index", got: index });
    }
    const file = join(folder, version + SUFFIX);
    if ((await kindOf(file)) !== "file") {
      throw new ServiceError(ErrorCode.UNKNOWN_VERSION, "the catalog has no such version of this index", {
        field: "version",
        got: version,
      });
    }
    return file;
  }

  /** Temporary file, fsync, rename, fsync of the directory: after a crash the old or the new label is there, whole. */
  async setCurrent(index: string, version: string): Promise<void> {
    const folder = join(this.#root, index);
    const target = join(folder, CURRENT);
    const temporary = join(folder, `.${CURRENT}.${Math.random().toString(36).slice(2)}.tmp`);
    try {
      await writeDurably(temporary, `${version}\n`);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(folder);
  }

  /** The label in an index's `current` file; undefined where there is none that names a version. */
  async #readCurrent(index: string): Promise<string | undefined> {
    const path = join(this.#root, index, CURRENT);
    if ((await kindOf(path)) !== "file") {
      return undefined;
    }
    const label = (await readFile(path, "utf8")).trim();
    return isName(label) ? label : undefined;
  }
}

/** What is at a path, without following links; anything but a plain file or folder counts as nothing. */
async function kindOf(path: string): Promise<"file" | "directory" | undefined> {
  try {
    const found = await lstat(path);
    if (found.isFile()) {
      return "file";
    }
    return found.isDirectory() ? "directory" : undefined;
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  await useThenClose(file, async () => {
    await file.writeFile(text);
    await file.sync();
  });
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await useThenClose(folder, () => folder.sync());
}

async function useThenClose(file: FileHandle, use: () => Promise<void>): Promise<void> {
  try {
    await use();
  } finally {
    await file.close();
  }
}
