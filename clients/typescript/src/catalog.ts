import {
  type DescribeResponse,
  type ServedIndex as WireServedIndex,
  VersionState as WireState,
  AttributeType as WireType,
} from "@maxsimd/proto";
import type { AttributeType } from "./search/filter.js";
import { type IndexVersion, indexVersionOf } from "./search/results.js";
import { decodeParams, type SearchParams } from "./search/search-params.js";

/** Shape, size, attributes and default search parameters of one index version. */
export interface IndexDescription {
  readonly indexVersion: IndexVersion;
  /** Number of elements in a token vector. */
  readonly dim: number;
  /** Number of documents, including documents without tokens. */
  readonly documents: number;
  /** Number of token vectors in all documents. */
  readonly tokens: number;
  /** Number of coarse centroids; 0 if the index is small enough to be scanned exactly. */
  readonly centroids: number;
  /** Number of product-quantisation subspaces of a token's residual; 0 if the index stores whole vectors. */
  readonly pqSubspaces: number;
  /** Size of the index file in bytes. */
  readonly indexBytes: number;
  /** Types of the attributes that filters compare, by name; without those of a type that this client does not know. */
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** How well the codec still fits, for each tier of tokens; empty if vectors are stored whole, or if it is not known. */
  readonly drift: readonly TierDrift[];
  /** The values that a search uses for parameters it leaves undefined. */
  readonly defaults: SearchParams;
  /** Version of the server software. */
  readonly serverVersion: string;
}

/** How well the codec fits the tokens of one tier: those of types with one centroid (micro), two (small) or more (active). */
export interface TierDrift {
  readonly tier: string;
  /** Number of tokens in it. */
  readonly tokens: number;
  /** Mean squared distance of the training tokens to their centroids. */
  readonly trainedError: number;
  /** Mean squared distance of the version's tokens to their centroids. */
  readonly error: number;
}

export function indexDescriptionOf(response: DescribeResponse): IndexDescription {
  const { dim, pqSubspaces, serverVersion } = response;
  return {
    indexVersion: indexVersionOf(response.indexVersion),
    ...{ dim, pqSubspaces, serverVersion },
    documents: Number(response.documents),
    tokens: Number(response.tokens),
    centroids: Number(response.centroids),
    indexBytes: Number(response.indexBytes),
    attributes: attributesOf(response),
    drift: response.drift.map(({ tier, tokens, trainedError, error }) => ({
      ...{ tier, tokens: Number(tokens), trainedError, error },
    })),
    defaults: decodeParams(response.defaults),
  };
}

function attributesOf(response: DescribeResponse): Record<string, AttributeType> {
  const known = Object.entries(response.attributes).filter(([, type]) => type !== 0 && WireType[type] !== undefined);
  return Object.fromEntries(known.map(([name, type]) => [name, WireType[type].toLowerCase() as AttributeType]));
}

/**
 * State of a loaded version. CURRENT answers requests that pin no version, LOADED answers requests that pin it, RETIRING takes
 * no new requests. UNKNOWN is a state that this client does not know, from a newer server.
 */
export type VersionState = "CURRENT" | "LOADED" | "RETIRING" | "UNKNOWN";

export interface LoadedVersion {
  readonly indexVersion: IndexVersion;
  readonly state: VersionState;
  /** Size of the index file in bytes. */
  readonly indexBytes: number;
  /** Number of documents, including documents without tokens. */
  readonly documents: number;
}

/** A served index and its loaded versions. */
export interface ServedIndex {
  /** Name of the index. */
  readonly index: string;
  readonly versions: readonly LoadedVersion[];
}

export function servedIndexOf({ index, versions }: WireServedIndex): ServedIndex {
  return {
    index,
    versions: versions.map(({ indexVersion, state, indexBytes, documents }) => ({
      indexVersion: indexVersionOf(indexVersion),
      state:
        state === WireState.UNSPECIFIED ? "UNKNOWN" : ((WireState[state] as VersionState | undefined) ?? "UNKNOWN"),
      indexBytes: Number(indexBytes),
      documents: Number(documents),
    })),
  };
}
