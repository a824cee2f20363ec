import type { Stats } from "node:fs";
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { storeCurrent } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import { StartError } from "../errors/start-error.js";
import type { CatalogSource, NamedVersion } from "./catalog-source.js";
import { checkName, isName } from "./names.js";

/** The file next to the versions that holds the label of the current one. */
const CURRENT = "current";
const SUFFIX = ".maxsim";

/**
 * A catalog directory: `<root>/<index>/<version>.maxsim` and `<root>/<index>/current`.
 *
 * Nothing outside the root is opened: names are checked against one pattern, and an index directory or file that is a
 * symbolic link counts as missing. The path of the root may contain links. They are resolved again for each operation, because
 * a mount may replace its content by changing a link, as Kubernetes does with `..data`.
 */
export class DirectorySource implements CatalogSource {
  readonly description: string;
  readonly #path: string;
  readonly #onLink: (entry: string) => void;
  /** Symbolic links that were reported already. */
  readonly #links = new Set<string>();

  private constructor(path: string, onLink: (entry: string) => void) {
    this.#path = path;
    this.#onLink = onLink;
    this.description = `catalog ${path}`;
  }

  /**
   * Throws StartError if the path is not a directory that can be read.
   * @param onLink is called once for each entry that would be served if it were not a symbolic link.
   */
  static async open(path: string, onLink: (entry: string) => void): Promise<DirectorySource> {
    let isDirectory: boolean;
    try {
      isDirectory = (await stat(path)).isDirectory();
    } catch (error) {
      throw StartError.from(`catalog ${path}`, error);
    }
    if (!isDirectory) {
      throw new StartError("ENOTDIR", `catalog ${path}: it is not a directory; serve a single file with --index`);
    }
    return new DirectorySource(resolve(path), onLink);
  }

  async currents(): Promise<NamedVersion[]> {
    const named: NamedVersion[] = [];
    const root = await this.#root();
    const entries = (await readdir(root)).filter(isName).sort();
    for (const index of entries) {
      if ((await this.#kindOf(join(root, index), index)) === "directory") {
        const version = await this.#readCurrent(root, index);
        if (version !== undefined) {
          named.push({ index, version });
        }
      }
    }
    return named;
  }

  async folder(index: string): Promise<string> {
    checkName("index", index);
    const folder = join(await this.#root(), index);
    if ((await this.#kindOf(folder, index)) !== "directory") {
      throw new ServiceError(ErrorCode.UNKNOWN_INDEX, "the catalog has no such index", { field: "index", got: index });
    }
    return folder;
  }

  async current(index: string): Promise<string | undefined> {
    checkName("index", index);
    return this.#readCurrent(await this.#root(), index);
  }

  async locate(index: string, version: string): Promise<string> {
    checkName("version", version);
    const folder = await this.folder(index);
    const file = join(folder, version + SUFFIX);
    if ((await this.#kindOf(file, join(index, version + SUFFIX))) !== "file") {
      throw new ServiceError(ErrorCode.UNKNOWN_VERSION, "the catalog has no such version of this index", {
        field: "version",
        got: version,
      });
    }
    return file;
  }

  /** The file is replaced as a whole: after a crash it holds either the old or the new label. */
  async setCurrent(index: string, version: string): Promise<void> {
    const folder = join(await this.#root(), index);
    try {
      await storeCurrent(folder, version);
    } catch (error) {
      throw ServiceError.from(error, `the catalog cannot store which version of ${index} is current`);
    }
  }

  async #root(): Promise<string> {
    try {
      return await realpath(this.#path);
    } catch (error) {
      throw ServiceError.from(error, "the catalog directory");
    }
  }

  /** The label in an index's `current` file; undefined if there is no such file or it does not hold a version's name. */
  async #readCurrent(root: string, index: string): Promise<string | undefined> {
    const path = join(root, index, CURRENT);
    if ((await this.#kindOf(path, join(index, CURRENT))) !== "file") {
      return undefined;
    }
    const label = (await readFile(path, "utf8")).trim();
    return isName(label) ? label : undefined;
  }

  /** What is at a path, without following links; anything but a plain file or directory counts as missing. */
  async #kindOf(path: string, entry: string): Promise<"file" | "directory" | undefined> {
    let found: Stats;
    try {
      found = await lstat(path);
    } catch (error) {
      if (isMissing(error)) {
        return undefined;
      }
      throw ServiceError.from(error, entry);
    }
    if (found.isSymbolicLink() && !this.#links.has(entry)) {
      this.#links.add(entry);
      this.#onLink(entry);
    }
    if (found.isFile()) {
      return "file";
    }
    return found.isDirectory() ? "directory" : undefined;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}
