import type { Environment } from "./resolve-config.js";

/** What the process was started with: the only place that reads it. */
export function processInput(): { readonly argv: readonly string[]; readonly env: Environment } {
  return { argv: process.argv.slice(2), env: process.env };
}
