/** Runs h2spec, and reads its report. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** How a case ended. `fail`: the server did something else than the specification asks. `skip`: the case does not apply to the server. */
export type Ending = "pass" | "fail" | "skip";

/** The endings of all cases by name: the section of the specification and the number in it, as `http2/5.1/8`. */
export type Endings = ReadonlyMap<string, Case>;

export interface Case {
  readonly title: string;
  readonly ending: Ending;
}

/** Runs all cases, strict ones included, against a server of 127.0.0.1. @param report where h2spec's own report is written */
export async function runH2spec(command: string, port: number, tls: boolean, report: string): Promise<Endings> {
  const secure = tls ? ["--tls", "--insecure"] : [];
  const child = spawn(command, ["--port", String(port), "--strict", "--junit-report", report, ...secure], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "close");
  // 1 says that a case failed.
  if (code !== 0 && code !== 1) throw new Error(`h2spec ended with ${code}: see what it says above`);
  const endings = readReport(readFileSync(report, "latin1"));
  if (endings.size === 0) throw new Error(`h2spec's report ${report} has no cases`);
  return endings;
}

/** The report is XML in name only: h2spec writes the bytes that it received into it. So its own marks are looked for. */
export function readReport(text: string): Endings {
  const endings = new Map<string, Case>();
  const numbers = new Map<string, number>();
  for (const [, section = "", title = "", body = ""] of text.matchAll(
    /<testcase package="([^"]*)" classname="([^"]*)"[^>]*>(.*?)<\/testcase>/gs,
  )) {
    const number = (numbers.get(section) ?? 0) + 1;
    numbers.set(section, number);
    endings.set(`${section}/${number}`, { title: title.replaceAll("&#34;", '"'), ending: endingOf(body) });
  }
  return endings;
}

/** The ending that the content of a case says. */
function endingOf(body: string): Ending {
  if (/<(failure|error)>/.test(body)) return "fail";
  return /<skipped/.test(body) ? "skip" : "pass";
}
