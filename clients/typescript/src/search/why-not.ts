import { create } from "@bufbuild/protobuf";
import { Lost, SearchService, WhyNotRequestSchema, type WhyNotResponse } from "@maxsimd/proto";
import type { Connection } from "../connection.js";
import type { SearchCallOptions } from "../options.js";
import { tensorMethod } from "../rpc/tensor-message.js";
import { encodeTokens, type TokenMatrix } from "../tensor/token-matrix.js";
import { type IndexVersion, indexVersionOf } from "./results.js";
import { encodeOptions, type SearchOptions } from "./search-options.js";
import { decodeSet, type SearchParams } from "./search-params.js";

const WHY_NOT = tensorMethod(SearchService.method.whyNot, [2, 4]); // query.data

/** Where a search lost a document, as the wire contract names it; `UNSPECIFIED` for a place that this client does not know. */
export type LostName = keyof typeof Lost;

/** Why a search did not return a document. */
export interface WhyNot {
  /** Where it was lost; `FOUND` if it was not. */
  readonly lost: LostName;
  /** Rank of the document at this step, from 1: in the answer, by coarse score if it is `BEYOND_CAP`, by score if it is `OUT_RANKED`. */
  readonly rank?: number | undefined;
  /** Score of the document at this step: the coarse score if it is `BELOW_ALPHA`. */
  readonly score?: number | undefined;
  /** What it missed: a score, or if it is `BEYOND_CAP` a number of documents. */
  readonly needed?: number | undefined;
  /**
   * Parameters to change: a search with them was run, and returned the document. null turns a rule off. Absent if the document was found,
   * or no parameters bring it. `k` may be above the server's limit.
   */
  readonly change?: SearchParams;
  /** The version that answered. */
  readonly indexVersion: IndexVersion;
}

/** How to search, and how to call. */
export type WhyNotOptions = Omit<SearchOptions, "fields"> & SearchCallOptions;

/** Asks the server why the search did not return the document with an id. */
export async function whyNot(
  connection: Connection,
  query: TokenMatrix,
  id: string,
  options: WhyNotOptions,
): Promise<WhyNot> {
  const { index = "", version = "", dtype } = options;
  const { bytes, ...shape } = encodeTokens(query, dtype);
  const { params, filter } = encodeOptions(options);
  const message = create(WhyNotRequestSchema, { index: { index, version }, query: shape, params, filter, id });
  return whyNotOf(await connection.unary(WHY_NOT, { message, data: [bytes] }, options, true));
}

function whyNotOf({ lost, rank, score, needed, change, withoutBeta, indexVersion }: WhyNotResponse): WhyNot {
  return {
    lost: (Lost[lost] as LostName | undefined) ?? "UNSPECIFIED",
    ...(rank === undefined ? {} : { rank }),
    ...(score === undefined ? {} : { score }),
    ...(needed === undefined ? {} : { needed }),
    ...(change === undefined ? {} : { change: { ...decodeSet(change), ...(withoutBeta ? { beta: null } : {}) } }),
    indexVersion: indexVersionOf(indexVersion),
  };
}
