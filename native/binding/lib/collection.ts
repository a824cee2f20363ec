import { join } from "node:path";
import type { Change, CollectionVersion, Removed } from "../gen/addon.js";
import { addon } from "./addon.js";
import { withSignal } from "./cancel.js";
import { type Filter, filterJson } from "./filter.js";
import { Index } from "./index-file.js";
import { addonRecords, type DocumentRecords } from "./records.js";
import { TokenBuffer } from "./token-buffer.js";

/** Documents to add: their tokens from files, or from arrays, as for {@link Index.build} and {@link Index.buildFromArrays}. */
export interface Documents extends Omit<DocumentRecords, "schema"> {
  vectors: string | Uint16Array | TokenBuffer;
  /** Number of values in a token vector; needed with arrays and a buffer. */
  dim?: number | undefined;
  tokenIds?: string | Uint32Array | null | undefined;
  doclens: string | Int32Array;
}

/** How to change a collection. */
export interface ChangeOptions {
  /** Label of the version that the change is made against. If another is current, the change is refused with CONFLICT. Default: any. */
  base?: string | undefined;
}

/**
 * The versions of one index in a folder: `<label>.maxsim`, and `current` with the label of the current one. Documents are added to it and
 * removed from it. Each change makes a new version, which is durable and current when the promise resolves; a change that fails or is
 * interrupted changes nothing. Files are never changed, so an open {@link Index} stays as it is.
 */
export class Collection {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** The collection in a folder. Rejects with INVALID_INPUT if no version is current there. */
  static async open(folder: string): Promise<Collection> {
    await addon.collectionCurrent(folder);
    return new Collection(folder);
  }

  /** Label of the current version. */
  current(): Promise<string> {
    return addon.collectionCurrent(this.folder);
  }

  /** Opens a version; without a label the current one. */
  async load(version?: string): Promise<Index> {
    return Index.load(join(this.folder, `${version ?? (await this.current())}.maxsim`));
  }

  /**
   * Adds documents as one change. A document whose id exists is replaced. They are coded as the index was built, without training. Fields
   * are checked with the attributes of the index; fields that are not attributes are only stored.
   *
   * Rejects with INVALID_INPUT, CONFLICT, IO or CANCELLED.
   */
  async upsert(
    documents: Documents,
    options: ChangeOptions & { numThreads?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Change> {
    const { vectors, ids, attributes, tokenIds, ...tokens } = documents;
    const tokenBuffer = vectors instanceof TokenBuffer ? vectors.take() : undefined;
    const given = vectors instanceof TokenBuffer ? { vectors: new Uint16Array(), tokenBuffer } : { vectors };
    const input = { ...tokens, ...given, tokenIds: tokenIds ?? undefined, ...addonRecords({ ids, attributes }) };
    try {
      return await withSignal(options.signal, (flag) =>
        addon.collectionUpsert(this.folder, input, options.base, options.numThreads, flag),
      );
    } finally {
      if (tokenBuffer !== undefined) addon.releaseTokenBuffer(tokenBuffer);
    }
  }

  /**
   * Deletes the documents with these ids, or that match this filter, as one change. An id that no document has is left out. If there is
   * nothing to delete, no version is made.
   *
   * Rejects with INVALID_FILTER, CONFLICT or IO.
   */
  async delete(what: readonly string[] | Filter, options: ChangeOptions = {}): Promise<Change> {
    const given = isFilter(what) ? filterJson(what) : what.slice();
    return addon.collectionDelete(this.folder, given, options.base);
  }

  /**
   * Merges neighbouring segments of similar sizes, and writes segments with many deleted documents anew; with `all` makes one segment of
   * all, and puts the codec into a file of its own. Answers do not change. Other changes go on meanwhile. Resolves to null if there is
   * nothing to do.
   */
  compact(
    options: { all?: boolean; numThreads?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Change | null> {
    return withSignal(options.signal, (flag) =>
      addon.collectionCompact(this.folder, options.all ?? false, options.numThreads, flag),
    );
  }

  /** All versions, oldest first. */
  versions(): Promise<CollectionVersion[]> {
    return addon.collectionVersions(this.folder);
  }

  /** Makes a version current. Rejects with INVALID_PARAMETER if there is no such version. */
  async rollback(version: string): Promise<void> {
    await addon.collectionRollback(this.folder, version);
  }

  /**
   * Removes versions that changes made, except the current one, the `keep` newest and those in `inUse`, and then the codecs and segments
   * that no version names. With `built` also index files that were built and that no version needs. An index that is open in a process
   * stays usable there.
   */
  removeVersions(options: { keep: number; inUse?: readonly string[]; built?: boolean }): Promise<Removed> {
    return addon.collectionRemoveVersions(
      this.folder,
      options.keep,
      [...(options.inUse ?? [])],
      options.built ?? false,
    );
  }
}

function isFilter(what: readonly string[] | Filter): what is Filter {
  return !Array.isArray(what);
}

/**
 * Stores in `folder` that the version with this label is current, durably. Whether there is such a version is not checked. Rejects with IO.
 * The file `current` is then as it was, unless only syncing the folder failed: it is then changed, but a power failure may undo that.
 */
export function storeCurrent(folder: string, version: string): Promise<void> {
  return addon.collectionStoreCurrent(folder, version);
}
