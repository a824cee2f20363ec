import type { AutoBuildParams } from "@maxsimd/native";
import { readVocabulary } from "../inputs/vocabulary.js";
import type { TacFlags } from "../options/tac-options.js";
import { countedProgress } from "../output/counted-progress.js";
import type { ProgressDisplay } from "../output/progress.js";
import type { Session } from "../session.js";
import { type Allocation, allocationOf } from "./allocation.js";
import { accumulateBudget, type BudgetCurve } from "./budget-curve.js";
import { type Crowding, findCrowded } from "./crowding.js";
import { errorByFrequency, type FrequencyBin } from "./error-by-frequency.js";
import { quantisationErrors } from "./quantisation-error.js";
import { distributeSpread, type SpreadDistribution } from "./spread-distribution.js";
import { summariseTiers, type TierSummary } from "./tier-summary.js";
import { tokenTypeRows } from "./token-type-row.js";
import { trainTac } from "./train-tac.js";
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
export async function measureTac(
  session: Session,
  display: ProgressDisplay,
  inputs: TacInputs,
  flags: TacFlags,
): Promise<TacNumbers> {
  const texts = inputs.vocabulary === undefined ? [] : readVocabulary(inputs.vocabulary);
  const { tac, seconds } = await trainTac(session, display, [inputs.vectors, inputs.tokenIds], flags);
  const { autoBuildParams, readNpy } = await import("@maxsimd/native");
  const tokenIds = Uint32Array.from(readNpy(inputs.tokenIds).data, Number);
  const parameters = autoBuildParams(tokenIds, given(flags));
  const { assignments, centroids, dim } = tac;

  const onRows = countedProgress(display, "measure", tokenIds.length);
  const errors = await quantisationErrors(
    vectorBlocks(inputs.vectors, tokenIds.length, dim),
    { dim, centroids, assignments, tokenIds },
    (done) => {
      session.interruption().throwIfAborted();
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

/** What was set on the command line, by the names of the build. */
function given({ centroids, microThreshold, smallThreshold }: TacFlags) {
  return {
    ...(centroids === undefined ? {} : { totalCentroids: centroids }),
    ...(microThreshold === undefined ? {} : { tacMicroThreshold: microThreshold }),
    ...(smallThreshold === undefined ? {} : { tacSmallThreshold: smallThreshold }),
  };
}

function meanOver(errors: ReadonlyMap<number, number>, tokenIds: Uint32Array): number {
  let sum = 0;
  for (const tokenId of tokenIds) sum += errors.get(tokenId) as number;
  return sum / tokenIds.length;
}
