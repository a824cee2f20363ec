import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import type { CatalogSource, NamedVersion } from "./catalog-source.js";
import { isName, NAME_RULE } from "./names.js";

/** Label of the only version there is. */
const ONLY_VERSION = "1";

/** One index file as the whole catalog: nothing else can be loaded by name. */
export class FileSource implements CatalogSource {
  readonly description: string;
  readonly #path: string;
  readonly #index: string;

  /** @param name of the index; without it, the file's name without `.maxsim`. */
  private constructor(path: string, name: string) {
    this.description = `file ${path}`;
    this.#path = path;
    this.#index = name;
  }

  /** Throws Error when the path is no file or gives no usable name. */
  static async open(path: string, name?: string): Promise<FileSource> {
    const found = await stat(path);
    if (!found.isFile()) {
      throw new Error(`${path} is not a file`);
    }
    const index = name ?? basename(path).replace(/\.maxsim$/, "");
    if (!isName(index)) {
      throw new Error(`"${index}" cannot name an index: expected ${NAME_RULE}; give one with --name`);
    }
    return new FileSource(path, index);
  }

  currents(): Promise<NamedVersion[]> {
    return Promise.resolve([{ index: this.#index, version: ONLY_VERSION }]);
  }

  locate(index: string, version: string): Promise<string> {
    if (index === this.#index && version === ONLY_VERSION) {
      return Promise.resolve(this.#path);
    }
    const unknownIndex = index !== this.#index;
    const code = unknownIndex ? ErrorCode.UNKNOWN_INDEX : ErrorCode.UNKNOWN_VERSION;
    const message = "this server serves one file; start it on a catalog directory to load versions by name";
    return Promise.reject(
      new ServiceError(code, message, {
        field: unknownIndex ? "index" : "version",
        expected: unknownIndex ? this.#index : ONLY_VERSION,
        got: unknownIndex ? index : version,
      }),
    );
  }

  setCurrent(): Promise<void> {
    return Promise.resolve();
  }
}
