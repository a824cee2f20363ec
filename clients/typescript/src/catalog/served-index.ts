import { type ServedIndex as WireServedIndex, VersionState as WireState } from "@maxsimd/proto";
import { type IndexVersion, indexVersionOf } from "../search/index-version.js";

/** CURRENT answers requests that pin no version, LOADED those that pin it, RETIRING only what it has begun. */
export type VersionState = "CURRENT" | "LOADED" | "RETIRING" | "UNKNOWN";

export interface LoadedVersion {
  readonly indexVersion: IndexVersion;
  readonly state: VersionState;
  /** Size of the segment file. */
  readonly indexBytes: number;
  readonly documents: number;
}

/** A served index with the versions that are loaded. */
export interface ServedIndex {
  readonly index: string;
  readonly versions: readonly LoadedVersion[];
}

const STATE_OF: Readonly<Partial<Record<WireState, VersionState>>> = {
  [WireState.CURRENT]: "CURRENT",
  [WireState.LOADED]: "LOADED",
  [WireState.RETIRING]: "RETIRING",
};

export function servedIndexOf(message: WireServedIndex): ServedIndex {
  return {
    index: message.index,
    versions: message.versions.map((loaded) => ({
      indexVersion: indexVersionOf(loaded.indexVersion),
      state: STATE_OF[loaded.state] ?? "UNKNOWN",
      indexBytes: Number(loaded.indexBytes),
      documents: Number(loaded.documents),
    })),
  };
}
