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

Builds the sample's index where it is missing, serves it, runs the sample's queries and reports; then serves on
until Ctrl-C.

  --port N   port on 127.0.0.1; 0 takes a free one (50051)
  --exit     end after the report
  --json     print the report as one line of JSON, the last one
  --help     show this

npm start
npm start -- --exit --json --port 0
`;

/** What was asked for, or the text to end with. @throws Error in one sentence for an option that cannot be */
export function parseOptions(argv: readonly string[]): DemoOptions | string {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: "string", default: "50051" },
      exit: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return USAGE;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error(`--port: expected 0 to 65535, got ${values.port}`);
  return { port, exit: values.exit, json: values.json };
}
