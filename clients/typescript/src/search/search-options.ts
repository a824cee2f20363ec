import { create } from "@bufbuild/protobuf";
import {
  FieldSelectionSchema,
  type Filter as WireFilter,
  type SearchParams as WireParams,
  type FieldSelection as WireSelection,
} from "@maxsimd/proto";
import type { Filter } from "./filter.js";
import { encodeFilter } from "./filter-message.js";
import { encodeParams, mergeParams, type SearchParams } from "./search-params.js";

/** How to search: parameters, which documents may be returned, and what is returned of them. */
export interface SearchOptions extends SearchParams {
  /** Only documents that match are returned. null = all documents. Default: all; for a query of a stream, the filter of the stream. */
  filter?: Filter | null | undefined;
  /**
   * Stored fields to return with each hit: their names, or all. null = no fields. Default: no fields; for a query of a stream, those
   * of the stream.
   */
  fields?: readonly string[] | "all" | null | undefined;
}

/** How to search with one query. */
export interface SingleSearchOptions extends SearchOptions {
  /**
   * Whether each hit has an `explanation`: for each query token the document's token that matches it best. The server limits `k` then,
   * by default to 1,000. Default: false.
   */
  explain?: boolean | undefined;
}

/** The same as wire messages; undefined where nothing is set. */
export interface WireOptions {
  readonly params: WireParams | undefined;
  readonly filter: WireFilter | undefined;
  readonly fields: WireSelection | undefined;
}

/** @throws MaxsimRpcError INVALID_PARAMETER for a value that the wire format cannot hold */
export function encodeOptions(options: SearchOptions | undefined): WireOptions {
  return {
    params: encodeParams(options),
    filter: options?.filter ? encodeFilter(options.filter) : undefined,
    fields: encodeFields(options?.fields),
  };
}

/**
 * The options of one query of a stream: `over` where it defines something, else those of the stream. What is taken from the stream
 * is the same object, so that it is neither encoded nor compared again.
 */
export function encodeOver(stream: SearchOptions | undefined, encoded: WireOptions, over: SearchOptions): WireOptions {
  const own = encodeOptions(over);
  return {
    params: encodeParams(mergeParams(stream, over)),
    filter: over.filter === undefined ? encoded.filter : own.filter,
    fields: over.fields === undefined ? encoded.fields : own.fields,
  };
}

function encodeFields(fields: SearchOptions["fields"]): WireSelection | undefined {
  if (!fields || fields.length === 0) return undefined;
  return create(FieldSelectionSchema, fields === "all" ? { all: true } : { names: [...fields] });
}
