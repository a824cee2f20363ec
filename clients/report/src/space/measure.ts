import type { IndexInfo, SpaceUsage } from "@maxsimd/native";

/** Bytes of an index, and of the vectors that it was built from. */
export interface Space {
  readonly bytes: number;
  readonly vectorBytes: number;
  readonly components: readonly SpaceUsage[];
}

export function measureSpace({ bytes, tokens, dim, spaceUsage }: IndexInfo): Space {
  return { bytes, vectorBytes: 2 * tokens * dim, components: spaceUsage };
}
