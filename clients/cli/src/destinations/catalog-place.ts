import { mkdir, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DirectorySource, isName, NAME_RULE } from "@maxsimd/server/catalog";
import { usageFailure } from "../failure.js";
import { requireWritableFolder } from "./require-writable.js";

/** The place of one version of an index in a catalog folder: `<root>/<index>/<version>.maxsim`. */
export class CatalogPlace {
  readonly index: string;
  readonly version: string;
  readonly file: string;
  readonly #root: string;
  readonly #folder: string;
  /** The outermost folder that `prepare` made, if any. */
  #made: string | undefined;

  constructor(root: string, index: string, version: string) {
    for (const [what, name] of Object.entries({ "an index": index, "a version": version })) {
      if (isName(name)) continue;
      throw usageFailure(`"${name}" cannot name ${what}: expected ${NAME_RULE}`);
    }
    this.index = index;
    this.version = version;
    this.#root = root;
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
    const currents = await (await this.#catalog()).currents();
    return currents.find(({ index }) => index === this.index)?.version;
  }

  /** Makes this version the one that a server starts with. */
  async makeCurrent(): Promise<void> {
    await (await this.#catalog()).setCurrent(this.index, this.version);
  }

  #catalog(): Promise<DirectorySource> {
    return DirectorySource.open(this.#root, () => undefined);
  }
}
