/** The demo's command line. */

import { parseArgs } from "node:util";

export interface DemoOptions {
  port: number;
  /** End after the report instead of serving on. */
  exit: boolean;
  /** Print the report as one JSON object, on the last line. */
  json: boolean;
}

export const USAGE = `npm start [-- options]

Builds the sample's index if it is missing, serves it, runs the sample's queries and prints a report. Then it keeps
serving until Ctrl-C.

  --port N   port on 127.0.0.1, default 50051; 0 chooses a free one
  --exit     end after the report
  --json     print the report as one line of JSON, the last line
  --help     show this

npm start
npm start -- --exit --json --port 0
`;

const OPTIONS = {
  port: { type: "string", default: "50051" },
  exit: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** The options, or the text to print for --help. @throws Error in one sentence for an invalid option */
export function parseOptions(argv: readonly string[]): DemoOptions | string {
  const { port: text, exit, json, help } = parseArgs({ args: [...argv], options: OPTIONS }).values;
  if (help) return USAGE;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`--port: expected 0 to 65535, got ${text}`);
  return { port, exit, json };
}
