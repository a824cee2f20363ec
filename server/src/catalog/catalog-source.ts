/** A version that the source says is to be served. */
export interface NamedVersion {
  readonly index: string;
  readonly version: string;
}

/** Where index files come from: a catalog directory, or one file. */
export interface CatalogSource {
  /** What this source is, for the log. */
  readonly description: string;
  /** The current version of each index. */
  currents(): Promise<NamedVersion[]>;
  /** Path of a version's file. Throws UNKNOWN_INDEX or UNKNOWN_VERSION, or INVALID_PARAMETER for a text that is not a name. */
  locate(index: string, version: string): Promise<string>;
  /** The folder of an index whose documents can be changed. Throws UNKNOWN_INDEX, or INVALID_PARAMETER. */
  folder(index: string): Promise<string>;
  /** The version of an index that is stored as current; undefined if there is no such version. */
  current(index: string): Promise<string | undefined>;
  /** Stores which version is current, so that it survives a crash. */
  setCurrent(index: string, version: string): Promise<void>;
}
