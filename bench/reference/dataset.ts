import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CorpusPaths } from "./steps.js";

export const DATASETS = ["sample", "cranfield", "debian"] as const;
export type DatasetName = (typeof DATASETS)[number];

export interface Dataset extends CorpusPaths {
  readonly name: DatasetName;
  readonly queryVectors: string;
  readonly queryLens: string;
  readonly counts: { documents: number; tokens: number; tokenTypes: number; queries: number };
  readonly dim: number;
  readonly vectorBytes: number;
  /** Text that changes when the data change. */
  readonly fingerprint: string;
}

/** @throws an error that says how to make the data set, if it is missing */
export function openDataset(name: DatasetName, bench: string): Dataset {
  const folder = name === "sample" ? join(bench, "sample") : join(bench, "data", name);
  const manifest = join(folder, "dataset.json");
  if (!existsSync(manifest)) {
    throw new Error(`the data set ${name} is missing (${folder}): make it with \`npm run datasets -- ${name}\``);
  }
  const text = readFileSync(manifest, "utf8");
  const { counts, dim } = JSON.parse(text) as Pick<Dataset, "counts" | "dim">;
  const vectors = join(folder, "vectors.npy");
  return {
    name,
    vectors,
    tokenIds: join(folder, "token_ids.npy"),
    doclens: join(folder, "doclens.npy"),
    queryVectors: join(folder, "query_vectors.npy"),
    queryLens: join(folder, "query_lens.npy"),
    counts,
    dim,
    vectorBytes: statSync(vectors).size,
    fingerprint: text,
  };
}
