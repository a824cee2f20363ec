import { type AutoBuildParams, autoBuildParams, readNpy, type TacOptions } from "@maxsimd/native";
import { readVocabulary } from "../dataset/vocabulary.js";
import type { Work } from "../work.js";
import { type Allocation, allocationOf } from "./allocation/measure.js";
import { accumulateBudget, type BudgetCurve } from "./budget/measure.js";
import { type Crowding, findCrowded } from "./crowding/measure.js";
import { errorByFrequency, type FrequencyBin } from "./error/measure.js";
import { distributeSpread, type SpreadDistribution } from "./spread/measure.js";
import { summariseTiers, type TierSummary } from "./tiers/measure.js";
import { type TokenTypeRow, tokenTypeRows } from "./token-type-row.js";
import { trainTac } from "./train.js";

/** The files that are clustered. */
export interface TacInputs {
  readonly vectors: string;
  readonly tokenIds: string;
  /** Text of token id i on line i. */
  readonly vocabulary?: string | undefined;
}

/** The numbers of the page of `maxsimd tac report`. */
export interface TacNumbers {
  readonly report: "tac";
  readonly inputs: TacInputs;
  readonly tokens: number;
  readonly dim: number;
  readonly types: number;
  readonly centroids: number;
  /** Time of the clustering. */
  readonly seconds: number;
  readonly parameters: AutoBuildParams;
  /** The budget was too small to give each type a centroid, so that one k-means ran over all tokens. */
  readonly global: boolean;
  /** Type of the vectors, if they were rounded to f16. */
  readonly roundedFrom: string | null;
  /** Mean squared distance between a token and its centroid. */
  readonly error: number;
  /** Null if one k-means ran over all tokens. */
  readonly byType: TacByType | null;
}

/** Numbers that exist only if each type has its own centroids. */
export interface TacByType {
  readonly tiers: readonly TierSummary[];
  readonly allocation: Allocation;
  readonly spread: SpreadDistribution;
  readonly budget: BudgetCurve;
  readonly errorByFrequency: readonly FrequencyBin[];
  readonly crowding: Crowding;
}

/** Clusters the tokens and measures the result. */
export async function measureTac(inputs: TacInputs, options: TacOptions, work: Work): Promise<TacNumbers> {
  const texts = inputs.vocabulary === undefined ? [] : readVocabulary(inputs.vocabulary);
  const { tac, seconds } = await trainTac(inputs.vectors, inputs.tokenIds, options, work);
  const tokenIds = Uint32Array.from(readNpy(inputs.tokenIds).data, Number);
  const parameters = autoBuildParams(tokenIds, {
    totalCentroids: options.nCentroids,
    tacMicroThreshold: options.microThreshold,
    tacSmallThreshold: options.smallThreshold,
  });
  const { types: shares, dim, nCentroids, isGlobal, roundedFrom = null } = tac;
  const types = isGlobal ? new Set(tokenIds).size : shares.length;
  const tokens = tokenIds.length;
  const error = shares.reduce((sum, share) => sum + share.error * share.count, 0) / tokens;
  const thresholds = { micro: parameters.tacMicroThreshold, small: parameters.tacSmallThreshold };
  return {
    ...{ report: "tac", inputs, tokens, dim, types, centroids: nCentroids, seconds, parameters },
    ...{ global: isGlobal, roundedFrom, error },
    byType: isGlobal ? null : summariseTypes(tokenTypeRows(shares, thresholds, texts)),
  };
}

function summariseTypes(rows: readonly TokenTypeRow[]): TacByType {
  return {
    tiers: summariseTiers(rows),
    allocation: allocationOf(rows),
    spread: distributeSpread(rows),
    budget: accumulateBudget(rows),
    errorByFrequency: errorByFrequency(rows),
    crowding: findCrowded(rows),
  };
}
