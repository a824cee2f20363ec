/** What runs in a worker thread: synchronous native searches, each thread with searchers and scratch memory of its own. */
import { MaxsimError, type RawResult, Searcher } from "@maxsimd/native/searching";
import { move, transferableSymbol, valueSymbol } from "piscina";
import type { SearchReply, SearchTask, WorkerReply, WorkerTask } from "./worker-thread.js";

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
    return moved(search(searcherOf(task.indexId), task));
  } catch (error) {
    if (error instanceof MaxsimError) {
      const { code, message, field, expected, got } = error;
      return { fault: { code, message, field, expected, got } };
    }
    throw error;
  }
}

/** Searches, and explains what was found if the task asks for it. */
function search(searcher: Searcher, task: SearchTask): SearchReply {
  const { data, dtype, rowCounts, params, cancelId } = task;
  const found = searcher.searchRaw(data, dtype, rowCounts, params, cancelId);
  return task.explain ? { ...found, explanations: explain(searcher, task, found) } : found;
}

/** Explains the results of each query, and adds the time that it takes to that of the query. */
function explain(
  searcher: Searcher,
  { data, dtype, rowCounts }: SearchTask,
  found: RawResult,
): SearchReply["explanations"] {
  const rowBytes = data.byteLength / rowCounts.reduce((sum, rows) => sum + rows, 0);
  let [from, at] = [0, 0];
  return Array.from(rowCounts, (rows, i) => {
    const [query, docIds] = [
      data.subarray(from, from + rows * rowBytes),
      found.docIds.subarray(at, at + (found.counts[i] ?? 0)),
    ];
    from += query.byteLength;
    at += docIds.length;
    // A query with NaN or an infinity has no results either.
    if (docIds.length === 0) return undefined;
    const started = performance.now();
    const explanation = searcher.explain(query, dtype, docIds);
    found.micros[i] = (found.micros[i] ?? 0) + Math.round((performance.now() - started) * 1000);
    return explanation;
  });
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
function moved(reply: SearchReply): object {
  const { docIds, scores, counts, outcomes, micros, explanations = [] } = reply;
  const explained = explanations.flatMap((each) => (each === undefined ? [] : [each.tokens, each.similarities]));
  const buffers = [docIds, scores, counts, outcomes, micros, ...explained].map(({ buffer }) => buffer);
  return move({ [valueSymbol]: reply, [transferableSymbol]: buffers } as never) as object;
}
