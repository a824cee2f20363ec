/** What runs in a worker thread: synchronous native searches, each thread with searchers and scratch memory of its own. */
import { MaxsimError, Searcher } from "@maxsimd/native/searching";
import { move, transferableSymbol, valueSymbol } from "piscina";
import type { SearchReply, SearchTask, WorkerReply, WorkerTask } from "./worker-task.js";

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
    return moved(search(task));
  } catch (error) {
    if (error instanceof MaxsimError) {
      const { code, message, field, expected, got } = error;
      return { fault: { code, message, field, expected, got } };
    }
    throw error;
  }
}

function search(task: SearchTask): SearchReply {
  let searcher = searchers.get(task.indexId);
  if (searcher === undefined) {
    searcher = new Searcher(task.indexId);
    searchers.set(task.indexId, searcher);
  }
  return searcher.searchRaw(task.data, task.dtype, task.rowCounts, task.params, task.cancelId);
}

/** The reply for the pool to transfer: cloning would copy each array. */
function moved(reply: SearchReply): object {
  const { docIds, scores, counts, failed, micros } = reply;
  const buffers = [docIds, scores, counts, failed, micros].map(({ buffer }) => buffer);
  return move({ [valueSymbol]: reply, [transferableSymbol]: buffers } as never) as object;
}
