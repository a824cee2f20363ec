import type { IndexVersion as WireVersion } from "@maxsimd/proto";

/** The one version of an index that an answer comes from. */
export interface IndexVersion {
  readonly index: string;
  /** The version's label. */
  readonly version: string;
  /** Digest of the segment's content: 64 hexadecimal digits. */
  readonly digest: string;
}

/** The version that a message names; empty where a server names none. */
export function indexVersionOf(message: WireVersion | undefined): IndexVersion {
  return { index: message?.index ?? "", version: message?.version ?? "", digest: message?.digest ?? "" };
}
