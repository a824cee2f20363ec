import { type NpyData, readNpy } from "@maxsimd/native";
import { datasetFiles } from "@maxsimd/report/dataset";
import type { RepetitiveCorpus } from "../datasets/duplicates.js";

/** The arrays of the committed sample, read into memory: it is small. */
export async function readSampleCorpus(folder: string): Promise<RepetitiveCorpus> {
  const { vectors, tokenIds, doclens } = await datasetFiles(folder);
  const { data, shape } = readNpy(vectors);
  return {
    dim: shape[1] as number,
    vectors: data as Uint16Array,
    tokenIds: Uint32Array.from(numbers(readNpy(tokenIds as string).data)),
    doclens: Int32Array.from(numbers(readNpy(doclens).data)),
  };
}

function numbers(data: NpyData): Iterable<number> {
  return Array.from(data as ArrayLike<number | bigint>, Number);
}
