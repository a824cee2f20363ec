/** What runs in a worker thread: synchronous native searches, each thread with searchers and scratch memory of its own. */
import { MaxsimError, Searcher } from "@maxsimd/native/searching";
import type { SearchReply, SearchTask, WorkerReply, WorkerTask } from "./worker-task.js";

/** One searcher for each index this thread has served and that is still open. */
const searchers = new Map<number, Searcher>();

/** Runs one task to its end. Errors of the native engine are returned as data; anything else thrown is a defect. */
export function run(task: WorkerTask): WorkerReply {
  if (task.kind === "forget") {
    searchers.get(task.indexId)?.close();
    searchers.delete(task.indexId);
    return undefined;
  }
  try {
    return search(task);
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
