/**
 * Where a query spends its time on the server: `npm run bench:serving` prints it as a table.
 *
 * Times are published on a channel of `node:diagnostics_channel` while something in the process subscribes to it. Otherwise a station
 * costs one comparison.
 */

import { channel } from "node:diagnostics_channel";

/** The stations of a query, in the order in which it passes them. */
export const STATIONS = [
  "decode", // of the request's message, by protobuf
  "admission", // the checks of the query, and whether there is room for it; a unary call's only
  "queue", // until a worker took the query
  "hop", // of a task to the worker and back, without the search
  "native", // the search of a query
  "reply", // from a task's results to the calls that wait for them
  "encode", // of a response's message
  "write", // handing a response to grpc-js
] as const;

/** A time that one query, task or message spent. */
export interface StationTime {
  readonly station: (typeof STATIONS)[number];
  readonly micros: number;
}

/** Name of the channel; its messages are {@link StationTime}s. */
export const STATION_CHANNEL = "maxsimd:station";

const stations = channel(STATION_CHANNEL);

/** Publishes a time that was measured anyway. */
export function report(station: StationTime["station"], micros: number): void {
  if (stations.hasSubscribers) stations.publish({ station, micros } satisfies StationTime);
}

/** Does work that does not wait, and publishes how long it took. */
export function timed<T>(station: StationTime["station"], work: () => T): T {
  if (!stations.hasSubscribers) return work();
  const started = performance.now();
  try {
    return work();
  } finally {
    report(station, (performance.now() - started) * 1000);
  }
}
