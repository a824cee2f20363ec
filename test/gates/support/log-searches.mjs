// Loaded with `--import` into each thread of a server: writes a line for each task that a worker has run, into the file that SEARCH_LOG names
// with the thread's number behind it: [when it began, when it ended, the numbers of its queries], in milliseconds of the epoch. The main
// thread's file has [number, when the headers came] of each request, and [number, when they came, when the answer's headers went out] of each that
// does not end with an error, and [number, when they came, null, when it was cancelled] of each that is cancelled. A query's number is the first four bytes of its second row; a request's
// is the header x-number.

import { appendFileSync } from "node:fs";
import http2 from "node:http2";
import { isMainThread, threadId } from "node:worker_threads";

const file = `${process.env.SEARCH_LOG}.${threadId}`;
const now = () => performance.timeOrigin + performance.now();
let lines = "";
const write = (line) => {
  lines += `${JSON.stringify(line)}\n`;
  if (lines.length > 8192) flush();
};
const flush = () => {
  appendFileSync(file, lines);
  lines = "";
};

if (isMainThread) {
  const { createServer } = http2;
  http2.createServer = (...args) => {
    const server = createServer(...args);
    const { emit } = server;
    server.emit = (event, ...rest) => {
      if (event === "stream" && rest[1]?.["x-number"] !== undefined) {
        const [stream, headers] = rest;
        const [number, came, { respond }] = [Number(headers["x-number"]), now(), stream];
        write([number, came]);
        stream.respond = (answer, ...options) => {
          if (answer["grpc-status"] === undefined) write([number, came, now()]);
          return respond.call(stream, answer, ...options);
        };
        stream.once("close", () => {
          if (stream.rstCode === http2.constants.NGHTTP2_CANCEL) write([number, came, null, now()]);
        });
      }
      return emit.call(server, event, ...rest);
    };
    return server;
  };
  setInterval(flush, 200).unref();
} else {
  const { Searcher } = await import("@maxsimd/native/searching");
  const search = Searcher.prototype.searchRaw;
  Searcher.prototype.searchRaw = function (data, dtype, rowCounts, ...rest) {
    const rowBytes = data.byteLength / rowCounts.reduce((sum, rows) => sum + rows, 0);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let at = 0;
    const numbers = Array.from(rowCounts, (rows) => {
      const number =
        rows < 2 ? -1 : view.getUint16(at + rowBytes, true) + 1024 * view.getUint16(at + rowBytes + 2, true);
      at += rows * rowBytes;
      return number;
    });
    const began = now();
    let stopped = false;
    try {
      return search.call(this, data, dtype, rowCounts, ...rest);
    } catch (error) {
      stopped = error.code === "CANCELLED";
      throw error;
    } finally {
      const ended = now();
      // Native code that finds its flag set when it begins does nothing.
      if (!stopped || ended - began > 0.2) write([began, ended, ...numbers]);
      // A worker has no idle moment of its own in which to write, so each line goes out at once.
      flush();
    }
  };
}
