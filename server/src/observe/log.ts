import { type DestinationStream, pino } from "pino";

export type { Logger as Log } from "pino";

import type { Logger } from "pino";

export interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** json: one object a line. text: one readable line, for a terminal. */
  readonly format: "json" | "text";
}

/** The server's log: one line for each start, stop, change of what is served, and failure. A query has no line. */
export function openLog(options: LogOptions, destination?: DestinationStream): Logger {
  const out = destination ?? pino.destination({ fd: 2, sync: true });
  const stream = options.format === "text" ? textStream(out) : out;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/** `10:31:02.123 info index swapped index=books version=v2`. */
function textStream(out: DestinationStream): DestinationStream {
  return {
    write: (line: string) => {
      const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
      const parts = Object.entries(rest).map(
        ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
      );
      out.write(`${[String(time).slice(11, 23), level, msg, ...parts].join(" ")}\n`);
    },
  };
}
