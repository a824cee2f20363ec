/** What runs in a worker thread: synchronous native searches, each thread with searchers and scratch memory of its own. */
import { MaxsimError, type RawResult, Searcher } from "@maxsimd/native/searching";
import { move, transferableSymbol, valueSymbol } from "piscina";
import type { WorkerReply, WorkerTask } from "./worker-thread.js";

/** One searcher for each index this thread has served and that is still open. */
const searchers = new Map<number, Searcher>();

/** Runs one task to its end. Errors of the native engine are returned as data; anything else thrown is a defect. */
export function run(task: WorkerTask): WorkerReply | object {
  if (task.kind === "forget") {
    searchers.get(task.indexId)?.close();
    searchers.delete(task.indexId);
    return undefined;
  }
  try {
    if (task.kind === "warm") {
      warm(searcherOf(task.indexId), task.dim);
      return undefined;
    }
    const { data, dtype, rowCounts, params, cancelId } = task;
    return moved(searcherOf(task.indexId).searchRaw(data, dtype, rowCounts, params, cancelId));
  } catch (error) {
    if (error instanceof MaxsimError) {
      const { code, message, field, expected, got } = error;
      return { fault: { code, message, field, expected, got } };
    }
    throw error;
  }
}

function searcherOf(indexId: number): Searcher {
  let searcher = searchers.get(indexId);
  if (searcher === undefined) {
    searcher = new Searcher(indexId);
    searchers.set(indexId, searcher);
  }
  return searcher;
}

/** Rows of the warming query: as many as an encoder's usual query has. */
const WARM_ROWS = 32;
/** The warming query. It is kept, because an idle thread never collects garbage. */
let warmRows = new Float32Array(0);

/** One search of distinct made-up vectors, with the default parameters. */
function warm(searcher: Searcher, dim: number): void {
  if (warmRows.length !== WARM_ROWS * dim) {
    warmRows = Float32Array.from({ length: WARM_ROWS * dim }, (_, i) => Math.sin(i + 1) / Math.sqrt(dim));
  }
  searcher.searchRaw(new Uint8Array(warmRows.buffer), "f32", Uint32Array.of(WARM_ROWS), {}, 0);
}

/** The reply for the pool to transfer: cloning would copy each array. */
function moved(reply: RawResult): object {
  const { docIds, scores, counts, outcomes, micros } = reply;
  const buffers = [docIds, scores, counts, outcomes, micros].map(({ buffer }) => buffer);
  return move({ [valueSymbol]: reply, [transferableSymbol]: buffers } as never) as object;
}
