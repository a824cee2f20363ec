import type { Tac } from "@maxsimd/native";
import { requireFiles } from "../inputs/require-file.js";
import { type TacFlags, tacOptions } from "../options/tac-options.js";
import type { ProgressDisplay } from "../output/progress.js";
import type { Session } from "../session.js";

/** The clustering of some tokens, and how long it took. */
export interface TrainedTac {
  tac: Tac;
  seconds: number;
}

/** Clusters the tokens of two files. Ctrl-C stops it. */
export async function trainTac(
  session: Session,
  display: ProgressDisplay,
  [vectors, tokenIds]: readonly [vectors: string, tokenIds: string],
  flags: TacFlags,
): Promise<TrainedTac> {
  requireFiles(vectors, tokenIds);
  const { Tac } = await import("@maxsimd/native");
  const onProgress = display.update.bind(display);
  const tac = new Tac({ ...tacOptions(flags), signal: session.interruption(), onProgress });
  const started = performance.now();
  await tac.train(vectors, tokenIds);
  return { tac, seconds: (performance.now() - started) / 1000 };
}
