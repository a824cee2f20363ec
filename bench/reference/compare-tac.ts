import { readNpy } from "@maxsimd/native";
import { tiedTypes } from "./allocation-ties.js";
import type { AllocationFigures, TacFigures } from "./comparison.js";
import type { Dataset } from "./dataset.js";
import { quantisationErrors } from "./quantisation.js";
import { type Measured, runStep, type Side } from "./run-step.js";
import type { TacSpec } from "./steps.js";
import { allocationOf, type TokenTypes, tierOf } from "./token-types.js";
import { VectorFile } from "./vector-file.js";

/** Clusters as a side left them in files. */
export interface Clusters extends TacFigures {
  readonly shares: Uint32Array;
  readonly files: { centroids: string; assignments: string };
}

/** Clusters on one side, and their errors. */
export async function cluster(
  side: Side,
  dataset: Dataset,
  types: TokenTypes,
  spec: Pick<TacSpec, "nCentroids" | "microThreshold" | "smallThreshold">,
  work: string,
): Promise<Clusters> {
  const { vectors, tokenIds } = dataset;
  const files = {
    centroids: `${work}/${side.name}-centroids.npy`,
    assignments: `${work}/${side.name}-assignments.npy`,
  };
  const step: Measured<"tac"> = await runStep(
    side,
    "tac",
    { vectors, tokenIds, ...spec, ...files },
    work,
    dataset.fingerprint,
  );
  const assignments = readNpy(files.assignments).data as Uint32Array;
  const centroids = readNpy(files.centroids).data as Float32Array;
  const file = new VectorFile(vectors);
  const thresholds = { micro: spec.microThreshold, small: spec.smallThreshold };
  const errors = quantisationErrors(file, types, thresholds, centroids, assignments);
  file.close();
  const shares = allocationOf(types, assignments, step.centroids);
  return { centroids: step.centroids, seconds: step.seconds, errors, shares, files };
}

/** Compares the shares of the types, and tells ties from what the formulas decide. */
export function compareShares(
  types: TokenTypes,
  spreads: Float64Array,
  thresholds: { micro: number; small: number },
  budget: number,
  ours: Uint32Array,
  reference: Uint32Array,
): AllocationFigures {
  const tiers = Array.from(types.counts, (count) => tierOf(count, thresholds.micro, thresholds.small));
  const active = tiers.flatMap((tier, type) => (tier === "active" ? [type] : []));
  const fixed = tiers.filter((tier) => tier === "micro").length + 2 * tiers.filter((tier) => tier === "small").length;
  const tied = new Set<number>();
  const rows = active.map((type) => ({ count: types.counts[type] as number, spread: spreads[type] as number }));
  for (const [i, isTied] of tiedTypes(rows, budget - fixed).entries()) if (isTied) tied.add(active[i] as number);
  const differing = [...types.ids.keys()].filter((type) => ours[type] !== reference[type]);
  const pairs = new Map<string, { ours: number; reference: number; types: number }>();
  for (const type of active) {
    const pair = { ours: ours[type] as number, reference: reference[type] as number };
    const known = pairs.get(`${pair.ours} ${pair.reference}`);
    pairs.set(`${pair.ours} ${pair.reference}`, { ...pair, types: (known?.types ?? 0) + 1 });
  }
  return {
    types: types.ids.length,
    activeTypes: active.length,
    differing: differing.length,
    differingTies: differing.filter((type) => tied.has(type)).length,
    pairs: [...pairs.values()],
  };
}

/** Mean squared distance of each type's tokens to their mean: two passes, in double precision. */
export function spreads(vectors: VectorFile, { counts, typeOf }: TokenTypes): Float64Array {
  const { dim } = vectors;
  const means = new Float64Array(counts.length * dim);
  for (const { first, values } of vectors.blocks()) {
    for (let row = 0; row * dim < values.length; row++) {
      const mean = (typeOf[first + row] as number) * dim;
      for (let d = 0; d < dim; d++) means[mean + d]! += values[row * dim + d] as number;
    }
  }
  for (let at = 0; at < means.length; at++) means[at]! /= counts[Math.floor(at / dim)] as number;
  const sums = new Float64Array(counts.length);
  for (const { first, values } of vectors.blocks()) {
    for (let row = 0; row * dim < values.length; row++) {
      const type = typeOf[first + row] as number;
      let sum = 0;
      for (let d = 0; d < dim; d++) {
        const deviation = (values[row * dim + d] as number) - (means[type * dim + d] as number);
        sum += deviation * deviation;
      }
      sums[type]! += sum;
    }
  }
  return sums.map((sum, type) => sum / (counts[type] as number));
}
