import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export const DATASETS = ["sample", "cranfield", "debian"] as const;
export type DatasetName = (typeof DATASETS)[number];

export interface Dataset {
  readonly name: DatasetName;
  readonly vectors: string;
  readonly tokenIds: string;
  readonly doclens: string;
  readonly queries: string;
  readonly queryLens: string;
  readonly counts: { documents: number; tokens: number; queries: number };
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
  const fingerprint = readFileSync(manifest, "utf8");
  const { counts, dim } = JSON.parse(fingerprint) as Pick<Dataset, "counts" | "dim">;
  const at = (array: string) => join(folder, `${array}.npy`);
  return {
    ...{ name, vectors: at("vectors"), tokenIds: at("token_ids"), doclens: at("doclens") },
    ...{ queries: at("query_vectors"), queryLens: at("query_lens"), counts, dim },
    ...{ vectorBytes: statSync(at("vectors")).size, fingerprint },
  };
}
