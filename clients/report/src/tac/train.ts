import { Tac, type TacOptions } from "@maxsimd/native";
import type { Work } from "../work.js";

/** Clusters the tokens of two files by token type. Returns the clustering and the seconds it took. */
export async function trainTac(
  vectors: string,
  tokenIds: string,
  options: TacOptions,
  { onProgress, signal }: Work,
): Promise<{ tac: Tac; seconds: number }> {
  const tac = new Tac({ ...options, signal, onProgress });
  const started = performance.now();
  await tac.train(vectors, tokenIds);
  return { tac, seconds: (performance.now() - started) / 1000 };
}
