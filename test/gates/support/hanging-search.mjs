// Loaded with `--import` into each thread of a server: a search of HANG_ROWS rows hangs in native code, where nothing reaches the thread. It
// opens the FIFO that HANG_FIFO names for reading, and nobody writes to it.

import { openSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (!isMainThread) {
  const { Searcher } = await import("@maxsimd/native/searching");
  const search = Searcher.prototype.searchRaw;
  Searcher.prototype.searchRaw = function (data, dtype, rowCounts, ...rest) {
    if (rowCounts[0] === Number(process.env.HANG_ROWS)) openSync(process.env.HANG_FIFO, "r");
    return search.call(this, data, dtype, rowCounts, ...rest);
  };
}
