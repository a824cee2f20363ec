import { create } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  CollectionService,
  CompactRequestSchema,
  DeleteRequestSchema,
  ListVersionsRequestSchema,
  RemoveVersionsRequestSchema,
  RollbackRequestSchema,
} from "@maxsimd/proto";
import type { Connection } from "../connection.js";
import type { CallOptions } from "../options.js";
import { callClientStream } from "../rpc/calls.js";
import { wireMethod } from "../rpc/wire-method.js";
import type { Filter } from "../search/filter.js";
import { encodeFilter } from "../search/filter-message.js";
import { type IndexVersion, indexVersionOf } from "../search/results.js";
import type { WireDtype } from "../tensor/token-matrix.js";
import { type NewDocument, upsertMessages } from "./document-messages.js";

const UPSERT = wireMethod(CollectionService.method.upsert);
const DELETE = wireMethod(CollectionService.method.delete);
const COMPACT = wireMethod(CollectionService.method.compact);
const LIST_VERSIONS = wireMethod(CollectionService.method.listVersions);
const ROLLBACK = wireMethod(CollectionService.method.rollback);
const REMOVE_VERSIONS = wireMethod(CollectionService.method.removeVersions);

/** How to change documents. */
export interface ChangeOptions extends CallOptions {
  /** Label of the version that the change is made against. If another is current, the change fails with CONFLICT. Default: any. */
  readonly base?: string | undefined;
}

/** How to add documents. */
export interface UpsertOptions extends ChangeOptions {
  /** Element type on the wire. The index keeps binary16 whatever is sent. Default f16. */
  readonly dtype?: WireDtype | undefined;
}

/** A version in the catalog. */
export interface CatalogVersion {
  readonly version: string;
  /** Whether it is the one that a server serves when it starts. */
  readonly current: boolean;
  /** Number of documents; undefined for an index file that was built. */
  readonly documents: number | undefined;
  /** Number of deleted documents that its files still hold. */
  readonly deleted: number;
  readonly segments: number;
  /** Label of the version from which it was made; undefined for an index file that was built. */
  readonly parent: string | undefined;
  readonly made: Date | undefined;
  /** What made it, in words. */
  readonly change: string;
}

/**
 * Changes the documents of one index, through a server's admin listener. A change is durable and answers searches when its promise resolves;
 * one that fails changes nothing. No call is repeated. If a connection broke during a call, `versions` shows whether it had its effect.
 */
export class CollectionClient {
  readonly #connection: Connection;
  readonly #index: string;

  /** Made by `AdminClient.collection`. */
  constructor(connection: Connection, index: string) {
    this.#connection = connection;
    this.#index = index;
  }

  /** Adds documents, or replaces those whose ids exist, as one change: all of them, or nothing. */
  async upsert(
    documents: Iterable<NewDocument> | AsyncIterable<NewDocument>,
    options?: UpsertOptions,
  ): Promise<{ indexVersion: IndexVersion; added: number; replaced: number }> {
    const messages = upsertMessages(this.#index, options?.base ?? "", documents, options?.dtype);
    const settings = await this.#connection.settings(this.#connection.deadlineOf(options), options?.signal);
    const { indexVersion, added, replaced } = await callClientStream(
      this.#connection.channel,
      UPSERT,
      messages,
      settings,
    );
    return { indexVersion: indexVersionOf(indexVersion), added, replaced };
  }

  /** Deletes the documents with these ids, or that match this filter, as one change. An id that no document has is left out. */
  async delete(
    what: readonly string[] | Filter,
    options?: ChangeOptions,
  ): Promise<{ indexVersion: IndexVersion; deleted: number }> {
    const which = isFilter(what) ? { filter: encodeFilter(what) } : { ids: [...what] };
    const request = create(DeleteRequestSchema, { index: this.#index, base: options?.base ?? "", ...which });
    const { indexVersion, deleted } = await this.#connection.unary(DELETE, request, options, false);
    return { indexVersion: indexVersionOf(indexVersion), deleted };
  }

  /** Merges segments; with `all` every segment into one. No answer changes. `changed` says whether there was something to do. */
  async compact(options?: CallOptions & { all?: boolean }): Promise<{ indexVersion: IndexVersion; changed: boolean }> {
    const request = create(CompactRequestSchema, { index: this.#index, all: options?.all ?? false });
    const { indexVersion, changed } = await this.#connection.unary(COMPACT, request, options, false);
    return { indexVersion: indexVersionOf(indexVersion), changed };
  }

  /** The versions in the catalog, oldest first. */
  async versions(options?: CallOptions): Promise<CatalogVersion[]> {
    const request = create(ListVersionsRequestSchema, { index: this.#index });
    const { versions } = await this.#connection.unary(LIST_VERSIONS, request, options, true);
    return versions.map(({ documents, deleted, parent, made, ...rest }) => ({
      ...{ version: rest.version, current: rest.current, segments: rest.segments, change: rest.change },
      documents: documents === undefined ? undefined : Number(documents),
      deleted: Number(deleted),
      parent: parent === "" ? undefined : parent,
      made: made === undefined ? undefined : timestampDate(made),
    }));
  }

  /** Makes an earlier version current; without a label the one from which the current version was made. */
  async rollback(version = "", options?: CallOptions): Promise<{ current: IndexVersion; previous: IndexVersion }> {
    const request = create(RollbackRequestSchema, { index: this.#index, version });
    const { indexVersion, previous } = await this.#connection.unary(ROLLBACK, request, options, false);
    return { current: indexVersionOf(indexVersion), previous: indexVersionOf(previous) };
  }

  /**
   * Removes versions that changes made, but the current one, those that are loaded and the `keep` newest, and the files that no other
   * version needs. With `built` also index files that were built.
   */
  async removeVersions(
    { keep, built = false }: { keep: number; built?: boolean },
    options?: CallOptions,
  ): Promise<{ versions: string[]; files: number; bytes: number }> {
    const request = create(RemoveVersionsRequestSchema, { index: this.#index, keep, built });
    const { versions, files, bytes } = await this.#connection.unary(REMOVE_VERSIONS, request, options, false);
    return { versions, files, bytes: Number(bytes) };
  }
}

function isFilter(what: readonly string[] | Filter): what is Filter {
  return !Array.isArray(what);
}
