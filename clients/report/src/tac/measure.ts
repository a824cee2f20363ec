import { type AutoBuildParams, autoBuildParams, readNpy, type TacOptions } from "@maxsimd/native";
import { readVocabulary } from "../dataset/vocabulary.js";
import { countedProgress, type Work } from "../work.js";
import { type Allocation, allocationOf } from "./allocation/measure.js";
import { accumulateBudget, type BudgetCurve } from "./budget/measure.js";
import { type Crowding, findCrowded } from "./crowding/measure.js";
import { errorByFrequency, type FrequencyBin } from "./error/measure.js";
import { quantisationErrors } from "./error/quantisation-error.js";
import { distributeSpread, type SpreadDistribution } from "./spread/measure.js";
import { summariseTiers, type TierSummary } from "./tiers/measure.js";
import { tokenTypeRows } from "./token-type-row.js";
import { trainTac } from "./train.js";
import { vectorBlocks } from "./vector-blocks.js";

/** Files that are reported on. */
export interface TacInputs {
  readonly vectors: string;
  readonly tokenIds: string;
  /** A token's text a line, by its id. */
  readonly vocabulary?: string | undefined;
}

/** The numbers behind the page of `maxsimd tac report`. */
export interface TacNumbers {
  readonly report: "tac";
  readonly inputs: TacInputs;
  readonly tokens: number;
  readonly dim: number;
  readonly types: number;
  readonly centroids: number;
  /** How long clustering took. */
  readonly seconds: number;
  readonly parameters: AutoBuildParams;
  /** The budget was below the least one: one k-means ran over all tokens, and types have no centroids of their own. */
  readonly global: boolean;
  /** Mean squared distance between a token and its centroid. */
  readonly error: number;
  /** Null where one k-means ran over all. */
  readonly byType: TacByType | null;
}

/** What there is to tell where each type has centroids of its own. */
export interface TacByType {
  readonly tiers: readonly TierSummary[];
  readonly allocation: Allocation;
  readonly spread: SpreadDistribution;
  readonly budget: BudgetCurve;
  readonly errorByFrequency: readonly FrequencyBin[];
  readonly crowding: Crowding;
}

/** Clusters the tokens and measures what came of it. */
export async function measureTac(inputs: TacInputs, options: TacOptions, work: Work): Promise<TacNumbers> {
  const texts = inputs.vocabulary === undefined ? [] : readVocabulary(inputs.vocabulary);
  const { tac, seconds } = await trainTac(inputs.vectors, inputs.tokenIds, options, work);
  const tokenIds = Uint32Array.from(readNpy(inputs.tokenIds).data, Number);
  const parameters = autoBuildParams(tokenIds, {
    totalCentroids: options.nCentroids,
    tacMicroThreshold: options.microThreshold,
    tacSmallThreshold: options.smallThreshold,
  });
  const { assignments, centroids, dim } = tac;

  const onRows = countedProgress(work, "measure", tokenIds.length);
  const errors = await quantisationErrors(
    vectorBlocks(inputs.vectors, tokenIds.length, dim),
    { dim, centroids, assignments, tokenIds },
    (done) => {
      work.signal.throwIfAborted();
      onRows(done);
    },
  );

  const common = { report: "tac", inputs, tokens: tokenIds.length, dim, centroids: tac.nCentroids } as const;
  const facts = { seconds, parameters, global: tac.isGlobal, types: errors.size, error: meanOver(errors, tokenIds) };
  if (tac.isGlobal) return { ...common, ...facts, byType: null };
  const thresholds = { micro: parameters.tacMicroThreshold, small: parameters.tacSmallThreshold };
  const rows = tokenTypeRows(tac.types, thresholds, errors, texts);
  const byType = {
    tiers: summariseTiers(rows),
    allocation: allocationOf(rows),
    spread: distributeSpread(rows),
    budget: accumulateBudget(rows),
    errorByFrequency: errorByFrequency(rows),
    crowding: findCrowded(rows),
  };
  return { ...common, ...facts, byType };
}

function meanOver(errors: ReadonlyMap<number, number>, tokenIds: Uint32Array): number {
  let sum = 0;
  for (const tokenId of tokenIds) sum += errors.get(tokenId) as number;
  return sum / tokenIds.length;
}
