import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  CatalogVersionSchema,
  type CollectionService,
  CompactResponseSchema,
  type DeleteRequest,
  DeleteResponseSchema,
  ErrorCode,
  ListVersionsResponseSchema,
  RemoveVersionsResponseSchema,
  RollbackResponseSchema,
  type UpsertRequest,
  type UpsertResponse,
  UpsertResponseSchema,
} from "@maxsimd/proto";
import { type CollectionVersion, type Filter, withCollection } from "../engine/collections.js";
import { ServiceError } from "../errors/service-error.js";
import type { Log } from "../observe/log.js";
import type { CallContext, Handlers } from "./call-context.js";
import { DocumentBatch } from "./document-batch.js";
import { filterText } from "./filter.js";
import { loggedChange } from "./logged-change.js";
import type { ServiceDeps } from "./service-deps.js";

/**
 * CollectionService: changes the documents of an index. A change that has begun runs to its end, even if the caller stops waiting for
 * it; an upsert begins when all its documents have come.
 */
export function collectionHandlers(deps: ServiceDeps, log: Log): Handlers<typeof CollectionService> {
  const { catalog } = deps;
  return {
    upsert: (requests, context) => upsert(deps, log, requests, context),
    delete: (request) =>
      loggedChange(log, "delete", { index: request.index }, async () => {
        const what = checkDelete(deps, request);
        const { result, swapped } = await catalog.change(request.index, (folder) =>
          withCollection(folder, (collection) => collection.delete(what, baseOf(request))),
        );
        deps.upkeep?.changed(request.index);
        const indexVersion = swapped.current.version;
        const response = create(DeleteResponseSchema, { indexVersion, deleted: result.deleted });
        return [response, { version: indexVersion.version, deleted: result.deleted }];
      }),
    compact: ({ index, all }) =>
      loggedChange(log, "compact", { index, all }, async () => {
        // Outside of the catalog's order of changes: changes go on while segments are merged.
        const folder = await catalog.folder(index);
        const compact = () => withCollection(folder, (collection) => collection.compact({ all }));
        // Two merges of one index exclude each other: one that upkeep has begun ends first.
        const change = await (deps.upkeep?.exclusively(index, compact) ?? compact());
        const { current } = await catalog.follow(index);
        const changed = change !== null;
        return [create(CompactResponseSchema, { indexVersion: current.version, changed }), { changed }];
      }),
    listVersions: async ({ index }) => {
      const folder = await catalog.folder(index);
      const versions = await withCollection(folder, (collection) => collection.versions());
      return create(ListVersionsResponseSchema, { versions: versions.map(toWire) });
    },
    rollback: ({ index, version }) =>
      loggedChange(log, "rollback", { index, version }, async () => {
        const label = version === "" ? await parentOf(deps, index) : version;
        const { current, previous } = await catalog.swap(index, label);
        const response = { indexVersion: current.version, previous: previous?.version };
        return [create(RollbackResponseSchema, response), { version: current.label, previous: previous?.label }];
      }),
    removeVersions: ({ index, keep, built }) =>
      loggedChange(log, "remove versions", { index, keep, built }, async () => {
        const loaded = catalog.list().filter((entry) => entry.index === index);
        const inUse = loaded.flatMap(({ versions }) => versions.map(({ label }) => label));
        const remove = () =>
          catalog.change(index, (folder) =>
            withCollection(folder, (collection) => collection.removeVersions({ keep, inUse, built })),
          );
        // Nothing is removed while segments are merged.
        const { result } = await (deps.upkeep?.exclusively(index, remove) ?? remove());
        const { versions, parts: files, bytes } = result;
        const response = create(RemoveVersionsResponseSchema, { versions, files, bytes: BigInt(bytes) });
        return [response, { versions, files, bytes }];
      }),
  };
}

async function upsert(
  deps: ServiceDeps,
  log: Log,
  requests: AsyncIterable<UpsertRequest>,
  context: CallContext,
): Promise<UpsertResponse> {
  const { catalog, limits } = deps;
  let first: UpsertRequest | undefined;
  let batch: DocumentBatch | undefined;
  try {
    for await (const request of requests) {
      first ??= request;
      batch ??= new DocumentBatch(dimOf(deps, request.index), limits);
      for (const document of request.documents) {
        batch.add(document);
      }
    }
    if (first === undefined || batch === undefined || batch.count === 0) {
      const parts = { field: "documents", expected: "at least 1 document", got: "0" };
      throw new ServiceError(ErrorCode.INVALID_DOCUMENT, "send at least one document", parts);
    }
    context.signal.throwIfAborted();
    const [{ index }, base, documents] = [first, baseOf(first), batch.take()];
    return await loggedChange(log, "upsert", { index, documents: batch.count }, async () => {
      const { result, swapped } = await catalog.change(index, (folder) =>
        withCollection(folder, (collection) => collection.upsert(documents, base)),
      );
      deps.upkeep?.changed(index);
      const { added, deleted: replaced } = result;
      const indexVersion = swapped.current.version;
      const response = create(UpsertResponseSchema, { indexVersion, added, replaced });
      return [response, { version: indexVersion.version, replaced }];
    });
  } finally {
    batch?.close();
  }
}

function baseOf({ base }: { base: string }): { base?: string } {
  return base === "" ? {} : { base };
}

/** Elements in a token vector of the served version. */
function dimOf({ catalog }: ServiceDeps, index: string): number {
  const lease = catalog.acquire(index, "");
  try {
    return lease.opened.dim;
  } finally {
    lease.release();
  }
}

function checkDelete({ limits }: ServiceDeps, { ids, filter }: DeleteRequest): string[] | Filter {
  const text = filterText(filter, limits);
  if (ids.length > 0 === (text !== undefined)) {
    const got = text === undefined ? "no ids and no filter" : "both";
    const parts = { field: "ids", expected: "ids, or a filter with a condition", got };
    throw new ServiceError(ErrorCode.INVALID_PARAMETER, "say which documents to delete", parts);
  }
  if (ids.length > limits.filterValues) {
    const parts = { field: "ids", expected: `at most ${limits.filterValues} ids`, got: String(ids.length) };
    throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, "delete fewer documents at a time", parts);
  }
  return text === undefined ? ids : (JSON.parse(text) as Filter);
}

async function parentOf({ catalog }: ServiceDeps, index: string): Promise<string> {
  const folder = await catalog.folder(index);
  const versions = await withCollection(folder, (collection) => collection.versions());
  const current = versions.find((version) => version.current);
  if (current?.parent === undefined) {
    const parts = { field: "version", expected: "the label of a version", got: "" };
    throw new ServiceError(ErrorCode.UNKNOWN_VERSION, "the current version was built, not made from another", parts);
  }
  return current.parent;
}

function toWire(version: CollectionVersion) {
  const { documents, made, parent } = version;
  return create(CatalogVersionSchema, {
    version: version.version,
    current: version.current,
    ...(documents === undefined ? {} : { documents: BigInt(documents) }),
    deleted: BigInt(version.deleted),
    segments: version.segments,
    parent: parent ?? "",
    ...(made === undefined ? {} : { made: timestampFromDate(new Date(made)) }),
    change: version.change,
  });
}
