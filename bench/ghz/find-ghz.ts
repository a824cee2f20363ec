/** Finds ghz, or installs it with Go into the bench's own cache. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const PACKAGE = "github.com/bojand/ghz/cmd/ghz@latest";

/**
 * Returns the command to run: ghz on PATH, in Go's own folder, in `cache`, or one just installed into `cache`.
 *
 * @throws Error that says in one sentence how to get it
 */
export function findGhz(cache: string): string {
  const goPath = ask("go", ["env", "GOPATH"]);
  const places = ["ghz", ...(goPath === undefined ? [] : [join(goPath, "bin", "ghz")]), join(cache, "ghz")];
  const found = places.find((place) => ask(place, ["--version"]) !== undefined);
  if (found !== undefined) return found;
  if (goPath === undefined) {
    throw new Error(
      "ghz is missing and so is Go: install ghz from https://ghz.sh and put it on PATH, or install Go and run this again.",
    );
  }
  console.error(`installing ghz: go install ${PACKAGE}`);
  const { status } = spawnSync("go", ["install", PACKAGE], {
    env: { ...process.env, GOBIN: cache },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error(`go could not install ghz: mend what it says above, or put ghz on PATH.`);
  return join(cache, "ghz");
}

/** What a command prints, or undefined if it does not run. */
function ask(command: string, args: string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? (stdout + stderr).trim() : undefined;
}
