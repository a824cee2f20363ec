/** Finds ghz, or installs it with Go into the cache of bench. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const PACKAGE = "github.com/bojand/ghz/cmd/ghz@latest";

/**
 * Returns the command to run: ghz from PATH, from Go's folder, or from `cache`, where it is installed if it is missing.
 *
 * @throws Error that says in one sentence how to get ghz
 */
export function findGhz(cache: string): string {
  const goPath = ask("go", ["env", "GOPATH"]);
  const places = ["ghz", ...(goPath === undefined ? [] : [join(goPath, "bin", "ghz")]), join(cache, "ghz")];
  const found = places.find((place) => ask(place, ["--version"]) !== undefined);
  if (found !== undefined) return found;
  if (goPath === undefined) {
    throw new Error(
      "ghz is missing and so is Go: install ghz from https://ghz.sh and put it on PATH, or install Go and run this again",
    );
  }
  console.error(`installing ghz: go install ${PACKAGE}`);
  const { status } = spawnSync("go", ["install", PACKAGE], {
    env: { ...process.env, GOBIN: cache },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error("go could not install ghz: fix what it reports above, or put ghz on PATH");
  return join(cache, "ghz");
}

/** Output of a command; undefined if it does not run or fails. */
function ask(command: string, args: string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? (stdout + stderr).trim() : undefined;
}
