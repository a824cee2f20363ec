import { findGoProgram } from "../tools/go-program.js";

/** Returns the command that runs ghz, which is installed with Go into `cache` if it is missing. @throws as {@link findGoProgram} */
export function findGhz(cache: string): string {
  const home = "https://ghz.sh";
  return findGoProgram(
    { name: "ghz", package: "github.com/bojand/ghz/cmd/ghz@latest", probe: ["--version"], home },
    cache,
  );
}
