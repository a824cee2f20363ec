/** Programs written in Go: found, or installed with Go into the cache of bench. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

export interface GoProgram {
  readonly name: string;
  /** What `go install` is given. */
  readonly package: string;
  /** Arguments with which it ends with 0 and does nothing. */
  readonly probe: readonly string[];
  /** Where people get it who have no Go. */
  readonly home: string;
}

/**
 * Returns the command to run: the program from PATH, from Go's folder, or from `cache`, where it is installed if it is missing.
 *
 * @throws Error that says in one sentence how to get it
 */
export function findGoProgram(program: GoProgram, cache: string): string {
  const { name, probe, home } = program;
  const goPath = ask("go", ["env", "GOPATH"]);
  const places = [name, ...(goPath === undefined ? [] : [join(goPath, "bin", name)]), join(cache, name)];
  const found = places.find((place) => ask(place, probe) !== undefined);
  if (found !== undefined) return found;
  if (goPath === undefined) {
    throw new Error(
      `${name} is missing and so is Go: install ${name} from ${home} and put it on PATH, or install Go and run this again`,
    );
  }
  console.error(`installing ${name}: go install ${program.package}`);
  const { status } = spawnSync("go", ["install", program.package], {
    env: { ...process.env, GOBIN: cache },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error(`go could not install ${name}: fix what it reports above, or put ${name} on PATH`);
  return join(cache, name);
}

/** The version of a program's package that is installed, as Go recorded it in the program; empty where Go is missing. */
export function goVersion(command: string): string {
  return /^\s*mod\s+\S+\s+(\S+)/m.exec(ask("go", ["version", "-m", command]) ?? "")?.[1] ?? "";
}

/** Output of a command; undefined if it does not run or fails. */
function ask(command: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? (stdout + stderr).trim() : undefined;
}
