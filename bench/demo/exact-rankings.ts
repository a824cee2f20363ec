/** What exact MaxSim over the original vectors ranks first: the yardstick. */

import { exactMaxSim } from "@maxsimd/native";
import type { Sample } from "./sample.js";

const FREE_PLACE = 0xffffffff;

/** The `k` best documents of each query, best first; fewer where the corpus has fewer. */
export async function rankExactly(sample: Sample, k: number): Promise<Uint32Array[]> {
  const { docIds } = await exactMaxSim(sample.vectors, sample.doclens, sample.queryTokens, sample.queryOffsets, k);
  return sample.queries.map((_, query) =>
    docIds.subarray(query * k, (query + 1) * k).filter((document) => document !== FREE_PLACE),
  );
}
