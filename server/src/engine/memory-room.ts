import { type IndexInfo, machineMemory } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";

/** Bytes of one worker's scratch memory for each document, and for each centroid. */
const SCRATCH_BYTES = 12;

type Sizes = Pick<IndexInfo, "documents" | "deleted" | "centroids">;

/** Bytes that searches of an index take besides its file: the scratch memory of all workers. */
function scratchBytes({ documents, deleted, centroids }: Sizes, workers: number): number {
  return workers * SCRATCH_BYTES * (documents + deleted + centroids);
}

/**
 * Refuses to open an index for whose searches the process lacks memory. The pages of an index file do not count: the kernel drops them when
 * memory is short, and reads them again.
 */
export class MemoryRoom {
  readonly #most: number;
  readonly #used: () => number | undefined;

  /**
   * @param most bytes that the process may take besides pages of files; 0: the memory of the machine, or of the process's cgroup
   * @param used bytes that it takes now; undefined where that is not known: nothing is refused then
   */
  constructor(most: number, used: () => number | undefined) {
    this.#most = most === 0 ? machineMemory() : most;
    this.#used = used;
  }

  /** Throws ServiceError LIMIT_EXCEEDED, naming what is needed and what is left. */
  check(index: Sizes, workers: number): void {
    const used = this.#used();
    const need = scratchBytes(index, workers);
    if (used === undefined || used + need <= this.#most) {
      return;
    }
    const left = Math.max(0, this.#most - used);
    const got = `${need} bytes for ${workers} workers to search ${index.documents + index.deleted} documents`;
    throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, "there is no memory for searches of this index", {
      field: "index",
      expected: `at most ${left} bytes, which are left of ${this.#most}`,
      got,
    });
  }
}
