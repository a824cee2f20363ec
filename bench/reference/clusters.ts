import { readNpy } from "@maxsimd/native";
import type { Thresholds } from "@maxsimd/report";
import type { Dataset } from "./dataset.js";
import { type Errors, quantisationErrors } from "./quantisation.js";
import { runStep, type Side } from "./run-step.js";
import { allocationOf, type TokenTypes } from "./token-types.js";
import type { VectorFile } from "./vector-file.js";

/** What token-aware clustering gave on one side. */
export interface Clusters {
  readonly centroids: number;
  readonly seconds: number;
  readonly errors: Errors;
  /** Centroids of each token type. */
  readonly shares: Uint32Array;
  /** Of each token type; measured by maxsimd only. */
  readonly spreads: readonly number[];
  readonly files: { centroids: string; assignments: string };
}

export async function cluster(
  side: Side,
  { vectors, tokenIds, fingerprint }: Dataset,
  types: TokenTypes,
  nCentroids: number,
  thresholds: Thresholds,
  file: VectorFile,
  work: string,
): Promise<Clusters> {
  const files = {
    centroids: `${work}/${side.engine}-centroids.npy`,
    assignments: `${work}/${side.engine}-assignments.npy`,
  };
  const { micro: microThreshold, small: smallThreshold } = thresholds;
  const spec = { vectors, tokenIds, nCentroids, microThreshold, smallThreshold, ...files };
  const { centroids, seconds, spreads = [] } = await runStep(side, "tac", spec, work, fingerprint);
  const assignments = readNpy(files.assignments).data as Uint32Array;
  const means = readNpy(files.centroids).data as Float32Array;
  const errors = quantisationErrors(file, types, thresholds, means, assignments);
  return { centroids, seconds, errors, shares: allocationOf(types, assignments, centroids), spreads, files };
}
