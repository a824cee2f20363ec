import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import { StartError } from "../errors/start-error.js";
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

  /** Throws StartError if the path is not a file that can be read, or its name cannot name an index. */
  static async open(path: string, name?: string): Promise<FileSource> {
    let isFile: boolean;
    try {
      isFile = (await stat(path)).isFile();
    } catch (error) {
      throw StartError.from(path, error);
    }
    if (!isFile) {
      throw new StartError("EISDIR", `${path}: it is not a file; serve a catalog directory with --data`);
    }
    const index = name ?? basename(path).replace(/\.maxsim$/, "");
    if (!isName(index)) {
      throw StartError.configuration(`name: "${index}" cannot name an index: expected ${NAME_RULE}; set --name`);
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

  folder(index: string): Promise<string> {
    const message = "this server serves one file, whose documents do not change; start it on a catalog directory";
    const parts = { field: "index", got: index };
    return Promise.reject(new ServiceError(ErrorCode.UNKNOWN_INDEX, message, parts));
  }

  current(index: string): Promise<string | undefined> {
    return Promise.resolve(index === this.#index ? ONLY_VERSION : undefined);
  }

  setCurrent(): Promise<void> {
    return Promise.resolve();
  }
}
