import { existsSync } from "node:fs";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";

/** Fails where one of the paths is taken, unless it may be replaced: told before any work begins. */
export function requireFree(force: boolean | undefined, ...paths: string[]): void {
  const taken = paths.find((path) => existsSync(path));
  if (taken !== undefined && force !== true) {
    throw new CommandFailure(EXIT.USAGE, `${taken} exists: name another, or replace it with --force`);
  }
}
